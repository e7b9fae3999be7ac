package io.github.tidings

import kotlin.time.Duration

/**
 * The app's own way to get tokens, for instance from its backend. What an app on somebody's phone uses.
 *
 * ```kotlin
 * val client = Client {
 *     projectId = "my-project"
 *     region = "eu"
 *     tokenProvider = TokenProvider { ProvidedToken(backend.token()) }
 * }
 * ```
 */
public fun interface TokenProvider {
    /**
     * Gets a token that is good from now on.
     *
     * It is called when a new token is needed, for one call at a time, in a coroutine on `Dispatchers.Default`, and has
     * 10 seconds. When the client is closed the coroutine is cancelled. If it throws, or the token is empty, the calls
     * that wait for the token fail with the kind [ErrorKind.AUTH], and what was thrown is their cause; the next call asks
     * again. What was thrown becomes part of stack traces: its text must hold no secret.
     */
    public suspend fun token(): ProvidedToken
}

/**
 * A bearer token that a [TokenProvider] hands out. Its text does not show the token.
 *
 * @property token The bearer token.
 * @property expiresIn How long it is good from now on. If it is null, the token itself is asked, if it is a JWT.
 */
public class ProvidedToken(public val token: String, public val expiresIn: Duration? = null) {
    override fun toString(): String = "ProvidedToken(expiresIn=$expiresIn)"
}
