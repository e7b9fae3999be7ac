package io.github.tidings

import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.launch

/** A program that sends one text and ends. It closes nothing, and calls are under way. */
@OptIn(DelicateCoroutinesApi::class)
suspend fun main() {
    val client = Client.fromEnv()
    val sent = client.execute("sms.send", body = text("from a program"))
    repeat(20) { GlobalScope.launch { while (true) client.execute("apps.list") } }
    client.execute("apps.list")
    println("accepted with ${sent.status}")
}
