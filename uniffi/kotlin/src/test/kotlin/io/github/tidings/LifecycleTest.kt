package io.github.tidings

import io.github.tidings.Story.Companion.story
import io.github.tidings.sandbox.Sandbox
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.io.File
import java.lang.ref.WeakReference
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

class LifecycleTest {
    @Test
    fun `closing ends calls under way, and what may have been carried out is unknown`() = story { story ->
        story.afterAcceptance("HANG", times = 3)
        val calls =
            (1..3).map { number ->
                async(start = CoroutineStart.UNDISPATCHED) {
                    runCatching { story.client.execute("sms.send", body = text("number $number")) }
                }
            }
        story.sendsHaveArrived(3)
        story.client.close()
        for (call in calls) {
            val error = failure { call.await().getOrThrow() }
            assertEquals(ErrorKind.UNKNOWN_OUTCOME, error.kind)
            assertTrue(error.sent)
            assertNotNull(error.evidence)
        }
        story.sendsAreAbandoned(3)
    }

    @Test
    fun `a closed client sends nothing, however often it is closed`() = story { story ->
        story.client.close()
        story.client.close()
        val error = failure { story.client.execute("sms.send", body = text("Hello")) }
        assertEquals(ErrorKind.CLOSED, error.kind)
        assertFalse(error.sent)
        assertTrue(story.requests("messages.send").isEmpty())
    }

    @Test
    fun `clients that nobody holds are cleared away with their providers`() = story { story ->
        /** Makes a client, uses it, and holds nothing of it but what the garbage collector may take. */
        suspend fun dropped(): List<WeakReference<*>> {
            val provider = TokenProvider { ProvidedToken(story.token()) }
            val client = story.clientAsking(provider)
            assertEquals(200, client.execute("sms.send", body = text("Hello")).status)
            return listOf(WeakReference(client), WeakReference(provider))
        }
        val dropped = List(20) { dropped() }.flatten()
        eventually {
            System.gc()
            dropped.all { it.get() == null }
        }
        // Everything else goes on.
        assertEquals(200, story.client.execute("sms.send", body = text("Hello")).status)
        assertEquals(21, story.ledger().size)
    }

    @Test
    fun `a call ends although nobody holds the client any more`() = story { story ->
        val calls =
            List(20) {
                val client = story.sandbox.client { appId = story.app }
                async(Dispatchers.Default) { client.execute("sms.send", body = text("Hello")) }
            }
        System.gc()
        assertTrue(calls.all { it.await().status == 200 })
        assertEquals(20, story.ledger().size)
    }

    @Test
    fun `code without a dispatcher, such as a suspend main, may block after a call`() = story { story ->
        val code: suspend () -> Int = {
            story.client.execute("apps.list")
            runBlocking { story.client.execute("apps.list").status }
        }
        for (context in listOf(EmptyCoroutineContext, Dispatchers.Unconfined)) {
            val status = CompletableFuture<Result<Int>>()
            code.startCoroutine(Continuation(context) { status.complete(it) })
            assertEquals(200, status.get(20, TimeUnit.SECONDS).getOrThrow())
        }
    }

    @Test
    fun `a program set up by its environment ends by itself, with calls under way`() = story { story ->
        val environment =
            mapOf(
                "SINCH_PROJECT_ID" to "sandbox-project",
                "SINCH_KEY_ID" to story.sandbox.keyId,
                "SINCH_KEY_SECRET" to story.sandbox.keySecret,
                "SINCH_APP_ID" to story.app,
                "TIDINGS_BASE_URL" to story.sandbox.url,
            )
        story.fault("""{"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "messages.send", "status": 429}""")
        assertEquals("accepted with 200 in attempt 2\n", output("io.github.tidings.ProgramKt", environment))
        assertEquals(listOf("from a program"), story.ledger().map { it.string("text") })
    }

    @Test
    fun `a sandbox that nobody holds runs on`() = runBlocking {
        fun started(): Pair<Client, WeakReference<Any>> = Sandbox.start().let { it.client() to WeakReference(it) }
        val (client, sandbox) = started()
        eventually {
            System.gc()
            sandbox.get() == null
        }
        assertEquals(200, client.execute("apps.list", maxRetries = 0).status)
    }

    @Test
    fun `a stopped sandbox answers no more, and its port can be had again`() = runBlocking {
        val first = Sandbox.start()
        first.client().use { client ->
            client.execute("apps.list")
            first.stop()
            first.stop()
            val error = failure { client.execute("apps.list", maxRetries = 0) }
            assertEquals(ErrorKind.CONNECT, error.kind)
        }
        val port = first.url.substringAfterLast(":").toInt()
        Sandbox.start(port = port).use { second ->
            assertEquals(first.url, second.url)
            assertEquals(ErrorKind.CONFIG, failure { Sandbox.start(port = port) }.kind)
        }
    }

    @Test
    fun `a port that cannot be is refused by name`() {
        for (port in listOf(-1, 65_536)) assertTrue("port" in failure { Sandbox.start(port = port) }.reason)
    }

    @Test
    fun `two sandboxes of one seed draw the same ids`() {
        // The part of an app's id that is drawn; what stands before it is the time.
        fun drawn(seed: Long): String = Sandbox.start(seed = seed).use { sandbox ->
            sandbox.client().use { client -> runBlocking { Story.app(client).drop(10) } }
        }
        val first = drawn(7)
        assertEquals(first, drawn(7))
        for (seed in listOf(8, -1, Long.MIN_VALUE)) assertNotEquals(first, drawn(seed))
    }

    @Test
    fun `without the native library there is one line that says what to do`() = runBlocking {
        val lines = output("io.github.tidings.ProgramWithoutLibraryKt", library = "nowhere").lines().filter { it != "" }
        assertEquals(3, lines.size, "$lines")
        for (line in lines) assertTrue("-Djna.library.path" in line && "[config]" in line, line)
    }

    @Test
    fun `the first example of the README runs`() = runBlocking {
        val printed = output("examples.FirstTextKt")
        assertTrue("message_id" in printed && "Your code is 4711" in printed, printed)
    }

    @Test
    fun `the examples of the README are those that run`() {
        fun lines(text: String): String = text.lines().map(String::trim).filter { it != "" }.joinToString("\n")
        val examples = listOf("FirstText.kt", "LostAnswerTest.kt", "BeingToldTest.kt")
        val code = examples.map { lines(File("src/test/kotlin/examples/$it").readText()) }
        val shown = File("README.md").readText().split("```kotlin\n").drop(1).map { lines(it.substringBefore("```")) }
        assertEquals(3, shown.size)
        for (example in shown) assertTrue(code.any { example in it }, example)
    }

    /** What a program prints that has a JVM of its own and ends well. */
    private suspend fun output(
        program: String,
        environment: Map<String, String> = emptyMap(),
        library: String = System.getProperty("jna.library.path"),
    ): String = withContext(Dispatchers.IO) {
        val java = ProcessHandle.current().info().command().orElse("java")
        val path = System.getProperty("java.class.path")
        val command = ProcessBuilder(java, "-Djna.library.path=$library", "-cp", path, program)
        // A library is found by these too, which cargo sets.
        command.environment() -= listOf("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
        command.environment() += environment
        val running = command.redirectErrorStream(true).start()
        val printed = async { running.inputReader().readText() }
        val ended = running.waitFor(60, TimeUnit.SECONDS)
        if (!ended) running.destroyForcibly()
        assertTrue(ended, "it goes on running")
        assertEquals(0, running.exitValue(), printed.await())
        printed.await()
    }
}
