package io.github.tidings.sandbox

import io.github.tidings.Client
import io.github.tidings.ClientOptions
import io.github.tidings.loadNativeLibrary
import io.github.tidings.translating
import java.util.concurrent.ConcurrentHashMap
import io.github.tidings.internal.Sandbox as NativeSandbox

/**
 * The Conversation API on localhost, for tests and for learning: no account, no phone, no network.
 *
 * ```kotlin
 * Sandbox.start().use { sandbox ->
 *     sandbox.client().use { client -> println(client.execute("apps.list").status) }
 * }
 * ```
 *
 * Its control plane is an API like any other: `client.execute("sandbox.ledger")` says what the handsets got,
 * `sandbox.add_fault` makes calls fail, `sandbox.run_until_idle` lets all that is planned happen now.
 *
 * It is not for apps on phones: the library that is built for them has none.
 */
public class Sandbox private constructor(private val native: NativeSandbox) : AutoCloseable {
    /** Where it answers, such as `http://127.0.0.1:40123`. */
    public val url: String = native.url()

    /** The id of the access key. The key is good for every project. */
    public val keyId: String = native.keyId()

    /** The secret of the access key. */
    public val keySecret: String = native.keySecret()

    /**
     * A client of this sandbox; the options can change all of it. It has the sandbox's access key, unless they name other
     * credentials: a token, a token provider, or a key that may be a wrong one.
     *
     * Share one client, as with the real API: each gets a token of its own, and the sandbox gives out 30 tokens at once and
     * then 10 a second.
     */
    public fun client(options: ClientOptions.() -> Unit = {}): Client = Client {
        projectId = "sandbox-project"
        baseUrl = this@Sandbox.url
        options()
        if (keyId == null && keySecret == null && token == null && tokenProvider == null) {
            keyId = this@Sandbox.keyId
            keySecret = this@Sandbox.keySecret
        }
    }

    /**
     * Stops it: requests under way have a quarter of a second to end, then every connection is closed. It blocks for as
     * long. Doing it again changes nothing.
     */
    public fun stop() {
        native.stop()
        running -= native
    }

    /** The same as [stop], for `use`. */
    override fun close(): Unit = stop()

    /** Starts sandboxes. */
    public companion object {
        /** Like a thread, a sandbox runs on although nobody holds it: its native half stops when it is cleared away. */
        private val running: MutableSet<NativeSandbox> = ConcurrentHashMap.newKeySet()

        /**
         * Starts a sandbox on 127.0.0.1. It answers when this returns, some milliseconds later, and until it is stopped or
         * the program ends.
         *
         * @param port The port; any free one by default.
         * @param seed What ids, nonces and delays are drawn from; 1 by default.
         * @throws io.github.tidings.TidingsException of the kind `config` if the port is taken, or if the native library
         * is not found or has no sandbox.
         */
        public fun start(port: Int? = null, seed: Long? = null): Sandbox {
            loadNativeLibrary()
            val native = translating { NativeSandbox.start(port?.toLong(), seed) }
            running += native
            return Sandbox(native)
        }
    }
}
