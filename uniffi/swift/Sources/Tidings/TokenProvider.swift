import Foundation

/// The app's own way to get tokens, for instance from its backend. What an app on somebody's device uses.
///
/// ```swift
/// struct BackendTokens: TokenProvider {
///     let backend: URL
///
///     func token() async throws -> ProvidedToken {
///         let (data, _) = try await URLSession.shared.data(from: backend)
///         return ProvidedToken(String(decoding: data, as: UTF8.self))
///     }
/// }
/// ```
public protocol TokenProvider: Sendable {
    /// Gets a token that is good from now on.
    ///
    /// It is called when a new token is needed, one call at a time, in a task of its own, and has 10 seconds. When the
    /// client is closed, the task is cancelled. If it throws, or if the token is empty, the calls that wait for the
    /// token fail with the kind `auth`, and what was thrown is their ``TidingsError/cause``; the next call asks again.
    ///
    /// - Returns: The token.
    func token() async throws -> ProvidedToken
}

/// A bearer token that a ``TokenProvider`` hands out. Its description does not show the token.
public struct ProvidedToken: Sendable {
    /// The bearer token.
    public var token: String
    /// How long it is good from now on, in seconds. If it is `nil`, a JWT says so itself, and any other token is used
    /// for 5 minutes.
    public var expiresIn: TimeInterval?

    /// A token, and how long it is good from now on, in seconds.
    public init(_ token: String, expiresIn: TimeInterval? = nil) {
        self.token = token
        self.expiresIn = expiresIn
    }
}

extension ProvidedToken: Discreet {
    var shown: KeyValuePairs<String, Any> { ["expiresIn": expiresIn as Any] }
}
