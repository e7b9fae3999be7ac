package io.github.tidings

import com.sun.net.httpserver.HttpServer
import io.github.tidings.Story.Companion.story
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.runBlocking
import java.net.InetAddress
import java.net.InetSocketAddress
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class OptionsTest {
    @Test
    fun `a missing region is named, with those there are`() {
        val reason = refusal { region = null }
        for (region in listOf("us", "eu", "br")) assertTrue(region in reason)
    }

    @Test
    fun `credentials are given in one way`() {
        assertTrue("no credentials" in refusal { token = null })
        val twice =
            refusal {
                keyId = "id"
                keySecret = "secret"
            }
        assertTrue("more than one way" in twice)
    }

    @Test
    fun `a time that no clock can count is refused by name`() = story { story ->
        for (time in listOf(-1.seconds, Duration.INFINITE)) {
            assertTrue("timeout" in refusal { timeout = time })
            assertTrue("connectTimeout" in refusal { connectTimeout = time })
            assertTrue("attemptTimeout" in refusal { attemptTimeout = time })
            val error = failure { story.client.execute("apps.list", timeout = time) }
            assertEquals(ErrorKind.CONFIG, error.kind)
            assertTrue("timeout" in error.reason)
        }
    }

    @Test
    fun `retries are counted from 0`() = story { story ->
        assertTrue("maxRetries" in refusal { maxRetries = -1 })
        val error = failure { story.client.execute("apps.list", maxRetries = -1) }
        assertEquals(ErrorKind.CONFIG, error.kind)
        assertTrue("maxRetries" in error.reason)
    }

    @Test
    fun `a time limit of one call ends that call`() = story { story ->
        story.afterAcceptance("HANG")
        story.client.execute("apps.list")
        val error =
            failure { story.client.execute("sms.send", body = text("Hello"), timeout = 500.milliseconds) }
        assertEquals(ErrorKind.UNKNOWN_OUTCOME, error.kind)
        story.sendsAreAbandoned()
    }

    @Test
    fun `headers of the app's own go out, those of the client's are refused`() = story { story ->
        assertEquals(200, story.client.execute("apps.list", headers = mapOf("x-mine" to "yes")).status)
        val error = failure { story.client.execute("apps.list", headers = mapOf("authorization" to "mine")) }
        assertEquals(ErrorKind.CONFIG, error.kind)
        assertEquals("apps.list", error.operation)
    }

    @Test
    fun `the API hears which language calls`() {
        val agents = CompletableDeferred<String>()
        val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
        server.createContext("/") { exchange ->
            agents.complete(exchange.requestHeaders.getFirst("user-agent").orEmpty())
            exchange.sendResponseHeaders(200, -1)
        }
        server.start()
        try {
            val client =
                Client {
                    projectId = "project"
                    token = "token"
                    baseUrl = "http://127.0.0.1:${server.address.port}"
                    maxRetries = 0
                }
            // The answer is of no use, but the question came.
            client.use { runBlocking { runCatching { it.execute("apps.list") } } }
            assertTrue("kotlin/${KotlinVersion.CURRENT}" in runBlocking { agents.await() })
        } finally {
            server.stop(0)
        }
    }

    /** What a good client with this change is refused with. */
    private fun refusal(change: ClientOptions.() -> Unit): String {
        val error =
            failure {
                Client {
                    projectId = "project"
                    region = "eu"
                    token = "token"
                    change()
                }
            }
        assertEquals(ErrorKind.CONFIG, error.kind)
        return error.reason
    }
}
