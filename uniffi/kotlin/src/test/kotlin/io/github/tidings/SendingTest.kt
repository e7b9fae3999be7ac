package io.github.tidings

import io.github.tidings.Story.Companion.story
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class SendingTest {
    @Test
    fun `a text reaches its handset once`() = story { story ->
        val sent = story.client.execute("sms.send", body = text("Your code is 4711"))
        assertEquals(200, sent.status)
        assertEquals(1, sent.attempts)

        val arrivals = story.ledger()
        assertEquals(listOf("Your code is 4711"), arrivals.map { it.string("text") })
        assertEquals(listOf(sent.json().string("message_id")), arrivals.map { it.string("message_id") })
    }

    @Test
    fun `an answer keeps its bytes and its headers`() = story { story ->
        val body = """ { "id" : "x" , "new field" : 1.50 } """
        val quoted = body.replace("\"", "\\\"")
        story.fault(
            """{"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "apps.get", "status": 200,
                    "headers": {"x-mine": "Yes"}, "body": "$quoted"}""",
        )
        val response = story.client.execute("apps.get", path = mapOf("app_id" to story.app))
        assertContentEquals(body.encodeToByteArray(), response.body)
        assertEquals("Yes", response.header("X-Mine"))
        assertEquals(listOf("Yes"), response.headers["x-mine"])
    }

    @Test
    fun `a body can be bytes, and is sent as it is`() = story { story ->
        story.client.execute("sms.send", body = text("Grüße, 世界").encodeToByteArray())
        assertEquals(listOf("Grüße, 世界"), story.ledger().map { it.string("text") })
    }

    @Test
    fun `a refused body names its place, and nothing is sent`() = story { story ->
        val error = failure { story.client.execute("sms.send", body = text("x", to = "12")) }
        assertEquals(ErrorKind.INVALID_REQUEST, error.kind)
        assertEquals("$.to", error.path)
        assertEquals("sms.send", error.operation)
        assertFalse(error.sent)
        assertEquals(0, error.attempts)
        assertTrue(story.requests("messages.send").isEmpty())
    }

    @Test
    fun `accepted and then dropped is an unknown outcome, and is not sent again`() = story { story ->
        story.afterAcceptance("CLOSE")
        val body =
            """{"to": "$HANDSET", "text": "Hello", "correlation_id": "mine", "message_metadata": "order 7"}"""
        val began = Clock.System.now()
        val error = failure { story.client.execute("sms.send", body = body) }
        assertEquals(ErrorKind.UNKNOWN_OUTCOME, error.kind)
        assertTrue(error.sent)
        assertFalse(error.retryable)
        assertEquals(1, error.attempts)

        val evidence = assertNotNull(error.evidence)
        assertEquals(Evidence.Phase.AWAITING_ANSWER, evidence.phase)
        assertEquals("mine", evidence.correlationId)
        assertEquals("order 7", evidence.messageMetadata)
        assertTrue(evidence.elapsed > Duration.ZERO)
        assertTrue((evidence.startedAt - began).absoluteValue < 1.minutes)

        assertEquals(1, story.ledger().size)
        assertEquals(1, story.requests("messages.send").size)
    }

    @Test
    fun `whoever would rather have it twice than not at all may get it twice`() = story { story ->
        story.afterAcceptance("CLOSE")
        assertEquals(2, story.client.execute("sms.send", body = text("Hello"), replayUnknown = true).attempts)
        assertEquals(2, story.ledger().size)
        // A body of bytes is no different, and the choice is for one call.
        val body = text("Hello").encodeToByteArray()
        story.afterAcceptance("CLOSE")
        assertEquals(2, story.client.execute("sms.send", body = body, replayUnknown = true).attempts)
        story.afterAcceptance("CLOSE")
        assertEquals(1, failure { story.client.execute("sms.send", body = body) }.attempts)
    }

    @Test
    fun `what the API refuses keeps its status, code and body`() = story { story ->
        val error =
            failure { story.client.execute("apps.get", path = mapOf("app_id" to "01HXXXXXXXXXXXXXXXXXXXXXXX")) }
        assertEquals(ErrorKind.NOT_FOUND, error.kind)
        assertEquals(404, error.status)
        assertEquals("NOT_FOUND", error.code)
        assertNotNull(error.requestId)
        assertFalse(error.sent)
        assertIs<JsonObject>(Json.parseToJsonElement(assertNotNull(error.body).decodeToString()))
    }

    @Test
    fun `how long the API asks to wait is told`() = story { story ->
        story.fault(
            """{"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "messages.send", "status": 429,
                    "headers": {"retry-after": "7"}}""",
        )
        val error = failure { story.client.execute("sms.send", body = text("Hello"), maxRetries = 0) }
        assertEquals(ErrorKind.RATE_LIMITED, error.kind)
        assertEquals(7.seconds, error.retryAfter)
        assertTrue(error.retryable)
    }

    @Test
    fun `a call that nobody knows is refused`() = story { story ->
        val error = failure { story.client.execute("sms.lost") }
        assertEquals(ErrorKind.CONFIG, error.kind)
        assertFalse(error.sent)
    }

    @Test
    fun `fifty texts at once, from fifty coroutines with one client, arrive once each`() = story { story ->
        val texts = (1..50).map { "number $it" }
        val calls = texts.map { async(Dispatchers.Default) { story.client.execute("sms.send", body = text(it)) } }
        assertTrue(calls.awaitAll().all { it.status == 200 })
        assertEquals(texts.sorted(), story.ledger().mapNotNull { it.string("text") }.sorted())
    }
}
