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
 * **Catch it inside of the coroutine that calls**, as here:
 *
 * ```kotlin
 * withTimeoutOrNull(2.seconds) {
 *     try {
 *         client.execute("sms.send", body = json)
 *     } catch (cancellation: CancellationException) {
 *         for (call in cancellation.cutOff) if (call.sent) lookFor(call.evidence)
 *         throw cancellation
 *     }
 * }
 * ```
 *
 * Further out it gets lost: `withTimeoutOrNull` makes null of the exception, a scope that ends because a sibling failed
 * throws that failure, and whoever awaits an `async` that is cancelled may get an exception of its own, or get it before
 * the call was cut off. [ClientOptions.onUnknown] is told of a send that was cut off, wherever the exception goes.
 *
 * **An empty list does not mean that nothing was sent.** The answer may have been there when the cancellation came, and
 * have been dropped on its way out of the coroutine. Unless it lists the send with `sent` false, look for it before you
 * send again.
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
