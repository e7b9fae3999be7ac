package io.github.tidings

import io.github.tidings.Story.Companion.story
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.minutes

class PrivacyTest {
    @Test
    fun `options and tokens show no secret`() {
        val options = ClientOptions().apply { keySecret = "hush" }
        assertFalse("hush" in options.toString())
        val token = ProvidedToken("hush", expiresIn = 1.minutes).toString()
        assertTrue("1m" in token)
        assertFalse("hush" in token)
    }

    @Test
    fun `an answer shows how long its body is, and nothing of it`() = story { story ->
        story.client.execute("sms.send", body = text("a secret text"))
        story.ledger()
        val response = story.client.execute("sandbox.ledger")
        assertTrue("a secret text" in response.text())
        assertTrue("${response.body.size} bytes" in response.toString())
        for (personal in listOf("a secret text", HANDSET)) assertFalse(personal in response.toString())
    }

    @Test
    fun `an error says what and where, and nothing personal`() = story { story ->
        val error = story.lost()
        val shown = error.stackTraceToString() + error.evidence
        for (fact in listOf("sms.send", "unknown_outcome", "AWAITING_ANSWER")) assertTrue(fact in shown)
        for (personal in listOf("a secret text", HANDSET.drop(1), "for Ann")) assertFalse(personal in shown)
    }

    @Test
    fun `an error can be written down and read again`() = story { story ->
        val error = story.lost()
        val written = ByteArrayOutputStream().also { ObjectOutputStream(it).writeObject(error) }.toByteArray()
        val read = assertIs<TidingsException>(ObjectInputStream(ByteArrayInputStream(written)).readObject())
        assertEquals(error.message, read.message)
        assertEquals(assertNotNull(error.evidence).startedAt, read.evidence?.startedAt)
    }

    private suspend fun Story.lost(): TidingsException {
        afterAcceptance("CLOSE")
        val body = """{"to": "$HANDSET", "text": "a secret text", "message_metadata": "for Ann"}"""
        return failure { client.execute("sms.send", body = body) }
    }
}
