package io.github.tidings

import io.github.tidings.sandbox.Sandbox

/** A program whose JVM does not find the native library. */
fun main() {
    val attempts =
        listOf(
            { Sandbox.start() },
            { Client { token = "token" } },
            { Client.fromEnv() },
        )
    for (attempt in attempts) println(failure { attempt() }.message)
}
