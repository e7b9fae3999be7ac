package io.github.tidings

import io.github.tidings.internal.ErrorRecord
import io.github.tidings.internal.EventCallback
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import java.util.logging.Level
import java.util.logging.Logger
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * Where the engine tells what happens, and the app's own functions hear of it.
 *
 * The engine tells it on the thread that all calls run on, so each time the function gets a coroutine of its own. Nothing
 * here ends with the client: what its closing leaves unknown is told afterwards. And nothing here holds the client: else no
 * client could ever become garbage.
 */
internal class EventDesk private constructor(
    private val retry: (suspend (TidingsException, Duration) -> Unit)?,
    private val unknown: (suspend (TidingsException) -> Unit)?,
) : EventCallback {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    override fun onRetry(error: ErrorRecord, pause: java.time.Duration) {
        if (retry != null) tell("onRetry") { retry(error.toException(), pause.toKotlinDuration()) }
    }

    override fun onUnknown(error: ErrorRecord) {
        if (unknown != null) tell("onUnknown") { unknown(error.toException()) }
    }

    // Everything is caught: on Android, what a coroutine throws and nobody catches ends the app.
    private fun tell(name: String, work: suspend () -> Unit) {
        scope.launch {
            try {
                work()
            } catch (thrown: Throwable) {
                logger.log(Level.WARNING, "$name has thrown; the call ends as it would have anyway", thrown)
            }
        }
    }

    companion object {
        private val logger = Logger.getLogger("io.github.tidings")

        /** The desk of these options, if they have anybody who is told. */
        fun of(options: ClientOptions): EventDesk? {
            val (retry, unknown) = options.onRetry to options.onUnknown
            return if (retry == null && unknown == null) null else EventDesk(retry, unknown)
        }
    }
}
