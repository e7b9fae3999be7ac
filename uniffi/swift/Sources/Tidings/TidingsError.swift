import Foundation
internal import TidingsNative

/// A call that failed, or a client that could not be set up. ``kind-swift.property`` says what kind of failure it is.
///
/// Its description is one line for logs, with operation, kind, status and request. It holds neither a secret nor a
/// phone number nor a message text; ``body`` and ``evidence`` may, and are shown neither by its description nor by its
/// mirror.
///
/// ```swift
/// do {
///     _ = try await client.execute("sms.send", body: #"{"to": "12", "text": "Hello"}"#)
/// } catch let error as TidingsError where error.kind == .invalidRequest {
///     print(error.path ?? "")  // $.to
/// }
/// ```
public struct TidingsError: Error {
    /// What kind of failure it is.
    public let kind: Kind
    /// What happened and what to do.
    public let message: String
    /// The HTTP status, if an answer came.
    public let status: Int?
    /// The API's own code, such as `INVALID_ARGUMENT`.
    public let code: String?
    /// The operation, such as `messages.send`.
    public let operation: String?
    /// Where in the call the fault is: a JSON path such as `$.to`, or the name of a parameter.
    public let path: String?
    /// The id the API gave to the request, for its support.
    public let requestID: String?
    /// Where a redirect pointed. Redirects are never followed.
    public let location: String?
    /// How many times the request was tried; 0 if it never came so far.
    public let attempts: Int
    /// Whether the call may have been carried out. `false` is certain: it was not.
    public let sent: Bool
    /// Whether calling again later may help and cannot do the work twice.
    public let retryable: Bool
    /// How long the API asked to wait, in seconds.
    public let retryAfter: TimeInterval?
    /// The body of the answer, as it came, also if it is not JSON. It may hold personal data.
    public let body: Data?
    /// What is known about a call whose outcome is unknown.
    public let evidence: Evidence?
    /// What the app's own ``TokenProvider`` threw, or what was wrong with its answer, if that is why the call failed.
    public let cause: (any Error)?

    private let text: String

    init(_ record: ErrorRecord, cause: (any Error)? = nil) {
        kind = Kind(rawValue: record.kind)
        message = record.message
        status = record.status.map(Int.init)
        code = record.code
        operation = record.operation
        path = record.path
        requestID = record.requestId
        location = record.location
        attempts = Int(record.attempts)
        sent = record.sent
        retryable = record.retryable
        retryAfter = record.retryAfter
        body = record.body
        evidence = record.evidence.map(Evidence.init)
        self.cause = cause
        text = record.text
    }
}

extension TidingsError {
    /// What kind of failure it is. The same in every language; later versions may add some.
    public struct Kind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The kind's name, such as `unknown_outcome`.
        public let rawValue: String

        /// The kind of that name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The kind's name.
        public var description: String { rawValue }

        /// The client is not set up rightly, or the call's options are wrong. Nothing was sent.
        public static let config = Kind(rawValue: "config")
        /// The API did not take the credentials, or no token could be had.
        public static let auth = Kind(rawValue: "auth")
        /// The credentials are right and do not allow this (403).
        public static let permission = Kind(rawValue: "permission")
        /// The call is malformed: refused before the network, or by the API (400 and its like).
        public static let invalidRequest = Kind(rawValue: "invalid_request")
        /// There is no such thing (404). A call to the wrong region looks the same.
        public static let notFound = Kind(rawValue: "not_found")
        /// The call does not fit the present state (409, 412).
        public static let conflict = Kind(rawValue: "conflict")
        /// Too many requests (429), also after the retries. Not carried out.
        public static let rateLimited = Kind(rawValue: "rate_limited")
        /// A fault of the API, or an answer that it should not give.
        public static let server = Kind(rawValue: "server")
        /// **The call may or may not have been carried out.** Look for it before calling again; see
        /// ``TidingsError/evidence``.
        public static let unknownOutcome = Kind(rawValue: "unknown_outcome")
        /// No connection could be made, or it broke.
        public static let connect = Kind(rawValue: "connect")
        /// The server's certificate was not accepted.
        public static let tls = Kind(rawValue: "tls")
        /// The time was up. ``TidingsError/sent`` tells whether the request had gone out.
        public static let timeout = Kind(rawValue: "timeout")
        /// The answer of an operation that is safe to repeat could not be read.
        public static let decode = Kind(rawValue: "decode")
        /// The caller called it off. Cancelled tasks get a `CancellationError` instead; ``ClientOptions/onUnknown`` is told.
        public static let cancelled = Kind(rawValue: "cancelled")
        /// The client is closed.
        public static let closed = Kind(rawValue: "closed")
        /// A fault of Tidings itself. Please report it.
        public static let `internal` = Kind(rawValue: "internal")
    }
}

extension TidingsError: CustomStringConvertible, LocalizedError, CustomReflectable {
    /// All of it in one line, with operation, path, kind, status and request.
    public var description: String { text }

    /// The same as ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { text }

    /// Shows the description only.
    public var customMirror: Mirror { Mirror(self, children: ["description": text]) }
}
