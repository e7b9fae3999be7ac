package io.github.tidings

import io.github.tidings.Story.Companion.story
import java.lang.ref.WeakReference
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

/** Strings of the JVM can hold half of a surrogate pair, which no other language and no JSON can. */
class UnicodeTest {
    @Test
    fun `an option that is no Unicode is refused by name`() {
        val options =
            mapOf<String, ClientOptions.() -> Unit>(
                "projectId" to { projectId = BROKEN },
                "keyId" to { keyId = BROKEN },
                "keySecret" to { keySecret = BROKEN },
                "token" to { token = BROKEN },
                "region" to { region = BROKEN },
                "baseUrl" to { baseUrl = BROKEN },
                "appId" to { appId = BROKEN },
                "proxy" to { proxy = BROKEN },
            )
        for ((name, option) in options) {
            for (error in listOf(failure { Client(option) }, failure { Client.fromEnv(option) })) {
                assertEquals(ErrorKind.CONFIG, error.kind)
                assertTrue(error.reason.startsWith("$name is not valid Unicode"), error.reason)
                assertNamesNoValue(error)
            }
        }
    }

    @Test
    fun `a call that is no Unicode is refused with its place, and nothing is sent`() = story { story ->
        val client = story.client
        val refusals =
            mapOf(
                "the operation" to failure { client.execute("sms.$BROKEN") },
                "$.app_id" to failure { client.execute("apps.get", path = mapOf("app_id" to BROKEN)) },
                "$.page_size" to failure { client.execute("messages.list", query = mapOf("page_size" to BROKEN)) },
                "name of a parameter" to failure { client.execute("apps.get", path = mapOf(BROKEN to "x")) },
                "header x-mine" to failure { client.execute("apps.list", headers = mapOf("x-mine" to BROKEN)) },
                "name of a header" to failure { client.execute("apps.list", headers = mapOf(BROKEN to "x")) },
                "$" to failure { client.execute("sms.send", body = text(BROKEN)) },
            )
        for ((place, error) in refusals) {
            assertEquals(ErrorKind.INVALID_REQUEST, error.kind)
            assertFalse(error.sent)
            assertTrue("$place is not valid Unicode" in error.message.orEmpty(), error.message)
            if (place.startsWith("$")) assertEquals(place, error.path)
            assertNamesNoValue(error)
        }
        assertTrue(story.requests("messages.send").isEmpty())
    }

    @Test
    fun `whole pairs go out as they are`() = story { story ->
        story.client.execute("sms.send", body = text("\uD83D\uDC4B"))
        assertEquals(listOf("\uD83D\uDC4B"), story.ledger().map { it.string("text") })
    }

    @Test
    fun `a client that refused something is cleared away with its provider`() = story { story ->
        suspend fun dropped(): WeakReference<*> {
            val provider = Desk()
            val client = story.clientAsking(provider)
            failure { client.execute("apps.list", headers = mapOf("x-mine" to BROKEN)) }
            return WeakReference(provider)
        }
        val provider = dropped()
        eventually {
            System.gc()
            provider.get() == null
        }
    }

    private fun assertNamesNoValue(error: TidingsException) = assertFalse("hush" in error.stackTraceToString())

    private companion object {
        const val BROKEN = "hush \uD800 hush"
    }
}
