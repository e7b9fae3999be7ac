package io.github.tidings

import io.github.tidings.internal.ResponseRecord

/**
 * An answer that counts: the call was accepted.
 *
 * Its text shows how long the body is, and not what is in it.
 */
public class Response internal constructor(record: ResponseRecord) {
    /** The HTTP status. */
    public val status: Int = record.status.toInt()

    /** The headers, by their names in lower case. A header that came more than once has more than one value. */
    public val headers: Map<String, List<String>> = record.headers.groupBy({ it.name }, { it.value })

    /** The body, byte for byte as it came. It may hold personal data. */
    public val body: ByteArray = record.body

    /** How many times the request was tried. */
    public val attempts: Int = record.attempts.toInt()

    /** The id the API gave to the request, for its support. */
    public val requestId: String? = record.requestId

    /** The first header of that name, in whatever case, if there is one. */
    public fun header(name: String): String? = headers[name.lowercase()]?.first()

    /** The body as text, which is JSON in UTF-8; read anew each time. */
    public fun text(): String = body.decodeToString()

    override fun toString(): String =
        "Response(status=$status, body=${body.size} bytes, attempts=$attempts, requestId=$requestId)"
}
