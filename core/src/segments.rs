//! How a text goes out as an SMS: its encoding, its parts, and what makes it take more of them.
//!
//! An SMS carries 140 octets: 160 characters of GSM 7-bit, or 70 units of UCS-2 as soon as one character is not in the
//! GSM 7-bit alphabet. A longer text goes out in several parts, which the phone puts together again. Each part then
//! gives 6 octets to a header with an 8-bit reference, which leaves 153 or 67. Each part is paid for.
//!
//! ```
//! use tidings_core::segments::{Encoding, segments};
//!
//! let plain = segments("Your table is booked. See you at 7!");
//! assert_eq!(plain.encoding(), Encoding::Gsm7);
//! assert_eq!((plain.parts().len(), plain.units(), plain.units_left()), (1, 35, 125));
//!
//! let curly = segments("Your table’s booked. See you at 7!");
//! assert_eq!(curly.encoding(), Encoding::Ucs2);
//! assert_eq!(curly.forcing_characters().next().unwrap().character, '’');
//! assert_eq!(curly.suggestion().unwrap(), "Your table's booked. See you at 7!");
//! ```

mod gsm7;
mod replacements;
#[cfg(test)]
mod tests;

use std::fmt;

/// How the characters of an SMS are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// The GSM 7-bit default alphabet with its extension table. Units are septets.
    Gsm7,
    /// UCS-2, in practice UTF-16. Units are 16-bit code units.
    Ucs2,
}

impl Encoding {
    /// The name that crosses to other languages: `gsm7` or `ucs2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }

    /// How many units an SMS holds that is alone, and how many each of several.
    const fn capacities(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    /// How many units a character takes. `None` where this encoding does not have it.
    fn units(self, character: char) -> Option<usize> {
        match self {
            Self::Gsm7 => gsm7::septets(character),
            Self::Ucs2 => Some(character.len_utf16()),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One SMS of those that carry a text. `Debug` shows its numbers and not its text.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part<'text> {
    /// Its share of the text.
    pub text: &'text str,
    /// How many units it takes.
    pub units: usize,
    /// How many units it may hold: 160 or 70 alone, 153 or 67 as one of several.
    pub capacity: usize,
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Part")
            .field("units", &self.units)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// A character that GSM 7-bit does not have, and where it stands. `Debug` shows where, and not which it is.
///
/// The three positions are the same place, counted in the ways of different languages, from 0.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForcingCharacter {
    /// The character.
    pub character: char,
    /// Its place in UTF-8 bytes, as Rust counts.
    pub byte_offset: usize,
    /// Its place in characters (Unicode scalar values), as Python counts.
    pub character_index: usize,
    /// Its place in UTF-16 code units, as JavaScript and Kotlin count, and `NSString` in Swift.
    pub utf16_offset: usize,
}

impl fmt::Debug for ForcingCharacter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ForcingCharacter")
            .field("byte_offset", &self.byte_offset)
            .field("character_index", &self.character_index)
            .field("utf16_offset", &self.utf16_offset)
            .finish_non_exhaustive()
    }
}

/// How a text goes out as an SMS; [`segments`] makes it. `Debug` shows its numbers and not its text.
#[derive(Clone, PartialEq, Eq)]
pub struct Segments<'text> {
    text: &'text str,
    encoding: Encoding,
    parts: Vec<Part<'text>>,
    units: usize,
}

/// Tells how a text goes out as an SMS. Nothing is sent and nothing changed.
///
/// | encoding | unit | alone | in several parts |
/// | --- | --- | --- | --- |
/// | [`Gsm7`](Encoding::Gsm7) | a septet; two for `^ { } \ [ ~ ] \| €` and the form feed | 160 | 153 each |
/// | [`Ucs2`](Encoding::Ucs2) | a UTF-16 code unit; two for characters beyond U+FFFF, such as emoji | 70 | 67 each |
///
/// One pass over the text, begun anew at most once, where a character is found that GSM 7-bit does not have. Only the
/// list of the parts is allocated. An empty text is one part of nothing.
///
/// ```
/// use tidings_core::segments::segments;
///
/// // The euro takes two septets, and only one is left in the first part.
/// let text = format!("{}€, thank you", "a".repeat(152));
/// let segments = segments(&text);
/// let units: Vec<_> = segments.parts().iter().map(|part| (part.units, part.capacity)).collect();
/// assert_eq!(units, [(152, 153), (13, 153)]);
/// assert_eq!(segments.parts()[1].text, "€, thank you");
/// ```
///
/// # What is counted, and what is not
///
/// - A character of two units is never cut: where only one unit is left it moves to the next part. So a text can need
///   more parts than its units alone would.
/// - What is seen as one sign can be several characters, such as an emoji with joiners, a flag or a letter with a
///   combining accent. A cut may come between those: the phone joins the parts before it shows them.
/// - Only the default alphabet and its extension table are known here. National language shift tables, which let a
///   few languages stay in 7 bits at the price of a longer header, are left out; so are 16-bit references (7 octets).
/// - The count is of the text as it is given. An account with transliteration, or a carrier that encodes in another
///   way, can arrive at another one; so can a message that is not plain SMS text.
/// - A phone can put together at most 255 parts. More are counted all the same.
///
/// Sources: 3GPP TS 23.038 (6.2.1, 6.2.1.1, 6.2.3) for the alphabets, 3GPP TS 23.040 (9.2.3.24.1) for the parts.
pub fn segments(text: &str) -> Segments<'_> {
    // A text without forcing characters was split to its end. UCS-2 has every character, so the loop stops there.
    let mut encoding = Encoding::Gsm7;
    loop {
        if let Some(segments) = split(text, encoding) {
            return segments;
        }
        encoding = Encoding::Ucs2;
    }
}

/// Fills one part after the other. `None` at the first character that the encoding does not have.
fn split(text: &str, encoding: Encoding) -> Option<Segments<'_>> {
    let (alone, capacity) = encoding.capacities();
    let mut parts = Vec::new();
    let (mut start, mut filled, mut before) = (0, 0, 0);
    for (at, character) in text.char_indices() {
        let units = encoding.units(character)?;
        if filled + units > capacity {
            parts.push(Part { text: &text[start..at], units: filled, capacity });
            before += filled;
            (start, filled) = (at, 0);
        }
        filled += units;
    }
    let units = before + filled;
    if units <= alone {
        parts.clear();
        parts.push(Part { text, units, capacity: alone });
    } else {
        parts.push(Part { text: &text[start..], units: filled, capacity });
    }
    Some(Segments { text, encoding, parts, units })
}

impl<'text> Segments<'text> {
    /// The text that was given, which the parts join to.
    pub fn text(&self) -> &'text str {
        self.text
    }

    /// The encoding of all parts: [`Encoding::Gsm7`] if it has every character of the text.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The parts in their order; always one or more. As few as can be.
    pub fn parts(&self) -> &[Part<'text>] {
        &self.parts
    }

    /// How many units all parts take together, without their headers.
    pub fn units(&self) -> usize {
        self.units
    }

    /// How many more units the last part would hold. A text of one part that outgrows it is cut anew, into parts that
    /// hold less each.
    ///
    /// ```
    /// # use tidings_core::segments::segments;
    /// assert_eq!(segments("Hello").units_left(), 155);
    /// ```
    pub fn units_left(&self) -> usize {
        self.parts.last().map_or(0, |last| last.capacity - last.units)
    }

    /// Every character that forces UCS-2, in the order of the text, each time it stands there. None with
    /// [`Encoding::Gsm7`]. Found while the iterator runs; nothing is allocated.
    ///
    /// ```
    /// # use tidings_core::segments::segments;
    /// let segments = segments("😀 ça va");
    /// let second = segments.forcing_characters().nth(1).unwrap();
    /// assert_eq!(second.character, 'ç');
    /// assert_eq!((second.byte_offset, second.character_index, second.utf16_offset), (5, 2, 3));
    /// ```
    pub fn forcing_characters(&self) -> impl Iterator<Item = ForcingCharacter> + use<'text> {
        let mut utf16_offset = 0;
        // A text in GSM 7-bit has none, so there is nothing to look through.
        let text = if self.encoding == Encoding::Gsm7 { "" } else { self.text };
        text.char_indices().enumerate().filter_map(move |(character_index, (byte_offset, character))| {
            let place = ForcingCharacter { character, byte_offset, character_index, utf16_offset };
            utf16_offset += character.len_utf16();
            gsm7::septets(character).is_none().then_some(place)
        })
    }

    /// A text much like this one that stays in GSM 7-bit, for a person to look at. It is never sent in place of the
    /// text by Tidings.
    ///
    /// `None` if the text is in GSM 7-bit already, if one of its characters has no usual replacement (most of those in
    /// other scripts, emoji, `½`, `²`, `°`, ...), or if nothing would be left. It nearly always needs fewer parts, and
    /// can need more where many characters become several: count it with [`segments`].
    ///
    /// | characters | replaced by |
    /// | --- | --- |
    /// | ``‘ ’ ‚ ‛ ′ ‹ › ʹ ʻ ʼ ` ´`` and the full-width grave accent | `'` |
    /// | `“ ” „ ‟ ″ « »` | `"` |
    /// | `‐ ‒ – — ― −` and the non-breaking hyphen | `-` |
    /// | `…` | `...` |
    /// | `•` | `*` |
    /// | `·` | `.` |
    /// | `⁄ ∕` | `/` |
    /// | tab, no-break spaces (U+00A0, U+202F), spaces of other widths (U+2000 to U+200A, U+205F, U+3000) | a space |
    /// | line and paragraph separators (U+2028, U+2029), next line (U+0085) | a line feed |
    /// | soft hyphen, zero-width spaces and joiners (U+200B to U+200D, U+2060, U+FEFF), variation selectors 15 and 16 | nothing |
    /// | marks of direction (U+061C, U+200E, U+200F, U+202A to U+202D, U+2066 to U+2069) | nothing |
    /// | `©`, `®`, `™`, `№` | `(C)`, `(R)`, `TM`, `No` |
    /// | `×`, `¦`, `→`, `←`, `≤`, `≥` | `x`, `\|`, `->`, `<-`, `<=`, `>=` |
    /// | `₤`, `ª`, `º` | `£`, `a`, `o` |
    /// | the kelvin, ångström and ohm signs, `∆`, `∑`, `∏` | `K`, `Å`, `Ω`, `Δ`, `Σ`, `Π` |
    /// | Latin letters with accents that GSM 7-bit lacks, such as `á ç ê ő ș ž Ł ı đ ế` | their base letter |
    /// | `Œ œ Þ þ Ĳ ĳ ẞ`, ligatures of `f` | `OE oe Th th IJ ij SS`, `ff fi fl ffi ffl` |
    /// | Greek capitals that look like Latin ones, `Α Β Ε Ζ Η Ι Κ Μ Ν Ο Ρ Τ Υ Χ`, with or without an accent | the Latin one |
    /// | `Ώ` | `Ω` |
    /// | a letter and a combining accent (U+0300 to U+0331) | the letter with the accent if GSM 7-bit has it, else the letter without it |
    /// | full-width forms (U+FF01 to U+FF5E) | the ASCII character |
    ///
    /// ```
    /// # use tidings_core::segments::segments;
    /// let text = segments("“Zażółć” – très bien…");
    /// assert_eq!(text.suggestion().unwrap(), "\"Zazolc\" - très bien...");
    /// assert_eq!(segments("See you 😀").suggestion(), None);
    /// ```
    pub fn suggestion(&self) -> Option<String> {
        if self.encoding == Encoding::Gsm7 { None } else { replacements::replaced(self.text) }
    }
}

impl fmt::Debug for Segments<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Segments")
            .field("encoding", &self.encoding)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}
