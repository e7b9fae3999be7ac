package io.github.tidings

import io.github.tidings.Story.Companion.story
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.CoroutineContext
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds

class CancellationTest {
    @Test
    fun `a cancelled call closes its connection and tells what is known of it`() = story { story ->
        story.afterAcceptance("HANG")
        var seenInside: CancellationException? = null
        val call =
            async(start = CoroutineStart.UNDISPATCHED) {
                try {
                    story.client.execute("sms.send", body = MINE)
                } catch (cancellation: CancellationException) {
                    seenInside = cancellation
                    throw cancellation
                }
            }
        story.sendsHaveArrived()
        call.cancel()
        val seenOutside = assertFailsWith<CancellationException> { call.await() }
        for (cancellation in listOf(assertNotNull(seenInside), seenOutside)) {
            val known = cancellation.cutOff.single()
            assertEquals(ErrorKind.CANCELLED, known.kind)
            assertEquals("sms.send", known.operation)
            assertTrue(known.sent)
            assertEquals("mine", assertNotNull(known.evidence).correlationId)
        }
        story.sendsAreAbandoned()
    }

    @Test
    fun `a cause that the caller gives stays beside it`() = story { story ->
        story.afterAcceptance("HANG")
        val call = async(start = CoroutineStart.UNDISPATCHED) { story.client.execute("sms.send", body = MINE) }
        story.sendsHaveArrived()
        call.cancel("enough", IllegalStateException("of the app"))
        val cancellation = assertFailsWith<CancellationException> { call.await() }
        assertEquals("enough", cancellation.message)
        assertEquals(ErrorKind.CANCELLED, cancellation.cutOff.single().kind)
        story.sendsAreAbandoned()
    }

    @Test
    fun `a timeout around a call closes its connection and tells what is known of it`() = story { story ->
        story.afterAcceptance("HANG", times = 0)
        val timeout =
            assertFailsWith<TimeoutCancellationException> {
                withTimeout(300.milliseconds) { story.client.execute("sms.send", body = MINE) }
            }
        assertEquals("sms.send", timeout.cutOff.single().operation)
        assertNull(withTimeoutOrNull(300.milliseconds) { story.client.execute("sms.send", body = MINE) })
        // How many had gone out in that time is not certain; none of them may stay open.
        eventually { story.requests("messages.send").all { it.string("abandoned") == "true" } }
    }

    @Test
    fun `coroutines that are cancelled together share what is known of their calls`() = story { story ->
        story.afterAcceptance("HANG", times = 3)
        val cancellation =
            assertFailsWith<CancellationException> {
                coroutineScope {
                    repeat(3) { launch { story.client.execute("sms.send", body = MINE) } }
                    story.sendsHaveArrived(3)
                    cancel()
                }
            }
        assertEquals(3, cancellation.cutOff.size)
        assertTrue(cancellation.cutOff.all { it.sent })
        story.sendsAreAbandoned(3)
    }

    @Test
    fun `a coroutine that is cancelled beforehand sends nothing`() = story { story ->
        val call =
            async(start = CoroutineStart.UNDISPATCHED) {
                cancel()
                story.client.execute("sms.send", body = MINE)
            }
        val cancellation = assertFailsWith<CancellationException> { call.await() }
        assertTrue(cancellation.cutOff.isEmpty())
        assertTrue(story.requests("messages.send").isEmpty())
    }

    @Test
    fun `a call that is cancelled while it waits for a token was not sent`() = story { story ->
        val desk = Desk()
        story.clientAsking(desk).use { client ->
            val call = async(start = CoroutineStart.UNDISPATCHED) { client.execute("sms.send", body = MINE) }
            desk.asked.await()
            call.cancel()
            val known = assertFailsWith<CancellationException> { call.await() }.cutOff.single()
            assertFalse(known.sent)
            assertNull(known.evidence)
            // The token goes on its way for others, and is not used by the call that is gone.
            desk.token.complete(story.token())
            assertEquals(200, client.execute("apps.list").status)
            assertTrue(story.requests("messages.send").isEmpty())
        }
    }

    @Test
    fun `cancelling one call leaves the others alone`() = story { story ->
        story.afterAcceptance("HANG")
        val hanging =
            async(start = CoroutineStart.UNDISPATCHED) { story.client.execute("sms.send", body = text("first")) }
        story.sendsHaveArrived()
        val other =
            async(start = CoroutineStart.UNDISPATCHED) { story.client.execute("sms.send", body = text("second")) }
        hanging.cancel()
        assertEquals(200, other.await().status)
        assertFailsWith<CancellationException> { hanging.await() }
    }

    @Test
    fun `an answer that is there counts more than a cancellation that comes too late`() = story { story ->
        val desk = Desk()
        story.clientAsking(desk).use { client ->
            val held = HeldDispatcher()
            var sent: Response? = null
            val call = launch(held, CoroutineStart.UNDISPATCHED) { sent = client.execute("sms.send", body = MINE) }
            // Only now, when the coroutine waits: an answer that is quicker than that leaves it nothing to wait for.
            desk.token.complete(story.token())
            // The answer is there, and the coroutine would go on with it, when the cancellation comes.
            val step = held.next()
            call.cancel()
            step.run()
            while (!call.isCompleted) held.next().run()
            assertEquals(200, assertNotNull(sent).status)
        }
    }

    @Test
    fun `a failure that is there when the cancellation comes is not lost`() = story { story ->
        // Its coroutine is cancelled when the call has ended, and before it asks what became of it.
        val cancels =
            object : CoroutineDispatcher() {
                private val first = AtomicBoolean(true)

                override fun isDispatchNeeded(context: CoroutineContext): Boolean {
                    if (first.getAndSet(false)) context.cancel()
                    return true
                }

                override fun dispatch(context: CoroutineContext, block: Runnable) = block.run()
            }
        var seenInside: CancellationException? = null
        launch(cancels, CoroutineStart.UNDISPATCHED) {
            seenInside = assertFailsWith<CancellationException> { story.client.execute("sms.lost") }
        }.join()
        val known = assertNotNull(seenInside).cutOff.single()
        assertEquals(ErrorKind.CONFIG, known.kind)
        assertFalse(known.sent)
    }

    @Test
    fun `a timeout that makes null of it is told inside`() = story { story ->
        story.afterAcceptance("HANG")
        var cutOff: List<TidingsException> = emptyList()
        val sent =
            withTimeoutOrNull(300.milliseconds) {
                try {
                    story.client.execute("sms.send", body = MINE)
                } catch (cancellation: CancellationException) {
                    cutOff = cancellation.cutOff
                    throw cancellation
                }
            }
        assertNull(sent)
        assertEquals("sms.send", cutOff.single().operation)
    }

    /** Runs nothing by itself. */
    private class HeldDispatcher : CoroutineDispatcher() {
        private val steps = LinkedBlockingQueue<Runnable>()

        override fun dispatch(context: CoroutineContext, block: Runnable) = steps.put(block)

        fun next(): Runnable = assertNotNull(steps.poll(20, TimeUnit.SECONDS), "nothing goes on")
    }

    private companion object {
        const val MINE = """{"to": "$HANDSET", "text": "Hello", "correlation_id": "mine"}"""
    }
}
