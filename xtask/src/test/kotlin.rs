//! Kotlin.

use super::{Language, Step};

pub(super) const LANGUAGE: Language = Language { name: "kotlin", set_up: || Ok(()), steps: STEPS };

const STEPS: &[Step] = &[];
