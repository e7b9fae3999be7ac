//! Python.

use super::{Language, Step};

pub(super) const LANGUAGE: Language = Language { name: "python", set_up: || Ok(()), steps: STEPS };

const STEPS: &[Step] = &[];
