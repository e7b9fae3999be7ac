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
    /// The most retries of one call; 3 by default.
    public var maxRetries: Int?
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
