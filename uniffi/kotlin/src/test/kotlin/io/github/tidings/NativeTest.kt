package io.github.tidings

import io.github.tidings.Story.Companion.story
import io.github.tidings.internal.CallRecord
import io.github.tidings.internal.Engine
import io.github.tidings.internal.ErrorRecord
import io.github.tidings.internal.EventCallback
import io.github.tidings.internal.InternalException
import io.github.tidings.internal.TokenCallback
import io.github.tidings.internal.TokenTicket
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

/** What the native half does when this half is at fault, and the other way round. */
class NativeTest {
    @Test
    fun `a callback that throws fails the calls that asked, and nothing else`() = story { story ->
        val callback = object : TokenCallback {
            override fun ask(ticket: TokenTicket): Unit = error("a fault of this half")
        }
        val options = ClientOptions().apply {
            projectId = "sandbox-project"
            baseUrl = story.sandbox.url
        }
        Engine(options.toRecord(fromEnvironment = false), callback, null).use { engine ->
            repeat(2) {
                val error = failure { engine.start(call("apps.list")).use { call -> translating { call.result() } } }
                assertEquals(ErrorKind.AUTH, error.kind)
                assertFalse(error.sent)
            }
        }
        assertEquals(200, story.client.execute("apps.list").status)
    }

    @Test
    fun `a callback that throws when it is told of something changes no outcome`() = story { story ->
        val told = AtomicInteger()
        val callback = object : EventCallback {
            override fun onRetry(error: ErrorRecord, pause: java.time.Duration): Unit = fail()

            override fun onUnknown(error: ErrorRecord): Unit = fail()

            private fun fail(): Nothing {
                told.incrementAndGet()
                error("a fault of this half")
            }
        }
        val options = ClientOptions().apply {
            projectId = "sandbox-project"
            baseUrl = story.sandbox.url
            appId = story.app
            token = story.token()
            backoffBase = kotlin.time.Duration.ZERO
        }
        story.fault("""{"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "messages.send", "status": 429}""")
        story.afterAcceptance("CLOSE")
        Engine(options.toRecord(fromEnvironment = false), null, callback).use { engine ->
            val error =
                failure { engine.start(call("sms.send", text("Hello"))).use { translating { it.result() } } }
            assertEquals(ErrorKind.UNKNOWN_OUTCOME, error.kind)
            assertEquals(2, error.attempts)
        }
        eventually { told.get() == 2 }
        assertEquals(1, story.ledger().size)
    }

    @Test
    fun `a result is there for everybody who asks, however often`() = story { story ->
        val options = ClientOptions().apply {
            projectId = "sandbox-project"
            baseUrl = story.sandbox.url
            token = story.token()
        }
        Engine(options.toRecord(fromEnvironment = false), null, null).use { engine ->
            fun started(id: String) = engine.start(call(id))
            started("apps.list").use { call ->
                val first = Response(call.result())
                val second = Response(call.result())
                assertTrue(story.app in first.text())
                assertEquals(first.text(), second.text())
                assertEquals(first.headers, second.headers)
            }
            started("apps.lost").use { call ->
                repeat(2) { assertEquals(ErrorKind.CONFIG, failure { translating { call.result() } }.kind) }
            }
        }
    }

    @Test
    fun `a panic is an error of the kind internal, without what may be in it`() {
        val error = failure { translating { throw InternalException("a secret text") } }
        assertEquals(ErrorKind.INTERNAL, error.kind)
        assertTrue("report it" in error.reason)
        assertFalse("a secret text" in error.stackTraceToString())
    }

    private fun call(operation: String, body: String? = null): CallRecord = CallRecord(
        operation = operation,
        path = listOf(),
        query = listOf(),
        body = body?.toBody(),
        timeout = null,
        maxRetries = null,
        replayUnknown = false,
        headers = listOf(),
    )
}
