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
    projectId = projectId,
    keyId = keyId,
    keySecret = keySecret,
    basicAuthentication = basicAuthentication,
    token = token,
    region = region,
    baseUrl = baseUrl,
    appId = appId,
    timeout = timeout?.toSeconds(),
    connectTimeout = connectTimeout?.toSeconds(),
    attemptTimeout = attemptTimeout?.toSeconds(),
    maxRetries = maxRetries?.toLong(),
    allowInsecure = allowInsecure,
    language = "kotlin",
    languageVersion = KotlinVersion.CURRENT.toString(),
)

internal fun Duration.toSeconds(): Double = toDouble(DurationUnit.SECONDS)

internal fun Map<String, String>.toPairs(): List<NamedValue> = map { (name, value) -> NamedValue(name, value) }

/** Does something, and throws what the native half fails with as exceptions of this package. */
internal inline fun <T> translating(tokens: TokenDesk? = null, work: () -> T): T = try {
    work()
} catch (failure: NativeException.Failed) {
    val record = failure.record
    throw TidingsException(record, tokens?.failure(record.causeNumber) ?: record.cause?.let(::Exception))
} catch (_: InternalException) {
    throw TidingsException(FAULT)
}

/** What a panic of the native half outside of any call becomes. What it was is on the standard error stream. */
private val FAULT =
    ErrorRecord(
        kind = ErrorKind.INTERNAL.id,
        message = "a fault of Tidings itself; please report it",
        text = "a fault of Tidings itself; please report it [internal]",
        status = null,
        code = null,
        operation = null,
        path = null,
        requestId = null,
        location = null,
        attempts = 0u,
        sent = true,
        retryable = false,
        retryAfter = null,
        body = null,
        evidence = null,
        cause = null,
        causeNumber = null,
    )
