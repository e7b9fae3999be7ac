//! What a fault of our own is over there.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tidings_core::ErrorKind;

use crate::records::NativeError;

/// Does something that has no way to fail over there: in Swift a panic would end the app, in Kotlin surprise its caller. None
/// if it panicked.
pub(crate) fn unless_panicked<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// A fault of our own. What it was is on the standard error stream, and stays out of here: nobody knows what is in it.
pub(crate) fn fault() -> NativeError {
    NativeError::new(ErrorKind::Internal, "a fault of Tidings itself; please report it")
}
