package io.github.tidings

import io.github.tidings.Story.Companion.story
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import java.io.IOException
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertSame
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** A provider that answers when the test says so. */
class Desk : TokenProvider {
    val asked = CompletableDeferred<Unit>()
    val token = CompletableDeferred<String>()

    override suspend fun token(): ProvidedToken {
        asked.complete(Unit)
        return ProvidedToken(token.await())
    }
}

class TokenTest {
    @Test
    fun `one token serves many calls`() = story { story ->
        val asked = AtomicInteger()
        val provider =
            TokenProvider {
                asked.incrementAndGet()
                ProvidedToken(story.token(), expiresIn = 10.minutes)
            }
        story.clientAsking(provider).use { client ->
            repeat(3) { client.execute("sms.send", body = text("Hello")) }
        }
        assertEquals(3, story.ledger().size)
        assertEquals(1, asked.get())
    }

    @Test
    fun `a provider that throws is an auth error with what it threw as the cause`() = story { story ->
        // Kotlin's TODO() throws what is no Exception.
        for (thrown in listOf(IOException("the backend is down"), NotImplementedError("not yet"))) {
            story.clientAsking { throw thrown }.use { client ->
                val error = failure { client.execute("sms.send", body = text("Hello")) }
                assertEquals(ErrorKind.AUTH, error.kind)
                assertFalse(error.sent)
                assertSame(thrown, error.cause)
            }
        }
        assertTrue(story.requests("messages.send").isEmpty())
    }

    @Test
    fun `a provider's exception that cannot say what it is fails the calls at once, as any other does`() =
        story { story ->
            val mute =
                listOf(
                    IOException("half a pair: \uD800"),
                    object : IOException() {
                        override fun toString(): String = error("it cannot say")
                    },
                )
            for (thrown in mute) {
                story.clientAsking { throw thrown }.use { client ->
                    val error = failure { client.execute("sms.send", body = text("Hello")) }
                    assertEquals(ErrorKind.AUTH, error.kind)
                    // Had the provider's time run out, there would be no cause.
                    assertSame(thrown, error.cause)
                }
            }
        }

    @Test
    fun `all calls that wait for a token get the cause`() = story { story ->
        val desk = Desk()
        story.clientAsking(desk).use { client ->
            val calls =
                List(10) {
                    async(start = CoroutineStart.UNDISPATCHED) { runCatching { client.execute("apps.list") } }
                }
            desk.asked.await()
            desk.token.completeExceptionally(IOException("the backend is down"))
            for (call in calls) {
                assertEquals(
                    "the backend is down",
                    failure {
                        call.await().getOrThrow()
                    }.cause?.message,
                )
            }
        }
    }

    @Test
    fun `after a failure the next call asks again`() = story { story ->
        val asked = AtomicInteger()
        val provider =
            TokenProvider {
                val number = asked.incrementAndGet()
                if (number < 3) throw IOException("failure $number")
                ProvidedToken(story.token())
            }
        story.clientAsking(provider).use { client ->
            for (number in 1..2) {
                val error = failure { client.execute("sms.send", body = text("Hello")) }
                assertEquals("failure $number", error.cause?.message)
            }
            client.execute("sms.send", body = text("Hello"))
        }
        assertEquals(1, story.ledger().size)
    }

    @Test
    fun `an empty token is an auth error`() = story { story ->
        story.clientAsking { ProvidedToken("") }.use { client ->
            val error = failure { client.execute("sms.send", body = text("Hello")) }
            assertEquals(ErrorKind.AUTH, error.kind)
            assertFalse(error.sent)
            assertNull(error.cause)
        }
    }

    @Test
    fun `a token that is no Unicode is an auth error that says so`() = story { story ->
        story.clientAsking { ProvidedToken("hush \uDC00") }.use { client ->
            val error = failure { client.execute("sms.send", body = text("Hello")) }
            assertEquals(ErrorKind.AUTH, error.kind)
            assertFalse(error.sent)
            assertTrue("Unicode" in assertNotNull(error.cause?.message))
            assertFalse("hush" in error.stackTraceToString())
        }
    }

    @Test
    fun `a client of the sandbox can have tokens of its own`() = story { story ->
        val own = story.token()
        val desk = Desk().apply { token.complete(own) }
        for (client in listOf(story.sandbox.client { tokenProvider = desk }, story.sandbox.client { token = own })) {
            assertEquals(200, client.use { it.execute("apps.list") }.status)
        }
        assertTrue(desk.asked.isCompleted)
        val wrong: ClientOptions.() -> Unit = {
            keyId = story.sandbox.keyId
            keySecret = "wrong"
        }
        story.sandbox.client(wrong).use { client ->
            assertEquals(ErrorKind.AUTH, failure { client.execute("apps.list") }.kind)
        }
    }

    @Test
    fun `a token whose life makes no sense is an auth error that says so`() = story { story ->
        for (life in listOf(-1.seconds, Duration.INFINITE)) {
            story.clientAsking { ProvidedToken("token", expiresIn = life) }.use { client ->
                val error = failure { client.execute("sms.send", body = text("Hello")) }
                assertEquals(ErrorKind.AUTH, error.kind)
                assertFalse(error.sent)
                assertTrue("expiresIn" in assertNotNull(error.cause?.message))
            }
        }
    }

    @Test
    fun `a provider that hangs ends with the time of the call`() = story { story ->
        val desk = Desk()
        story.clientAsking(desk).use { client ->
            val error = failure { client.execute("sms.send", body = text("Hello"), timeout = 0.3.seconds) }
            assertEquals(ErrorKind.TIMEOUT, error.kind)
            assertFalse(error.sent)
            assertTrue(desk.asked.isCompleted)
        }
        assertTrue(story.requests("messages.send").isEmpty())
    }

    @Test
    fun `closing the client calls its provider off`() = story { story ->
        val asked = CompletableDeferred<Unit>()
        val calledOff = CompletableDeferred<Unit>()
        val provider =
            TokenProvider {
                try {
                    asked.complete(Unit)
                    awaitCancellation()
                } finally {
                    calledOff.complete(Unit)
                }
            }
        val client = story.clientAsking(provider)
        val call =
            async(start = CoroutineStart.UNDISPATCHED) {
                runCatching { client.execute("sms.send", body = text("x")) }
            }
        asked.await()
        client.close()
        val error = failure { call.await().getOrThrow() }
        assertEquals(ErrorKind.CLOSED, error.kind)
        assertFalse(error.sent)
        calledOff.await()
    }
}
