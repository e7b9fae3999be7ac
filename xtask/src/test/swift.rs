//! Swift.

use super::{Language, Step};

pub(super) const LANGUAGE: Language = Language { name: "swift", set_up: || Ok(()), steps: STEPS };

const STEPS: &[Step] = &[];
