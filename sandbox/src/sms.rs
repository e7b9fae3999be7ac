//! How many parts a text needs as an SMS.

/// The parts of a text, as a client counts them.
pub(crate) fn parts(text: &str) -> usize {
    tidings_core::segments::segments(text).parts().len()
}
