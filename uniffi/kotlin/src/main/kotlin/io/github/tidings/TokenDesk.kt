package io.github.tidings

import io.github.tidings.internal.TokenCallback
import io.github.tidings.internal.TokenTicket
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import java.util.concurrent.atomic.AtomicReference

/**
 * Where the engine asks for tokens, and the app's own code answers.
 *
 * The engine asks on the thread that all calls run on, so the provider gets a coroutine of its own. The native half holds
 * this, and nothing here holds the client: else no client could ever become garbage.
 */
internal class TokenDesk(private val provider: TokenProvider) : TokenCallback {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val asked = AtomicReference<Job?>()
    private val latest = AtomicReference(Failure(0u, null))

    /** The latest exception of the provider. An older one cannot be the cause of a call that ends now. */
    private class Failure(val number: ULong, val exception: Throwable?)

    override fun ask(ticket: TokenTicket) {
        val job = scope.launch { answer(ticket) }
        // Also if it is cancelled before it began: a ticket that is given back unanswered is a failure.
        job.invokeOnCompletion { ticket.close() }
        // Nobody waits for an earlier one any more: the engine asks for one token at a time.
        asked.getAndSet(job)?.cancel()
    }

    // Everything is caught, also what is no Exception, such as Kotlin's TODO(): the calls that wait must hear of it.
    private suspend fun answer(ticket: TokenTicket) {
        try {
            val provided = provider.token()
            ticket.answer(provided.tokenOrRefused(), provided.expiresIn?.toSeconds())
        } catch (thrown: Throwable) {
            ticket.fail(textOf(thrown), keep(thrown))
        }
    }

    /** What it says of itself, or its name if it cannot; what could not cross is replaced. Never throws, whatever it is. */
    private fun textOf(thrown: Throwable): String =
        (runCatching { thrown.toString() }.getOrNull() ?: thrown.javaClass.name).encodeToByteArray().decodeToString()

    private fun keep(thrown: Throwable): ULong = latest.updateAndGet { Failure(it.number + 1u, thrown) }.number

    /** What the provider threw, if it is the failure of that number. */
    fun failure(number: ULong?): Throwable? = latest.get().takeIf { it.number == number }?.exception

    fun close() {
        scope.cancel()
    }
}
