package io.github.tidings

import io.github.tidings.internal.Call
import io.github.tidings.internal.CallRecord
import io.github.tidings.internal.Engine
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import kotlin.time.Duration

/**
 * A client of the Conversation API. Make one and share it among coroutines and threads: it keeps the token and the
 * connections.
 *
 * ```kotlin
 * Client.fromEnv().use { client ->
 *     val sent = client.execute("sms.send", body = """{"to": "+46701234567", "text": "Your code is 4711"}""")
 *     println(sent.text())
 * }
 * ```
 *
 * It keeps no program from ending. One that nobody holds any more is cleared away like any other object.
 */
public class Client private constructor(options: ClientOptions, fromEnvironment: Boolean) : AutoCloseable {
    private val tokens = options.tokenProvider?.let(::TokenDesk)
    private val engine: Engine

    init {
        loadNativeLibrary()
        engine = translating { Engine(options.toRecord(fromEnvironment), tokens, EventDesk.of(options)) }
    }

    /**
     * Checks the options. No I/O. Later changes of the options change nothing.
     *
     * On somebody's phone the options name a [token provider][ClientOptions.tokenProvider], never a key secret: what is in
     * an app can be read by whoever has the app.
     *
     * @throws TidingsException of the kind [ErrorKind.CONFIG] if something is missing, wrong or given twice, or if the native
     * library is not found.
     */
    public constructor(options: ClientOptions) : this(options, fromEnvironment = false)

    /**
     * The same with the options written in place.
     *
     * ```kotlin
     * val client = Client {
     *     projectId = "my-project"
     *     keyId = "..."
     *     keySecret = "..."
     *     region = "eu"
     * }
     * ```
     *
     * @throws TidingsException of the kind [ErrorKind.CONFIG] if something is missing, wrong or given twice.
     */
    public constructor(options: ClientOptions.() -> Unit) : this(ClientOptions().apply(options))

    /**
     * Makes a call and gives its answer as bytes: the door under all methods.
     *
     * If the coroutine is cancelled, or a `withTimeout` around it runs out, the call's connection is closed and the
     * `CancellationException` goes on, unless the answer is there already. **A cancelled send may have been carried out
     * all the same**: [cutOff] says what is known of it, to whoever catches the exception in the coroutine that calls, and
     * [onUnknown][ClientOptions.onUnknown] is told in any case. A coroutine that is cancelled beforehand sends nothing.
     *
     * @param operation The operation's id, such as `sms.send` or `apps.list`.
     * @param path Parameters of the path. `project_id` is filled in by the client.
     * @param query Parameters of the query.
     * @param body The body, as JSON text. It is sent as it is.
     * @param timeout How long this call may take, all waiting and retries included.
     * @param maxRetries The most retries of this call; 0 switches them off.
     * @param replayUnknown Whether this call is made again when its outcome is unknown, like one that is safe to repeat. **What
     * it sends may then arrive twice.** For those who would rather have it twice than not at all. If no attempt is accepted,
     * the call still ends with the kind [ErrorKind.UNKNOWN_OUTCOME].
     * @param headers Further headers. Those that the client writes itself are refused.
     * @return An answer that counts: the call was accepted.
     * @throws TidingsException if it failed.
     */
    public suspend fun execute(
        operation: String,
        path: Map<String, String> = emptyMap(),
        query: Map<String, String> = emptyMap(),
        body: ByteArray? = null,
        timeout: Duration? = null,
        maxRetries: Int? = null,
        replayUnknown: Boolean = false,
        headers: Map<String, String> = emptyMap(),
    ): Response {
        currentCoroutineContext().ensureActive()
        val record =
            CallRecord(
                operation = operation(operation),
                path = path.toParameters(),
                query = query.toParameters(),
                body = body,
                timeout = timeout?.toSeconds(),
                maxRetries = maxRetries?.toLong(),
                replayUnknown = replayUnknown,
                headers = headers.toHeaders(),
            )
        return translating { engine.start(record) }.use { resultOf(it) }
    }

    /**
     * The same with the body as a string of JSON text.
     *
     * @throws TidingsException if it failed.
     */
    public suspend fun execute(
        operation: String,
        path: Map<String, String> = emptyMap(),
        query: Map<String, String> = emptyMap(),
        body: String,
        timeout: Duration? = null,
        maxRetries: Int? = null,
        replayUnknown: Boolean = false,
        headers: Map<String, String> = emptyMap(),
    ): Response = execute(operation, path, query, body.toBody(), timeout, maxRetries, replayUnknown, headers)

    private suspend fun resultOf(call: Call): Response = try {
        await(call)
    } catch (cancellation: CancellationException) {
        val known =
            call.cancel()?.let { TidingsException(it) } ?: try {
                // It had ended: an answer that is there says more than the cancellation does.
                return withContext(NonCancellable) { await(call) }
            } catch (failure: TidingsException) {
                failure
            }
        cancellation.cutOff(known)
        throw cancellation
    }

    private suspend fun await(call: Call): Response =
        outsideOfNativeThread { translating(tokens) { Response(call.result()) } }

    /** What it has done so far, in numbers; what it had done by then if it is closed. */
    public fun statistics(): Statistics = translating { engine.statistics() }.toStatistics()

    /**
     * Closes it: calls under way end with the kind [ErrorKind.CLOSED], or [ErrorKind.UNKNOWN_OUTCOME] if they may have been
     * carried out; later ones end with [ErrorKind.CLOSED]. Connections are closed. Doing it again changes nothing.
     */
    override fun close() {
        engine.shutDown()
        tokens?.close()
    }

    /** Makes clients. */
    public companion object {
        init {
            keepNativeThreadAttached()
        }

        /**
         * A client from `SINCH_PROJECT_ID`, `SINCH_KEY_ID`, `SINCH_KEY_SECRET`, `SINCH_REGION`, `SINCH_APP_ID` and
         * `TIDINGS_BASE_URL` of the environment. What the options say counts more.
         *
         * @throws TidingsException of the kind [ErrorKind.CONFIG] if something is missing, wrong or given twice.
         */
        public fun fromEnv(options: ClientOptions.() -> Unit = {}): Client =
            Client(ClientOptions().apply(options), fromEnvironment = true)
    }
}
