package io.github.tidings

import io.github.tidings.Story.Companion.story
import io.github.tidings.internal.CallRecord
import io.github.tidings.internal.Engine
import io.github.tidings.internal.InternalException
import io.github.tidings.internal.TokenCallback
import io.github.tidings.internal.TokenTicket
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
        Engine(options.toRecord(fromEnvironment = false), callback).use { engine ->
            val record = CallRecord("apps.list", listOf(), listOf(), null, null, null, listOf())
            repeat(2) {
                val error = failure { engine.start(record).use { call -> translating { call.result() } } }
                assertEquals(ErrorKind.AUTH, error.kind)
                assertFalse(error.sent)
            }
        }
        assertEquals(200, story.client.execute("apps.list").status)
    }

    @Test
    fun `a result is there for everybody who asks, however often`() = story { story ->
        val options = ClientOptions().apply {
            projectId = "sandbox-project"
            baseUrl = story.sandbox.url
            token = story.token()
        }
        Engine(options.toRecord(fromEnvironment = false), null).use { engine ->
            fun started(id: String) = engine.start(CallRecord(id, listOf(), listOf(), null, null, null, listOf()))
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
}
