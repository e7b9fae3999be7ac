package io.github.tidings

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import io.github.tidings.internal.uniffiCallbackInterfaceEventCallback
import io.github.tidings.internal.uniffiCallbackInterfaceTokenCallback
import io.github.tidings.internal.uniffiRustFutureContinuationCallbackImpl
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.withContext
import kotlin.coroutines.ContinuationInterceptor

/**
 * Waits for something that the thread of all calls wakes. A coroutine that has no dispatcher, or one that dispatches nothing,
 * would go on in that thread; if its code then blocked, no call could end any more.
 */
internal suspend fun <T> outsideOfNativeThread(wait: suspend () -> T): T {
    val context = currentCoroutineContext()
    val dispatcher = context[ContinuationInterceptor] as? CoroutineDispatcher
    val dispatches = dispatcher?.isDispatchNeeded(context) ?: false
    return if (dispatches) wait() else withContext(Dispatchers.Default) { wait() }
}

/**
 * Makes the thread that all calls run on a daemon thread of the JVM, once and under its name. By itself JNA would make a new
 * one of it for each result, and complain when the JVM ends in between.
 */
internal fun keepNativeThreadAttached() {
    val attached = CallbackThreadInitializer(true, false, "tidings")
    val callbacks =
        listOf(
            uniffiRustFutureContinuationCallbackImpl,
            uniffiCallbackInterfaceTokenCallback.ask,
            uniffiCallbackInterfaceEventCallback.onRetry,
            uniffiCallbackInterfaceEventCallback.onUnknown,
        )
    for (callback in callbacks) Native.setCallbackThreadInitializer(callback, attached)
}
