// This package's values as the native half's plain records, and back.

package io.github.tidings

import io.github.tidings.internal.ConfigRecord
import io.github.tidings.internal.ErrorRecord
import io.github.tidings.internal.InternalException
import io.github.tidings.internal.NamedValue
import io.github.tidings.internal.NativeException
import kotlin.time.Duration
import kotlin.time.DurationUnit

internal fun ClientOptions.toRecord(fromEnvironment: Boolean): ConfigRecord = ConfigRecord(
    fromEnvironment = fromEnvironment,
    projectId = option("projectId", projectId),
    keyId = option("keyId", keyId),
    keySecret = option("keySecret", keySecret),
    basicAuthentication = basicAuthentication,
    token = option("token", token),
    region = option("region", region),
    baseUrl = option("baseUrl", baseUrl),
    appId = option("appId", appId),
    timeout = timeout?.toSeconds(),
    connectTimeout = connectTimeout?.toSeconds(),
    attemptTimeout = attemptTimeout?.toSeconds(),
    maxRetries = maxRetries?.toLong(),
    backoffBase = backoffBase?.toSeconds(),
    backoffCap = backoffCap?.toSeconds(),
    retryBudget = retryBudget?.toLong(),
    maxConcurrency = maxConcurrency?.toLong(),
    queueTimeout = queueTimeout?.toSeconds(),
    rateLimit = rateLimit?.toLong(),
    noRateLimit = noRateLimit,
    caCerts = caCerts,
    clientCertificate = clientCertificate,
    proxy = option("proxy", proxy),
    noProxy = noProxy,
    allowInsecure = allowInsecure,
    language = "kotlin",
    languageVersion = KotlinVersion.CURRENT.toString(),
)

internal fun Duration.toSeconds(): Double = toDouble(DurationUnit.SECONDS)

/** An option's value, if it can cross. */
private fun option(name: String, value: String?): String? =
    value?.orRefused { ownFailure(ErrorKind.CONFIG, "$name $NO_UNICODE") }

/** The operation's id, if it can cross. */
internal fun operation(id: String): String =
    id.orRefused { ownFailure(ErrorKind.INVALID_REQUEST, "the operation $NO_UNICODE") }

/** Parameters of the path or the query, if they can cross. */
internal fun Map<String, String>.toParameters(): List<NamedValue> = map { (name, value) ->
    NamedValue(
        name.orRefused { ownFailure(ErrorKind.INVALID_REQUEST, "the name of a parameter $NO_UNICODE") },
        value.orRefused { ownFailure(ErrorKind.INVALID_REQUEST, NO_UNICODE, path = "$.$name") },
    )
}

/** Headers, if they can cross. */
internal fun Map<String, String>.toHeaders(): List<NamedValue> = map { (name, value) ->
    NamedValue(
        name.orRefused { ownFailure(ErrorKind.INVALID_REQUEST, "the name of a header $NO_UNICODE") },
        value.orRefused { ownFailure(ErrorKind.INVALID_REQUEST, "the value of the header $name $NO_UNICODE") },
    )
}

/** A body as the bytes that are sent. */
internal fun String.toBody(): ByteArray = try {
    encodeToByteArray(throwOnInvalidSequence = true)
} catch (_: CharacterCodingException) {
    throw ownFailure(ErrorKind.INVALID_REQUEST, NO_UNICODE, path = "$")
}

/** A token of the app's own, if it can cross. */
internal fun ProvidedToken.tokenOrRefused(): String =
    token.orRefused { ownFailure(ErrorKind.AUTH, "the token $NO_UNICODE") }

private const val NO_UNICODE = "is not valid Unicode: it has one half of a surrogate pair without the other"

/**
 * A text that can cross. Any other must be stopped here: what is generated throws only once it holds what it calls, and
 * would never let go of it.
 */
private inline fun String.orRefused(refusal: () -> TidingsException): String =
    if (Charsets.UTF_8.newEncoder().canEncode(this)) this else throw refusal()

/** Does something, and throws what the native half fails with as exceptions of this package. */
internal inline fun <T> translating(tokens: TokenDesk? = null, work: () -> T): T = try {
    work()
} catch (failure: NativeException.Failed) {
    throw failure.record.toException(tokens)
} catch (_: InternalException) {
    // A panic outside of any call. What it was is on the standard error stream.
    throw ownFailure(ErrorKind.INTERNAL, "a fault of Tidings itself; please report it", sent = true)
}

/** The exception of a call. `tokens` knows what the token provider threw. */
internal fun ErrorRecord.toException(tokens: TokenDesk? = null): TidingsException =
    TidingsException(this, tokens?.failure(causeNumber) ?: cause?.let(::Exception))

/** A failure of this half itself. */
internal fun ownFailure(
    kind: ErrorKind,
    reason: String,
    path: String? = null,
    sent: Boolean = false,
    cause: Throwable? = null,
): TidingsException {
    val record =
        ErrorRecord(
            kind = kind.id,
            message = reason,
            text = "${path?.let { "$it " }.orEmpty()}$reason [${kind.id}]",
            status = null,
            code = null,
            operation = null,
            path = path,
            requestId = null,
            location = null,
            attempts = 0u,
            sent = sent,
            retryable = false,
            retryAfter = null,
            body = null,
            evidence = null,
            cause = null,
            causeNumber = null,
        )
    return TidingsException(record, cause)
}
