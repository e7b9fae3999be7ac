import Foundation
internal import TidingsNative

/// A client of the Conversation API. Make one and share it among tasks and actors: it keeps the token and the
/// connections.
///
/// ```swift
/// let client = try Client(options)
/// let sent = try await client.execute("sms.send", body: #"{"to": "+46701234567", "text": "Your code is 4711"}"#)
/// print(sent.status)
/// ```
///
/// It is closed when nobody holds it any more, or by ``close()``.
public final class Client: Sendable {
    private let engine: Engine
    private let tokens: TokenDesk?

    /// Checks the options. No I/O.
    ///
    /// On somebody's device the options name a ``ClientOptions/tokenProvider``, never a key secret: what is in an app
    /// can be read by whoever has the app.
    ///
    /// - Throws: ``TidingsError`` of the kind `config` if something is missing, wrong or given twice.
    public convenience init(_ options: ClientOptions) throws {
        try self.init(options, fromEnvironment: false)
    }

    /// A client from `SINCH_PROJECT_ID`, `SINCH_KEY_ID`, `SINCH_KEY_SECRET`, `SINCH_REGION`, `SINCH_APP_ID` and
    /// `TIDINGS_BASE_URL` of the environment. What the options say counts more.
    ///
    /// - Throws: ``TidingsError`` of the kind `config` if something is missing, wrong or given twice.
    public static func fromEnv(_ options: ClientOptions = ClientOptions()) throws -> Client {
        try Client(options, fromEnvironment: true)
    }

    private init(_ options: ClientOptions, fromEnvironment: Bool) throws {
        let tokens = options.tokenProvider.map(TokenDesk.init)
        let config = ConfigRecord(options, fromEnvironment: fromEnvironment)
        let events = EventDesk(options)
        engine = try TidingsError.translating { try Engine(config: config, tokens: tokens, events: events) }
        self.tokens = tokens
    }

    deinit {
        close()
    }

    /// Makes a call and gives its answer as bytes: the door under all methods.
    ///
    /// If the task is cancelled, the call's connection is closed and a `CancellationError` is thrown, unless the answer
    /// is there already. **A cancelled send may have been delivered all the same**, and the error does not say whether
    /// it was: ``ClientOptions/onUnknown`` is told of it, with its evidence. To limit a send's time, give it a `timeout`,
    /// whose error has ``TidingsError/evidence`` too. In a task that is cancelled beforehand nothing is sent.
    ///
    /// - Parameters:
    ///   - operation: The operation's id, such as `sms.send` or `apps.list`.
    ///   - path: Parameters of the path. `project_id` is filled in by the client.
    ///   - query: Parameters of the query.
    ///   - body: The body, as JSON text. It is sent as it is.
    ///   - timeout: How long this call may take, all waiting and retries included, in seconds.
    ///   - maxRetries: The most retries of this call; 0 switches them off.
    ///   - replayUnknown: Whether this call is made again when its outcome is unknown, like one that is safe to repeat.
    ///     **What it sends may then arrive twice.** For those who would rather have it twice than not at all. If no attempt
    ///     is accepted, the call still ends with the kind `unknown_outcome`.
    ///   - headers: Further headers. Those that the client writes itself are refused.
    /// - Returns: An answer that counts: the call was accepted.
    /// - Throws: ``TidingsError`` if it failed; `CancellationError` if the task was cancelled.
    public func execute(
        _ operation: String,
        path: [String: String] = [:],
        query: [String: String] = [:],
        body: Data? = nil,
        timeout: TimeInterval? = nil,
        maxRetries: Int? = nil,
        replayUnknown: Bool = false,
        headers: [String: String] = [:]
    ) async throws -> Response {
        try Task.checkCancellation()
        let record = CallRecord(
            operation: operation,
            path: path.pairs,
            query: query.pairs,
            body: body,
            timeout: timeout,
            maxRetries: maxRetries.map(Int64.init),
            replayUnknown: replayUnknown,
            headers: headers.pairs)
        let call = engine.start(call: record)
        return try await TidingsError.translating(tokens) {
            try await withTaskCancellationHandler {
                Response(try await call.result())
            } onCancel: {
                _ = call.cancel()
            }
        }
    }

    /// The same with the body as a string of JSON text.
    ///
    /// - Throws: ``TidingsError`` if it failed; `CancellationError` if the task was cancelled.
    public func execute(
        _ operation: String,
        path: [String: String] = [:],
        query: [String: String] = [:],
        body: String,
        timeout: TimeInterval? = nil,
        maxRetries: Int? = nil,
        replayUnknown: Bool = false,
        headers: [String: String] = [:]
    ) async throws -> Response {
        try await execute(
            operation, path: path, query: query, body: Data(body.utf8), timeout: timeout, maxRetries: maxRetries,
            replayUnknown: replayUnknown, headers: headers)
    }

    /// What it has done so far, in numbers; what it had done by then if it is closed.
    public func statistics() -> Statistics {
        Statistics(engine.statistics())
    }

    /// Closes it: calls under way end with the kind `closed`, or `unknown_outcome` if they may have been carried out;
    /// later ones end with `closed`. Connections are closed. Doing it again changes nothing.
    public func close() {
        engine.shutDown()
        tokens?.close()
    }
}
