// The first example of README.md.

package examples

import io.github.tidings.ErrorKind
import io.github.tidings.TidingsException
import io.github.tidings.sandbox.Sandbox
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

suspend fun main() {
    Sandbox.start().use { sandbox ->
        // An app that sends SMS. Any credentials of a service plan will do here.
        val made = sandbox.client().use { it.execute("apps.create", body = APP) }
        val app = Json.parseToJsonElement(made.text()).jsonObject.getValue("id").jsonPrimitive.content

        sandbox.client { appId = app }.use { client ->
            try {
                val sent = client.execute("sms.send", body = """{"to": "+46701234567", "text": "Your code is 4711"}""")
                println(sent.text())
            } catch (error: TidingsException) {
                if (error.kind != ErrorKind.UNKNOWN_OUTCOME) throw error
                println("look for it before sending again: ${error.evidence}")
            }
            client.execute("sandbox.run_until_idle") // delivery takes a moment; here it happens at once
            println(client.execute("sandbox.ledger").text())
        }
    }
}

private const val APP = """{"display_name": "My app", "channel_credentials": [
    {"channel": "SMS", "static_bearer": {"claimed_identity": "service plan id", "token": "API token"}}]}"""
