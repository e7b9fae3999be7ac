import Foundation
internal import TidingsNative

/// Where the engine asks for tokens, and the app's own code answers.
///
/// The engine asks on the thread that all calls run on, so the provider gets a task of its own.
final class TokenDesk: TokenCallback, @unchecked Sendable {
    private let provider: any TokenProvider

    // What follows is used with the lock held only.
    private let lock = NSLock()
    private var task: Task<Void, Never>?
    private var closed = false
    /// The latest failure of the provider and its number. An older one cannot be the cause of a call that ends now.
    private var failure: (number: UInt64, error: any Error)?

    init(_ provider: any TokenProvider) {
        self.provider = provider
    }

    func ask(ticket: TokenTicket) throws {
        lock.withLock {
            guard !closed else { return }
            // Nobody waits for an earlier one any more: the engine asks for one token at a time.
            task?.cancel()
            task = Task { [provider, weak self] in
                do {
                    let provided = try await provider.token()
                    ticket.answer(token: provided.token, expiresIn: provided.expiresIn)
                } catch {
                    ticket.fail(text: error.shownText, number: self?.keep(error) ?? 0)
                }
            }
        }
    }

    /// What the provider threw, if it is the failure of that number.
    func failure(_ number: UInt64?) -> (any Error)? {
        lock.withLock { failure.flatMap { $0.number == number ? $0.error : nil } }
    }

    func close() {
        lock.withLock {
            closed = true
            task?.cancel()
        }
    }

    private func keep(_ error: any Error) -> UInt64 {
        lock.withLock {
            let number = (failure?.number ?? 0) + 1
            failure = (number, error)
            return number
        }
    }
}

extension Error {
    /// What the error says of itself.
    fileprivate var shownText: String {
        (self as? any LocalizedError)?.errorDescription ?? String(describing: self)
    }
}
