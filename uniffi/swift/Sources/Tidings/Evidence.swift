import Foundation
internal import TidingsNative

/// What is known about a call whose outcome is unknown. With it the call can be looked for, in delivery receipts or
/// with `messages.list`.
///
/// ```swift
/// if let evidence = error.evidence {
///     print(evidence.phase, evidence.startedAt, evidence.elapsed)
/// }
/// ```
///
/// Its description does not show ``correlationID`` and ``messageMetadata``.
public struct Evidence: Sendable, Equatable {
    /// How far the exchange had come.
    public let phase: Phase
    /// When the call began, by this machine's clock.
    public let startedAt: Date
    /// How long the call had taken, waiting and retries included, in seconds.
    public let elapsed: TimeInterval
    /// The `correlation_id` of the request.
    public let correlationID: String?
    /// The `message_metadata` of the request as it was written.
    public let messageMetadata: String?

    init(_ record: EvidenceRecord) {
        phase = Phase(rawValue: record.phase)
        startedAt = record.startedAt
        elapsed = record.elapsed
        correlationID = record.correlationId
        messageMetadata = record.messageMetadata
    }

    /// How far an exchange had come when it was cut off. Later versions may add some.
    public struct Phase: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The phase's name, such as `awaiting_answer`.
        public let rawValue: String

        /// The phase of that name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The phase's name.
        public var description: String { rawValue }

        /// The request was handed over; no answer had come.
        public static let awaitingAnswer = Phase(rawValue: "awaiting_answer")
        /// The answer's head had come, its body had not come whole.
        public static let readingAnswer = Phase(rawValue: "reading_answer")
        /// An answer came whole, and it does not tell what became of the call.
        public static let answered = Phase(rawValue: "answered")
    }
}

extension Evidence: Discreet {
    var shown: KeyValuePairs<String, Any> {
        ["phase": phase, "startedAt": startedAt, "elapsed": elapsed]
    }
}
