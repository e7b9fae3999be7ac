package io.github.tidings

import io.github.tidings.Story.Companion.story
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class StatisticsTest {
    @Test
    fun `every call is counted once by how it ended`() = story { story ->
        val client = story.client
        assertEquals(Statistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), client.statistics())

        client.execute("sms.send", body = text("accepted"))
        story.fault("""{"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "apps.list", "status": 503}""")
        client.execute("apps.list")
        failure { client.execute("sms.send", body = text("refused", to = "12")) }
        story.afterAcceptance("CLOSE")
        failure { client.execute("sms.send", body = text("unknown")) }

        story.fault("""{"stage": "BEFORE_ACCEPT", "action": "HANG", "operation": "apps.list"}""")
        val hanging = async(start = CoroutineStart.UNDISPATCHED) { client.execute("apps.list") }
        eventually { client.statistics().attempts == 5L }
        assertEquals(1, client.statistics().underWay)
        hanging.cancel()
        assertFailsWith<CancellationException> { hanging.await() }
        eventually { client.statistics().underWay == 0L }

        val expected =
            Statistics(
                calls = 5,
                accepted = 2,
                failed = 1,
                unknown = 1,
                cancelled = 1,
                attempts = 5,
                retries = 1,
                tokenFetches = 1,
                waiting = 0,
                underWay = 0,
            )
        assertEquals(expected, client.statistics())
        client.close()
        failure { client.execute("apps.list") }
        assertEquals(expected, client.statistics())
    }

    @Test
    fun `attempts that wait for their turn are counted`() = story { story ->
        val options: ClientOptions.() -> Unit = {
            appId = story.app
            maxConcurrency = 1
        }
        story.sandbox.client(options).use { client ->
            story.afterAcceptance("HANG")
            val first = async(start = CoroutineStart.UNDISPATCHED) { client.execute("sms.send", body = text("Hello")) }
            story.sendsHaveArrived()
            val second = async(start = CoroutineStart.UNDISPATCHED) { client.execute("apps.list") }
            eventually { client.statistics().waiting == 1L }
            first.cancel()
            assertEquals(200, second.await().status)
            assertEquals(0, client.statistics().waiting)
        }
    }
}
