package io.github.tidings

import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.launch

/** A program that sends one text and ends. It closes nothing, calls are under way, and a function that is told hangs. */
@OptIn(DelicateCoroutinesApi::class)
suspend fun main() {
    val client = Client.fromEnv { onRetry = { _, _ -> Thread.sleep(Long.MAX_VALUE) } }
    val sent = client.execute("sms.send", body = text("from a program"))
    repeat(20) { GlobalScope.launch { while (true) client.execute("apps.list") } }
    client.execute("apps.list")
    println("accepted with ${sent.status} in attempt ${sent.attempts}")
}
