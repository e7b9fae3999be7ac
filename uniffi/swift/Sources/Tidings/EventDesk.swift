import Foundation
internal import TidingsNative

/// Where the engine tells what happens, and the app's own functions hear of it.
///
/// The engine tells it on the thread that all calls run on, so each time the function gets a task of its own. Nothing here
/// ends with the client: what its closing leaves unknown is told afterwards.
final class EventDesk: EventCallback {
    private let retry: (@Sendable (TidingsError, TimeInterval) async -> Void)?
    private let unknown: (@Sendable (TidingsError) async -> Void)?

    /// The desk of these options, if they have anybody who is told.
    init?(_ options: ClientOptions) {
        (retry, unknown) = (options.onRetry, options.onUnknown)
        if retry == nil, unknown == nil { return nil }
    }

    func onRetry(error: ErrorRecord, pause: TimeInterval) throws {
        guard let retry else { return }
        let error = TidingsError(error, nil)
        Task { await retry(error, pause) }
    }

    func onUnknown(error: ErrorRecord) throws {
        guard let unknown else { return }
        let error = TidingsError(error, nil)
        Task { await unknown(error) }
    }
}
