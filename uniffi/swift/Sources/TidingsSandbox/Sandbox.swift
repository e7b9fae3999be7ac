public import Tidings
internal import TidingsNative

/// The Conversation API on localhost, for tests and for learning: no account, no phone, no network.
///
/// ```swift
/// let sandbox = try Sandbox.start()
/// defer { sandbox.stop() }
/// let client = try sandbox.client()
/// let apps = try await client.execute("apps.list")
/// print(apps.status)
/// ```
///
/// Its control plane is an API like any other: `client.execute("sandbox.ledger")` says what the handsets got,
/// `sandbox.add_fault` makes calls fail, `sandbox.run_until_idle` lets all that is planned happen now.
///
/// It stops by ``stop()``, or when nobody holds it any more, also if its clients are still held. It is not for apps on
/// phones: the library that is built for them has none.
public final class Sandbox: Sendable {
    private let native: TidingsNative.Sandbox

    private init(_ native: TidingsNative.Sandbox) {
        self.native = native
    }

    deinit {
        stop()
    }

    /// Starts a sandbox on 127.0.0.1. It answers when this returns, some milliseconds later.
    ///
    /// - Parameters:
    ///   - port: The port; any free one by default.
    ///   - seed: What ids, nonces and delays are drawn from; 1 by default.
    /// - Returns: A sandbox that answers.
    /// - Throws: `TidingsError` of the kind `config` if the port is taken, or if the native library has no sandbox.
    public static func start(port: Int? = nil, seed: Int? = nil) throws -> Sandbox {
        Sandbox(
            try TidingsError.translating {
                try TidingsNative.Sandbox.start(port: port.map(Int64.init), seed: seed.map(Int64.init))
            })
    }

    /// Where it answers, such as `http://127.0.0.1:40123`.
    public var url: String { native.url() }

    /// The id of the access key. The key is good for every project.
    public var keyID: String { native.keyId() }

    /// The secret of the access key.
    public var keySecret: String { native.keySecret() }

    /// A client of this sandbox: the options with its address, and with its access key unless they name other
    /// credentials: a token, a token provider, or a key that may be a wrong one. Any project will do; all clients have the
    /// same one if none is named.
    ///
    /// Share one client, as with the real API: each gets a token of its own, and the sandbox gives out 30 tokens at once
    /// and then 10 a second.
    ///
    /// - Throws: `TidingsError` of the kind `config` if the options are wrong.
    public func client(_ options: ClientOptions = ClientOptions()) throws -> Client {
        var options = options
        options.projectID = options.projectID ?? "sandbox-project"
        options.baseURL = url
        if options.keyID == nil, options.keySecret == nil, options.token == nil, options.tokenProvider == nil {
            (options.keyID, options.keySecret) = (keyID, keySecret)
        }
        return try Client(options)
    }

    /// Stops it: requests under way have a quarter of a second to end, then every connection is closed. It blocks for
    /// as long. Doing it again changes nothing.
    public func stop() {
        native.stop()
    }
}
