package io.github.tidings

import io.github.tidings.sandbox.Sandbox
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlin.test.assertFailsWith
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The handset that the tests send to. */
const val HANDSET: String = "+46701234567"

/** Text to a handset, as `sms.send` takes it. */
fun text(text: String, to: String = HANDSET): String = """{"to": "$to", "text": "$text"}"""

/** A sandbox of a test's own, with an app that can send text messages and a client of that app. */
class Story private constructor(
    val sandbox: Sandbox,
    /** A client that no test closes, to ask the sandbox what it saw. */
    private val observer: Client,
    val app: String,
) {
    val client: Client = sandbox.client { appId = app }

    /** What the handset got, once nothing is on its way any more. */
    suspend fun ledger(): List<JsonObject> {
        observer.execute("sandbox.run_until_idle")
        val ledger = observer.execute("sandbox.ledger", query = mapOf("to" to HANDSET))
        return ledger.json().list("arrivals")
    }

    /** The requests of that operation that the sandbox saw. */
    suspend fun requests(operation: String): List<JsonObject> =
        observer.execute("sandbox.list_requests", query = mapOf("operation" to operation)).json().list("requests")

    /** From now on something goes wrong: a fault as `sandbox.add_fault` takes it. */
    suspend fun fault(fault: String) {
        observer.execute("sandbox.add_fault", body = fault)
    }

    /** Sends that are accepted from now on get no answer: the connection is closed, or hangs. */
    suspend fun afterAcceptance(action: String, times: Int = 1) {
        fault("""{"stage": "AFTER_ACCEPT", "action": "$action", "operation": "messages.send", "times": $times}""")
    }

    /** Waits until that many sends have reached the sandbox. */
    suspend fun sendsHaveArrived(count: Int = 1) {
        eventually { requests("messages.send").size == count }
    }

    /** Waits until the caller of each send has closed its connection. */
    suspend fun sendsAreAbandoned(count: Int = 1) {
        eventually { requests("messages.send").count { it.string("abandoned") == "true" } == count }
    }

    /** A token that the sandbox takes, got as an app's backend would. */
    suspend fun token(): String = observer
        .execute("auth.token", body = """{"grant_type": "client_credentials"}""")
        .json()
        .string("access_token")
        .orEmpty()

    /** A client of the app whose tokens come from `provider`. */
    fun clientAsking(provider: TokenProvider): Client = Client {
        projectId = "sandbox-project"
        baseUrl = sandbox.url
        appId = app
        tokenProvider = provider
    }

    companion object {
        private const val APP =
            """{"channel_credentials": [
                   {"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "token"}}
                ], "display_name": "tests"}"""

        /** Makes an app in a sandbox, and gives its id. */
        suspend fun app(client: Client): String = client
            .execute("apps.create", body = APP)
            .json()
            .string("id")
            .orEmpty()

        /** Runs a test in a story of its own. */
        fun story(test: suspend CoroutineScope.(Story) -> Unit) {
            runBlocking {
                Sandbox.start().use { sandbox ->
                    sandbox.client().use { observer ->
                        val story = Story(sandbox, observer, app(observer))
                        story.client.use { test(story) }
                    }
                }
            }
        }
    }
}

fun Response.json(): JsonObject = Json.parseToJsonElement(text()).jsonObject

fun JsonObject.string(name: String): String? = this[name]?.jsonPrimitive?.content

private fun JsonObject.list(name: String): List<JsonObject> = getValue(name).jsonArray.map(JsonElement::jsonObject)

/** Waits until something is so. Long enough for a busy machine; nothing here takes a hundredth of it. */
suspend fun eventually(condition: suspend () -> Boolean) {
    withTimeout(20.seconds) {
        while (!condition()) delay(5.milliseconds)
    }
}

/** What a call fails with. */
inline fun failure(work: () -> Unit): TidingsException = assertFailsWith<TidingsException> { work() }
