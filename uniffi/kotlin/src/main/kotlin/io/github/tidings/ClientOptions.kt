package io.github.tidings

import kotlin.time.Duration

/**
 * How a client is set up. What is null keeps its default; nothing is checked before the [Client] is made.
 *
 * Credentials are given in one way: an access key ([keyId] and [keySecret]), a [token] or a [tokenProvider]. An app on
 * somebody's phone uses a [tokenProvider], never a key secret: what is in an app can be read by whoever has the app.
 */
public class ClientOptions {
    /** The project's id. */
    public var projectId: String? = null

    /** The access key's id. */
    public var keyId: String? = null

    /** The access key's secret. For servers: it must never be part of an app on somebody's phone. */
    public var keySecret: String? = null

    /** `us`, `eu` or `br`: the region the app was made in. There is no default. */
    public var region: String? = null

    /** One address for every host, for instance of a sandbox; then the region is not needed. */
    public var baseUrl: String? = null

    /** The app that is meant where a call needs one and names none. */
    public var appId: String? = null

    /** One fixed bearer token. It is never renewed. */
    public var token: String? = null

    /** The app's own way to get tokens. */
    public var tokenProvider: TokenProvider? = null

    /** Send the access key itself with every call (HTTP Basic). For tests only: the API limits it hard. */
    public var basicAuthentication: Boolean = false

    /** How long a call may take, all waiting and retries included; 30 seconds by default. */
    public var timeout: Duration? = null

    /** How long a connection may take to come up; 5 seconds by default. */
    public var connectTimeout: Duration? = null

    /** How long one attempt may take; 10 seconds by default. For a send it ends when the request is handed over. */
    public var attemptTimeout: Duration? = null

    /** The most retries of one call; 3 by default. */
    public var maxRetries: Int? = null

    /** Take a plain `http://` base URL for another machine. */
    public var allowInsecure: Boolean = false
}
