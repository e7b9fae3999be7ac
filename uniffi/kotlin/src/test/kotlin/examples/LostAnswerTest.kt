// The third example of README.md.

package examples

import io.github.tidings.Client
import io.github.tidings.ErrorKind
import io.github.tidings.TidingsException
import io.github.tidings.sandbox.Sandbox
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class LostAnswerTest {
    @Test
    fun `a text whose answer is lost is sent once`() = runBlocking {
        Sandbox.start().use { sandbox ->
            val made = sandbox.client().use { it.execute("apps.create", body = APP) }
            val app = Json.parseToJsonElement(made.text()).jsonObject.getValue("id").jsonPrimitive.content
            sandbox.client { appId = app }.use { client ->
                lostAnswer(client)
                client.execute("sandbox.run_until_idle")
                assertEquals(1, client.execute("sandbox.ledger").text().split("Your code is 4711").size - 1)
            }
        }
    }

    private suspend fun lostAnswer(client: Client) {
        // The API accepts the next send, and its answer gets lost.
        val fault = """{"stage": "AFTER_ACCEPT", "action": "CLOSE", "operation": "messages.send"}"""
        client.execute("sandbox.add_fault", body = fault)

        val body = """{"to": "+46701234567", "text": "Your code is 4711"}"""
        val error = assertFailsWith<TidingsException> { client.execute("sms.send", body = body) }
        assertEquals(ErrorKind.UNKNOWN_OUTCOME, error.kind)
        assertTrue(error.sent) // it may have been delivered, and here it was
    }

    private companion object {
        const val APP = """{"display_name": "My app", "channel_credentials": [
            {"channel": "SMS", "static_bearer": {"claimed_identity": "service plan id", "token": "API token"}}]}"""
    }
}
