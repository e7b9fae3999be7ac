//! How a text goes out as an SMS: its encoding, its parts, and what makes it take more of them.
//!
//! ```
//! use tidings::segments::{Encoding, segments};
//!
//! let text = segments("Your table’s booked. See you at 7!");
//! assert_eq!((text.encoding(), text.parts().len(), text.units()), (Encoding::Ucs2, 1, 34));
//! assert_eq!(text.forcing_characters().next().unwrap().character, '’');
//! assert_eq!(text.suggestion().unwrap(), "Your table's booked. See you at 7!");
//! ```
//!
//! [`segments()`] says how the units are counted and where a text is cut; [`Segments::suggestion`] what is replaced by
//! what.

pub use tidings_core::segments::{Encoding, ForcingCharacter, Part, Segments, segments};
