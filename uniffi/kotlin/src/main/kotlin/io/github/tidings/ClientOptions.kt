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

    /** The most retries of one call; 3 by default, and 0 switches them off. */
    public var maxRetries: Int? = null

    /**
     * Bound of the first pause before a retry; 250 milliseconds by default. It doubles from retry to retry, and the pause is
     * a random time below it (full jitter).
     */
    public var backoffBase: Duration? = null

    /** Bound of every pause before a retry; 8 seconds by default. */
    public var backoffCap: Duration? = null

    /**
     * The retries in reserve for all calls together; 100 by default. One comes back every second, and one for every ten
     * calls that are accepted. In an outage most calls are then soon tried only once. Retries after 429 are not counted.
     */
    public var retryBudget: Int? = null

    /**
     * The most attempts at a time, at least 1; 256 by default. Further ones wait for their turn. Over HTTP/1.1 each has a
     * connection of its own.
     */
    public var maxConcurrency: Int? = null

    /**
     * How long an attempt may wait for its turn among [maxConcurrency]; 30 seconds by default. The call then ends with the
     * kind [ErrorKind.TIMEOUT], and what waited was not sent.
     */
    public var queueTimeout: Duration? = null

    /**
     * The most requests a second, evenly spaced, at least 1; 800 by default, as the API allows them for a project. All
     * clients of a process with the same project, address and rate share it; other processes are not seen.
     */
    public var rateLimit: Int? = null

    /**
     * Send without a [rateLimit]. The API's own limits hold all the same: what is beyond them gets 429 and is tried again.
     */
    public var noRateLimit: Boolean = false

    /**
     * Certificates that are trusted beside the system's, such as those of a company's own authority: one or more in PEM, as
     * `File("authority.pem").readBytes()` gives them.
     */
    public var caCerts: ByteArray? = null

    /** The certificate to show the server: its chain and its private key, all in PEM. */
    public var clientCertificate: ByteArray? = null

    /**
     * A proxy for everything, `http://` or `https://`, with `user:password@` where it wants them; by default the one that
     * `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY` of the environment names. What `NO_PROXY` names goes directly, and so does
     * everything for this machine.
     */
    public var proxy: String? = null

    /** Send directly, whatever proxy the environment names. */
    public var noProxy: Boolean = false

    /**
     * Is told of every retry, before it: the error that made it necessary, and how long the call waits. It runs as
     * [onUnknown] does.
     */
    public var onRetry: (suspend (error: TidingsException, pause: Duration) -> Unit)? = null

    /**
     * Is told, once, of every call that may have been carried out and whose caller cannot know: one that ended with the kind
     * [ErrorKind.UNKNOWN_OUTCOME], or one that was sent and then [cancelled][ErrorKind.CANCELLED]. The error's
     * [evidence][TidingsException.evidence] says what to look for.
     *
     * ```kotlin
     * val client = Client.fromEnv {
     *     onUnknown = { error -> lookFor(error.evidence) }
     * }
     * ```
     *
     * It runs in a coroutine of its own on `Dispatchers.Default`, which no call waits for, and may do so at any time: while
     * another one runs, or after [Client.close]. Like every such coroutine it keeps no program from ending. If it throws,
     * that changes nothing: what was thrown goes to the logger `io.github.tidings` of `java.util.logging`, as a warning. If
     * it holds the client, the client is not cleared away before it is closed.
     */
    public var onUnknown: (suspend (error: TidingsException) -> Unit)? = null

    /** Take a plain `http://` base URL for another machine. */
    public var allowInsecure: Boolean = false
}
