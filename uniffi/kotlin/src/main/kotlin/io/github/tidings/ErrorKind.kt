package io.github.tidings

/** What kind of failure a [TidingsException] is. The same in every language; later versions may add some. */
public enum class ErrorKind {
    /** The client is not set up rightly, or the call's options are wrong. Nothing was sent. */
    CONFIG,

    /** The API did not take the credentials, or no token could be had. */
    AUTH,

    /** The credentials are right and do not allow this (403), for instance a key of another project. */
    PERMISSION,

    /** The call is malformed: refused before the network, or by the API (400 and its like). */
    INVALID_REQUEST,

    /** There is no such thing (404). A call to the wrong region looks the same. */
    NOT_FOUND,

    /** The call does not fit the present state (409, 412). */
    CONFLICT,

    /** Too many requests (429), also after the retries. Not carried out. */
    RATE_LIMITED,

    /** A fault of the API, or an answer that it should not give. */
    SERVER,

    /**
     * **The call may or may not have been carried out.** Look for it before calling again; see
     * [TidingsException.evidence].
     */
    UNKNOWN_OUTCOME,

    /** No connection could be made, or it broke. */
    CONNECT,

    /** The server's certificate was not accepted. */
    TLS,

    /** The time was up. [TidingsException.sent] tells whether the request had gone out. */
    TIMEOUT,

    /** The answer of an operation that is safe to repeat could not be read. */
    DECODE,

    /** The caller called it off. Not thrown: see [cutOff] and [ClientOptions.onUnknown]. */
    CANCELLED,

    /** The client is closed. */
    CLOSED,

    /** A fault of Tidings itself. Please report it. */
    INTERNAL,
    ;

    /** The kind's name in every language, such as `unknown_outcome`. */
    public val id: String = name.lowercase()

    internal companion object {
        fun of(id: String): ErrorKind = entries.find { it.id == id } ?: INTERNAL
    }
}
