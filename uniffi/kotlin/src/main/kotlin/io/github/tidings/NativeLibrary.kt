package io.github.tidings

import io.github.tidings.internal.uniffiEnsureInitialized

/** Loads the native library, or says in words of this package why it cannot: those of JNA fill a page. */
internal fun loadNativeLibrary() {
    try {
        uniffiEnsureInitialized()
    } catch (error: LinkageError) {
        throw ownFailure(ErrorKind.CONFIG, NOT_LOADED, cause = error)
    }
}

private const val NOT_LOADED =
    "the native library tidings_uniffi is not found, or is not of this package's build: " +
        "name its folder with -Djna.library.path=... when the JVM starts"
