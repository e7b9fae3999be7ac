//! Node.js.

use super::{Language, Step};

pub(super) const LANGUAGE: Language = Language { name: "node", set_up: || Ok(()), steps: STEPS };

const STEPS: &[Step] = &[];
