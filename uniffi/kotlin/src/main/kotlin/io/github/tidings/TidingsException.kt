package io.github.tidings

import io.github.tidings.internal.ErrorRecord
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * A call that failed, or a client that could not be set up. [kind] says what kind of failure it is.
 *
 * Its [message] is one line for logs, with operation, kind, status and request. It holds neither a secret nor a phone
 * number nor a message text; [body] and [evidence] may. Its [cause] is what the app's own [TokenProvider] threw, if that
 * is why the call failed.
 *
 * ```kotlin
 * try {
 *     client.execute("sms.send", body = """{"to": "12", "text": "Hello"}""")
 * } catch (error: TidingsException) {
 *     if (error.kind == ErrorKind.INVALID_REQUEST) println(error.path) // $.to
 * }
 * ```
 */
public class TidingsException internal constructor(record: ErrorRecord, cause: Throwable? = null) :
    Exception(record.text, cause) {
    /** What kind of failure it is. */
    public val kind: ErrorKind = ErrorKind.of(record.kind)

    /** What happened and what to do: [message] without the facts that have a property of their own. */
    public val reason: String = record.message

    /** The HTTP status, if an answer came. */
    public val status: Int? = record.status?.toInt()

    /** The API's own code, such as `INVALID_ARGUMENT`. */
    public val code: String? = record.code

    /** The operation, such as `messages.send`. */
    public val operation: String? = record.operation

    /** Where in the call the fault is: a JSON path such as `$.to`, or the name of a parameter. */
    public val path: String? = record.path

    /** The id the API gave to the request, for its support. */
    public val requestId: String? = record.requestId

    /** Where a redirect pointed. Redirects are never followed. */
    public val location: String? = record.location

    /** How many times the request was tried; 0 if it never came so far. */
    public val attempts: Int = record.attempts.toInt()

    /** Whether the call may have been carried out. `false` is certain: it was not. */
    public val sent: Boolean = record.sent

    /** Whether calling again later may help and cannot do the work twice. */
    public val retryable: Boolean = record.retryable

    /** How long the API asked to wait. */
    public val retryAfter: Duration? = record.retryAfter?.toKotlinDuration()

    /** The body of the answer, as it came, also if it is not JSON. It may hold personal data. */
    public val body: ByteArray? = record.body

    /** What is known about a call whose outcome is unknown. */
    public val evidence: Evidence? = record.evidence?.let(::Evidence)
}
