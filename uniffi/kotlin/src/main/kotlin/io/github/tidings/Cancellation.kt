package io.github.tidings

import kotlinx.coroutines.CancellationException

/**
 * The calls that this cancellation cut off, each as what is known of it: the [operation][TidingsException.operation],
 * whether it was [sent][TidingsException.sent], and the [evidence][TidingsException.evidence] if it is one that may have
 * been carried out and must not be repeated blindly. Their kind is [ErrorKind.CANCELLED], or another one if the call failed
 * at the same moment.
 *
 * Coroutines that are cancelled together share one exception, which then has the calls of all of them.
 *
 * ```kotlin
 * try {
 *     withTimeout(2.seconds) { client.execute("sms.send", body = json) }
 * } catch (cancellation: CancellationException) {
 *     for (call in cancellation.cutOff) if (call.sent) lookFor(call.evidence)
 *     throw cancellation
 * }
 * ```
 */
public val CancellationException.cutOff: List<TidingsException>
    get() =
        withOriginals()
            .flatMap { it.suppressed.asSequence() }
            .filterIsInstance<TidingsException>()
            .distinct()
            .toList()

/** Notes a call that was cut off. */
internal fun CancellationException.cutOff(call: TidingsException) {
    withOriginals().forEach { it.addSuppressed(call) }
}

/**
 * Coroutines may copy an exception where it goes from one to another, and keep the original as its cause. The caller may
 * get to see either.
 */
private fun CancellationException.withOriginals(): Sequence<Throwable> =
    generateSequence<Throwable>(this) { it.cause }.takeWhile { it is CancellationException }
