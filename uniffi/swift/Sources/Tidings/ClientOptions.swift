import Foundation

/// How a client is set up. What is `nil` keeps its default; nothing is checked before ``Client/init(_:)``.
///
/// Credentials are given in one way: an access key (``keyID`` and ``keySecret``), a ``token`` or a ``tokenProvider``.
/// An app on somebody's device uses a ``tokenProvider``, never a key secret. All times are in seconds.
///
/// ```swift
/// var options = ClientOptions(projectID: "my-project", region: "eu", tokenProvider: BackendTokens(backend: url))
/// options.timeout = 10
/// ```
///
/// Neither its description nor its mirror shows a secret.
public struct ClientOptions: Sendable {
    /// The project's id.
    public var projectID: String?
    /// The access key's id.
    public var keyID: String?
    /// The access key's secret. For servers: it must never be part of an app on somebody's device.
    public var keySecret: String?
    /// `us`, `eu` or `br`: the region the app was made in. There is no default.
    public var region: String?
    /// One address for every host, for instance of a sandbox; then the region is not needed.
    public var baseURL: String?
    /// The app that is meant where a call needs one and names none.
    public var appID: String?
    /// One fixed bearer token. It is never renewed.
    public var token: String?
    /// The app's own way to get tokens.
    public var tokenProvider: (any TokenProvider)?
    /// Send the access key itself with every call (HTTP Basic). For tests only: the API limits it hard.
    public var basicAuthentication: Bool
    /// How long a call may take, all waiting and retries included, in seconds; 30 by default.
    public var timeout: TimeInterval?
    /// How long a connection may take to come up, in seconds; 5 by default.
    public var connectTimeout: TimeInterval?
    /// How long one attempt may take, in seconds; 10 by default. For a send it ends when the request is handed over.
    public var attemptTimeout: TimeInterval?
    /// The most retries of one call; 3 by default, and 0 switches them off.
    public var maxRetries: Int?
    /// Bound of the first pause before a retry, in seconds; 0.25 by default. It doubles from retry to retry, and the pause
    /// is a random time below it (full jitter).
    public var backoffBase: TimeInterval?
    /// Bound of every pause before a retry, in seconds; 8 by default.
    public var backoffCap: TimeInterval?
    /// The retries in reserve for all calls together; 100 by default. One comes back every second, and one for every ten
    /// calls that are accepted. In an outage most calls are then soon tried only once. Retries after 429 are not counted.
    public var retryBudget: Int?
    /// The most attempts at a time, at least 1; 256 by default. Further ones wait for their turn. Over HTTP/1.1 each has a
    /// connection of its own.
    public var maxConcurrency: Int?
    /// How long an attempt may wait for its turn among ``maxConcurrency``, in seconds; 30 by default. The call then ends
    /// with the kind `timeout`, and what waited was not sent.
    public var queueTimeout: TimeInterval?
    /// The most requests a second, evenly spaced, at least 1; 800 by default, as the API allows them for a project. All
    /// clients of a process with the same project, address and rate share it; other processes are not seen.
    public var rateLimit: Int?
    /// Send without a ``rateLimit``. The API's own limits hold all the same: what is beyond them gets 429 and is tried
    /// again.
    public var noRateLimit: Bool
    /// Certificates that are trusted beside the system's, such as those of a company's own authority: one or more in PEM,
    /// as they stand in the file.
    public var caCerts: Data?
    /// The certificate to show the server: its chain and its private key, all in PEM.
    public var clientCertificate: Data?
    /// A proxy for everything, `http://` or `https://`, with `user:password@` where it wants them; by default the one
    /// that `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY` of the environment names. What `NO_PROXY` names goes directly, and
    /// so does everything for this machine.
    public var proxy: String?
    /// Send directly, whatever proxy the environment names.
    public var noProxy: Bool
    /// Is told of every retry, before it: the error that made it necessary, and how long the call waits, in seconds. It
    /// runs as ``onUnknown`` does.
    public var onRetry: (@Sendable (TidingsError, TimeInterval) async -> Void)?
    /// Is told, once, of every call that may have been carried out and whose caller cannot know: one that ended with the
    /// kind `unknown_outcome`, or one that was sent and then cancelled (kind `cancelled`). The error's
    /// ``TidingsError/evidence`` says what to look for.
    ///
    /// ```swift
    /// options.onUnknown = { error in
    ///     print("look for it before you send it again: \(error), \(error.evidence?.startedAt as Any)")
    /// }
    /// ```
    ///
    /// It runs in a task of its own, which no call waits for, and may do so at any time: while another one runs, or after
    /// ``Client/close()``. Such a task keeps no program from ending. If the function holds the client, the client lives
    /// until it is closed.
    public var onUnknown: (@Sendable (TidingsError) async -> Void)?
    /// Take a plain `http://` base URL for another machine.
    public var allowInsecure: Bool

    /// Takes what is given, and checks nothing.
    public init(
        projectID: String? = nil,
        keyID: String? = nil,
        keySecret: String? = nil,
        region: String? = nil,
        baseURL: String? = nil,
        appID: String? = nil,
        token: String? = nil,
        tokenProvider: (any TokenProvider)? = nil,
        basicAuthentication: Bool = false,
        timeout: TimeInterval? = nil,
        connectTimeout: TimeInterval? = nil,
        attemptTimeout: TimeInterval? = nil,
        maxRetries: Int? = nil,
        backoffBase: TimeInterval? = nil,
        backoffCap: TimeInterval? = nil,
        retryBudget: Int? = nil,
        maxConcurrency: Int? = nil,
        queueTimeout: TimeInterval? = nil,
        rateLimit: Int? = nil,
        noRateLimit: Bool = false,
        caCerts: Data? = nil,
        clientCertificate: Data? = nil,
        proxy: String? = nil,
        noProxy: Bool = false,
        onRetry: (@Sendable (TidingsError, TimeInterval) async -> Void)? = nil,
        onUnknown: (@Sendable (TidingsError) async -> Void)? = nil,
        allowInsecure: Bool = false
    ) {
        self.projectID = projectID
        self.keyID = keyID
        self.keySecret = keySecret
        self.region = region
        self.baseURL = baseURL
        self.appID = appID
        self.token = token
        self.tokenProvider = tokenProvider
        self.basicAuthentication = basicAuthentication
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.attemptTimeout = attemptTimeout
        self.maxRetries = maxRetries
        self.backoffBase = backoffBase
        self.backoffCap = backoffCap
        self.retryBudget = retryBudget
        self.maxConcurrency = maxConcurrency
        self.queueTimeout = queueTimeout
        self.rateLimit = rateLimit
        self.noRateLimit = noRateLimit
        self.caCerts = caCerts
        self.clientCertificate = clientCertificate
        self.proxy = proxy
        self.noProxy = noProxy
        self.onRetry = onRetry
        self.onUnknown = onUnknown
        self.allowInsecure = allowInsecure
    }
}

extension ClientOptions: Discreet {
    var shown: KeyValuePairs<String, Any> {
        [
            "projectID": projectID as Any,
            "keyID": keyID as Any,
            "region": region as Any,
            "appID": appID as Any,
        ]
    }
}
