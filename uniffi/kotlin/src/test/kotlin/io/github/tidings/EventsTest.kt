package io.github.tidings

import io.github.tidings.Story.Companion.story
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.lang.ref.WeakReference
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

class EventsTest {
    /** What `onUnknown` was told of. */
    private val told = ConcurrentLinkedQueue<TidingsException>()

    @Test
    fun `an unknown outcome is told once, with its evidence`() = story { story ->
        story.clientTelling().use { client ->
            story.afterAcceptance("CLOSE")
            val thrown = failure { client.execute("sms.send", body = mine("lost")) }
            story.assertToldOnce(client, "lost")
            val error = told.first()
            assertEquals(thrown.message, error.message)
            assertEquals(ErrorKind.UNKNOWN_OUTCOME, error.kind)
            assertEquals("sms.send", error.operation)
            assertTrue(error.sent)
            assertEquals(Evidence.Phase.AWAITING_ANSWER, assertNotNull(error.evidence).phase)
        }
    }

    @Test
    fun `a send that is cancelled after it went out is told once, with its evidence`() = story { story ->
        story.clientTelling().use { client ->
            story.afterAcceptance("HANG")
            val call = async(start = CoroutineStart.UNDISPATCHED) { client.execute("sms.send", body = mine("cut off")) }
            story.sendsHaveArrived()
            call.cancel()
            assertFailsWith<CancellationException> { call.await() }
            story.assertToldOnce(client, "cut off")
            val error = told.first()
            assertEquals(ErrorKind.CANCELLED, error.kind)
            assertEquals("sms.send", error.operation)
            assertTrue(error.sent)
        }
    }

    @Test
    fun `what closing the client leaves unknown is told once each`() = story { story ->
        val client = story.clientTelling()
        story.afterAcceptance("HANG", times = 3)
        val numbers = listOf("1", "2", "3")
        val calls =
            numbers.map { number ->
                async(start = CoroutineStart.UNDISPATCHED) {
                    runCatching { client.execute("sms.send", body = mine(number)) }
                }
            }
        story.sendsHaveArrived(3)
        client.close()
        for (call in calls) assertEquals(ErrorKind.UNKNOWN_OUTCOME, failure { call.await().getOrThrow() }.kind)
        eventually { told.size >= 3 }
        assertEquals(numbers, told.mapNotNull { it.evidence?.correlationId }.sorted())
        assertTrue(told.all { it.kind == ErrorKind.UNKNOWN_OUTCOME })
    }

    @Test
    fun `what is known is not told`() = story { story ->
        val desk = Desk()
        val options: ClientOptions.() -> Unit = {
            tokenProvider = desk
            onUnknown = { told += it }
        }
        story.appClient(options).use { client ->
            // It was never sent.
            val call = async(start = CoroutineStart.UNDISPATCHED) { client.execute("sms.send", body = mine("unsent")) }
            desk.asked.await()
            call.cancel()
            assertFailsWith<CancellationException> { call.await() }
            desk.token.complete(story.token())
            // It was refused, and it was accepted.
            failure { client.execute("sms.send", body = text("x", to = "12")) }
            client.execute("sms.send", body = mine("accepted"))

            story.afterAcceptance("CLOSE")
            failure { client.execute("sms.send", body = mine("lost")) }
            story.assertToldOnce(client, "lost")
        }
    }

    @Test
    fun `a retry is told before it, with its reason and its pause`() = story { story ->
        val retry = CompletableDeferred<Pair<TidingsException, Duration>>()
        story.appClient { onRetry = { error, pause -> retry.complete(error to pause) } }.use { client ->
            story.tooMany("7")
            val call = async(start = CoroutineStart.UNDISPATCHED) { client.execute("sms.send", body = text("Hello")) }
            val (error, pause) = retry.await()
            assertEquals(ErrorKind.RATE_LIMITED, error.kind)
            assertEquals(1, error.attempts)
            assertEquals(7.seconds, error.retryAfter)
            assertEquals(7.seconds, pause)
            assertFalse(call.isCompleted)
            call.cancel()
        }
        assertEquals(1, story.requests("messages.send").size)
    }

    @Test
    fun `a function that throws changes no outcome, and what it throws is logged`() = story { story ->
        val mute =
            object : IOException() {
                override fun toString(): String = error("it cannot say")
            }
        // Kotlin's TODO() throws what is no Exception.
        for (thrown in listOf(IOException("of the app"), NotImplementedError("not yet"), mute)) {
            val options: ClientOptions.() -> Unit = {
                backoffBase = Duration.ZERO
                onRetry = { _, _ -> throw thrown }
                onUnknown = { throw thrown }
            }
            logged { records ->
                story.appClient(options).use { client ->
                    story.tooMany("0")
                    assertEquals(2, client.execute("sms.send", body = text("Hello")).attempts)
                    story.afterAcceptance("CLOSE")
                    val error = failure { client.execute("sms.send", body = text("Hello")) }
                    assertEquals(ErrorKind.UNKNOWN_OUTCOME, error.kind)
                }
                eventually { records.size == 2 }
                assertTrue(records.all { it.thrown === thrown })
                for (name in listOf("onRetry", "onUnknown")) assertTrue(records.any { it.message.startsWith(name) })
            }
        }
    }

    @Test
    fun `a function may use the client and wait for it`() = story { story ->
        val status = CompletableDeferred<Int>()
        lateinit var client: Client
        val options: ClientOptions.() -> Unit = {
            onUnknown = { status.complete(runBlocking { client.execute("apps.list").status }) }
        }
        client = story.appClient(options)
        client.use {
            story.afterAcceptance("CLOSE")
            failure { client.execute("sms.send", body = text("Hello")) }
            assertEquals(200, status.await())
        }
    }

    @Test
    fun `a function that does not end holds up nobody`() = story { story ->
        val asked = CompletableDeferred<Unit>()
        val options: ClientOptions.() -> Unit = {
            onUnknown = {
                asked.complete(Unit)
                awaitCancellation()
            }
        }
        story.appClient(options).use { client ->
            story.afterAcceptance("CLOSE")
            failure { client.execute("sms.send", body = text("Hello")) }
            asked.await()
            assertEquals(200, client.execute("sms.send", body = text("Hello")).status)
        }
    }

    @Test
    fun `a client that nobody holds is cleared away with its functions`() = story { story ->
        suspend fun dropped(): List<WeakReference<*>> {
            val onUnknown = OfATest()
            val client = story.appClient { this.onUnknown = onUnknown::told }
            assertEquals(200, client.execute("sms.send", body = text("Hello")).status)
            return listOf(WeakReference(client), WeakReference(onUnknown))
        }
        val dropped = List(5) { dropped() }.flatten()
        eventually {
            System.gc()
            dropped.all { it.get() == null }
        }
    }

    private class OfATest {
        fun told(error: TidingsException): Unit = throw error
    }

    private fun Story.appClient(options: ClientOptions.() -> Unit): Client = sandbox.client {
        appId = app
        options()
    }

    private fun Story.clientTelling(): Client = appClient { onUnknown = { told += it } }

    /** That the send was told of once. A second time would come before what happens afterwards does. */
    private suspend fun Story.assertToldOnce(client: Client, correlationId: String) {
        eventually { told.isNotEmpty() }
        afterAcceptance("CLOSE")
        failure { client.execute("sms.send", body = mine("afterwards")) }
        eventually { told.any { it.evidence?.correlationId == "afterwards" } }
        assertEquals(listOf(correlationId, "afterwards"), told.map { it.evidence?.correlationId })
    }

    /** The API answers the next send with 429. */
    private suspend fun Story.tooMany(retryAfter: String) {
        fault(
            """{"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "messages.send", "status": 429,
                    "headers": {"retry-after": "$retryAfter"}}""",
        )
    }

    private fun mine(correlationId: String): String =
        """{"to": "$HANDSET", "text": "Hello", "correlation_id": "$correlationId"}"""

    /** What the package logs meanwhile. */
    private suspend fun logged(work: suspend (Collection<LogRecord>) -> Unit) {
        val records = ConcurrentLinkedQueue<LogRecord>()
        val handler =
            object : Handler() {
                override fun publish(record: LogRecord) {
                    records += record
                }

                override fun flush() = Unit

                override fun close() = Unit
            }
        val logger = Logger.getLogger("io.github.tidings")
        logger.addHandler(handler)
        logger.useParentHandlers = false
        try {
            work(records)
        } finally {
            logger.useParentHandlers = true
            logger.removeHandler(handler)
        }
    }
}
