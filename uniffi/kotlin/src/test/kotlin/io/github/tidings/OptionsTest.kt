package io.github.tidings

import com.sun.net.httpserver.HttpServer
import io.github.tidings.Story.Companion.story
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class OptionsTest {
    @Test
    fun `a client of the environment takes every option too`() {
        val options =
            mapOf<String, ClientOptions.() -> Unit>(
                "maxRetries" to { maxRetries = -1 },
                "queueTimeout" to { queueTimeout = -1.seconds },
                "ca_certs" to { caCerts = byteArrayOf() },
                "proxy" to { proxy = "nowhere" },
            )
        for ((name, option) in options) {
            val error =
                failure {
                    Client.fromEnv {
                        projectId = "project"
                        region = "eu"
                        token = "token"
                        option()
                    }
                }
            assertEquals(ErrorKind.CONFIG, error.kind)
            assertTrue(name in error.reason, error.reason)
        }
    }

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
            assertTrue("backoffBase" in refusal { backoffBase = time })
            assertTrue("backoffCap" in refusal { backoffCap = time })
            assertTrue("queueTimeout" in refusal { queueTimeout = time })
            val error = failure { story.client.execute("apps.list", timeout = time) }
            assertEquals(ErrorKind.CONFIG, error.kind)
            assertTrue("timeout" in error.reason)
        }
    }

    @Test
    fun `what is counted is counted from 0, and refused by name`() = story { story ->
        assertTrue("maxRetries" in refusal { maxRetries = -1 })
        assertTrue("retryBudget" in refusal { retryBudget = -1 })
        assertTrue("maxConcurrency" in refusal { maxConcurrency = -1 })
        assertTrue("rateLimit" in refusal { rateLimit = -1 })
        val error = failure { story.client.execute("apps.list", maxRetries = -1) }
        assertEquals(ErrorKind.CONFIG, error.kind)
        assertTrue("maxRetries" in error.reason)
    }

    @Test
    fun `what no call could ever be made with is refused`() {
        assertTrue("max_concurrency" in refusal { maxConcurrency = 0 })
        assertTrue("rate_limit" in refusal { rateLimit = 0 })
    }

    @Test
    fun `what excludes each other is given once`() {
        val rates =
            refusal {
                rateLimit = 5
                noRateLimit = true
            }
        assertTrue("no_rate_limit" in rates)
        val proxies =
            refusal {
                proxy = "http://proxy.example.com:3128"
                noProxy = true
            }
        assertTrue("no_proxy" in proxies)
    }

    @Test
    fun `certificates that cannot be read are refused, and nothing of them is shown`() {
        val garbage = "no PEM, but hush".encodeToByteArray()
        val authority = refusal { caCerts = garbage }
        val own = refusal { clientCertificate = garbage }
        assertTrue("ca_certs" in authority)
        assertTrue("private key" in own)
        for (reason in listOf(authority, own)) assertFalse("hush" in reason)
    }

    @Test
    fun `a proxy that cannot be used is refused, and its password is not shown`() {
        val reason = refusal { proxy = "socks5://user:hush@proxy.example.com" }
        assertTrue("proxy" in reason)
        assertFalse("hush" in reason)
    }

    @Test
    fun `what is not for this machine goes through the proxy`() = runBlocking {
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { server ->
            server.soTimeout = 20_000
            val asked =
                async(Dispatchers.IO) { server.accept().use { it.getInputStream().bufferedReader().readLine() } }
            val options: ClientOptions.() -> Unit = {
                projectId = "project"
                token = "token"
                baseUrl = "https://api.example.test"
                proxy = "http://127.0.0.1:${server.localPort}"
            }
            Client(options).use { client -> failure { client.execute("apps.list", maxRetries = 0) } }
            assertEquals("CONNECT api.example.test:443 HTTP/1.1", asked.await())
        }
    }

    @Test
    fun `an attempt that gets no place in time is not sent`() = story { story ->
        val options: ClientOptions.() -> Unit = {
            appId = story.app
            maxConcurrency = 1
            queueTimeout = 100.milliseconds
        }
        story.afterAcceptance("HANG")
        story.sandbox.client(options).use { client ->
            val hanging = async(start = CoroutineStart.UNDISPATCHED) { client.execute("sms.send", body = text("x")) }
            story.sendsHaveArrived()
            val error = failure { client.execute("sms.send", body = text("y")) }
            assertEquals(ErrorKind.TIMEOUT, error.kind)
            assertFalse(error.sent)
            hanging.cancel()
        }
        assertEquals(1, story.requests("messages.send").size)
    }

    @Test
    fun `a request whose turn does not come in time is not sent`() = story { story ->
        val own = story.token()
        val options: ClientOptions.() -> Unit = {
            // Another project's rate is counted on its own.
            projectId = "a slow project"
            token = own
            rateLimit = 1
        }
        story.sandbox.client(options).use { client ->
            val calls =
                List(20) {
                    async(start = CoroutineStart.UNDISPATCHED) {
                        runCatching { client.execute("apps.list", timeout = 500.milliseconds) }
                    }
                }
            val failures = calls.mapNotNull { call -> call.await().exceptionOrNull() as TidingsException? }
            assertTrue(failures.size > 1)
            for (error in failures) assertEquals(ErrorKind.TIMEOUT to false, error.kind to error.sent)
        }
    }

    @Test
    fun `pauses stay within the bounds that are given`() = story { story ->
        val bounds =
            listOf<ClientOptions.() -> Unit>({ backoffBase = Duration.ZERO }, { backoffCap = Duration.ZERO })
        for (bound in bounds) {
            val pauses = ConcurrentLinkedQueue<Duration>()
            story.unavailable(times = 3)
            val options: ClientOptions.() -> Unit = {
                bound()
                onRetry = { _, pause -> pauses += pause }
            }
            story.sandbox.client(options).use { assertEquals(4, it.execute("apps.list").attempts) }
            eventually { pauses.size == 3 }
            assertTrue(pauses.all { it == Duration.ZERO }, "$pauses")
        }
    }

    @Test
    fun `without retries in reserve a call is tried once`() = story { story ->
        story.unavailable(times = 1)
        story.sandbox.client { retryBudget = 0 }.use { client ->
            assertEquals(1, failure { client.execute("apps.list") }.attempts)
        }
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

    /** The list of apps is out of order that many times. */
    private suspend fun Story.unavailable(times: Int) {
        fault(
            """{"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "apps.list", "status": 503,
                    "times": $times}""",
        )
    }

    /** What a good client with this change is refused with. */
    private fun refusal(change: ClientOptions.() -> Unit): String {
        val options: ClientOptions.() -> Unit = {
            projectId = "project"
            region = "eu"
            token = "token"
            change()
        }
        val error = failure { Client(options) }
        assertEquals(ErrorKind.CONFIG, error.kind)
        return error.reason
    }
}
