internal import TidingsNative

/// What a client has done since it was made, in numbers. A snapshot: they are read one after the other.
///
/// ```swift
/// let statistics = client.statistics()
/// print(statistics.accepted, "of", statistics.calls)
/// ```
///
/// Every call is counted in one of ``accepted``, ``failed``, ``unknown`` and ``cancelled`` once it has ended.
public struct Statistics: Sendable, Equatable {
    /// Calls that have begun, also those that were refused before the network.
    public let calls: Int
    /// Calls that were accepted.
    public let accepted: Int
    /// Calls that ended with an error, other than those of which nobody knows.
    public let failed: Int
    /// Calls that may have been carried out and whose caller cannot know: those that ``ClientOptions/onUnknown`` is told
    /// of.
    public let unknown: Int
    /// Calls that were called off and are certain not to have been carried out, or do no harm if they were.
    public let cancelled: Int
    /// Requests that went out, or were tried to; those for tokens are not counted.
    public let attempts: Int
    /// Attempts that were not the first of their call.
    public let retries: Int
    /// Requests for a token: to the token endpoint or to the app's own provider.
    public let tokenFetches: Int
    /// Attempts that wait for their turn, because of ``ClientOptions/maxConcurrency`` or ``ClientOptions/rateLimit``.
    public let waiting: Int
    /// Calls that have begun and not ended.
    public let underWay: Int

    init(_ record: StatisticsRecord) {
        calls = Int(clamping: record.calls)
        accepted = Int(clamping: record.accepted)
        failed = Int(clamping: record.failed)
        unknown = Int(clamping: record.unknown)
        cancelled = Int(clamping: record.cancelled)
        attempts = Int(clamping: record.attempts)
        retries = Int(clamping: record.retries)
        tokenFetches = Int(clamping: record.tokenFetches)
        waiting = Int(clamping: record.waiting)
        underWay = Int(clamping: record.underWay)
    }
}
