// The second example of README.md.

package examples

import io.github.tidings.Evidence
import io.github.tidings.Story.Companion.story
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.launch
import kotlin.test.Test
import kotlin.test.assertEquals

class BeingToldTest {
    private val lookedFor = CompletableDeferred<Evidence?>()

    private fun lookFor(evidence: Evidence?) {
        lookedFor.complete(evidence)
    }

    @Test
    fun `a text that is called off is looked for`() = story { story ->
        val (sandbox, app) = story.sandbox to story.app
        val client = sandbox.client {
            appId = app
            onUnknown = { error -> lookFor(error.evidence) }
        }
        client.use {
            story.afterAcceptance("HANG")
            val body = """{"to": "+46701234567", "text": "Your code is 4711", "correlation_id": "mine"}"""
            val call = launch(start = CoroutineStart.UNDISPATCHED) { client.execute("sms.send", body = body) }
            story.sendsHaveArrived()
            call.cancel()
            assertEquals("mine", lookedFor.await()?.correlationId)
        }
    }
}
