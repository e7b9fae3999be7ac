//! What stands for a character outside of the GSM 7-bit alphabet, where something usual does.
//!
//! [`Segments::suggestion`](super::Segments::suggestion) publishes this table; a change here is one there.

use super::gsm7;

/// Characters, and what each of them is replaced by.
pub(super) const TABLE: &[(&str, &str)] = &[
    // Quotes, primes, and single accents typed in their place.
    ("‘’‚‛′‹›ʹʻʼ`´\u{FF40}", "'"),
    ("“”„‟″«»", "\""),
    // Hyphens, dashes and the minus sign.
    ("‐\u{2011}‒–—―−", "-"),
    ("…", "..."),
    ("•", "*"),
    ("·", "."),
    ("⁄∕", "/"),
    // The tab and spaces of other widths, with the no-break ones.
    ("\t\u{A0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}", " "),
    ("\u{202F}\u{205F}\u{3000}", " "),
    // Separators of lines and paragraphs.
    ("\u{2028}\u{2029}\u{85}", "\n"),
    // What is not seen: soft hyphen, joiners and zero-width spaces, marks of direction, variation selectors.
    // Overrides of direction to the right are not among them: they turn the text that follows around.
    ("\u{AD}\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}\u{FE0E}\u{FE0F}", ""),
    ("\u{200E}\u{200F}\u{61C}\u{202A}\u{202B}\u{202C}\u{202D}\u{2066}\u{2067}\u{2068}\u{2069}", ""),
    // Signs.
    ("©", "(C)"),
    ("®", "(R)"),
    ("™", "TM"),
    ("№", "No"),
    ("×", "x"),
    ("¦", "|"),
    ("→", "->"),
    ("←", "<-"),
    ("≤", "<="),
    ("≥", ">="),
    ("₤", "£"),
    ("ª", "a"),
    ("º", "o"),
    // Signs that are letters of the alphabet under another number.
    ("\u{212A}", "K"),
    ("\u{212B}", "Å"),
    ("\u{2126}", "Ω"),
    ("∆", "Δ"),
    ("∑", "Σ"),
    ("∏", "Π"),
    // Latin letters with accents, by their base.
    ("ÀÁÂÃĀĂĄǍǞǠǺȀȂȦḀẠẢẤẦẨẪẬẮẰẲẴẶ", "A"),
    ("ḂḄḆ", "B"),
    ("ĆĈĊČḈ", "C"),
    ("ĎḊḌḎḐḒĐÐ", "D"),
    ("ÈÊËĒĔĖĘĚȄȆȨḔḖḘḚḜẸẺẼẾỀỂỄỆ", "E"),
    ("Ḟ", "F"),
    ("ĜĞĠĢǦǴḠ", "G"),
    ("ĤȞḢḤḦḨḪĦ", "H"),
    ("ÌÍÎÏĨĪĬĮİǏȈȊḬḮỈỊ", "I"),
    ("Ĵ", "J"),
    ("ĶǨḰḲḴ", "K"),
    ("ĹĻĽḶḸḺḼŁ", "L"),
    ("ḾṀṂ", "M"),
    ("ŃŅŇǸṄṆṈṊ", "N"),
    ("ÒÓÔÕŌŎŐƠǑǪǬȌȎȪȬȮȰṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢ", "O"),
    ("ṔṖ", "P"),
    ("ŔŖŘȐȒṘṚṜṞ", "R"),
    ("ŚŜŞŠȘṠṢṤṦṨ", "S"),
    ("ŢŤȚṪṬṮṰŦ", "T"),
    ("ÙÚÛŨŪŬŮŰŲƯǓǕǗǙǛȔȖṲṴṶṸṺỤỦỨỪỬỮỰ", "U"),
    ("ṼṾ", "V"),
    ("ŴẀẂẄẆẈ", "W"),
    ("ẊẌ", "X"),
    ("ÝŶŸȲẎỲỴỶỸ", "Y"),
    ("ŹŻŽẐẒẔ", "Z"),
    ("áâãāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ", "a"),
    ("ḃḅḇ", "b"),
    ("çćĉċčḉ", "c"),
    ("ďḋḍḏḑḓđð", "d"),
    ("êëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ", "e"),
    ("ḟ", "f"),
    ("ĝğġģǧǵḡ", "g"),
    ("ĥȟḣḥḧḩḫẖħ", "h"),
    ("íîïĩīĭįǐȉȋḭḯỉịı", "i"),
    ("ĵǰ", "j"),
    ("ķǩḱḳḵ", "k"),
    ("ĺļľḷḹḻḽł", "l"),
    ("ḿṁṃ", "m"),
    ("ńņňǹṅṇṉṋ", "n"),
    ("óôõōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ", "o"),
    ("ṕṗ", "p"),
    ("ŕŗřȑȓṙṛṝṟ", "r"),
    ("śŝşšșṡṣṥṧṩ", "s"),
    ("ţťțṫṭṯṱẗŧ", "t"),
    ("úûũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự", "u"),
    ("ṽṿ", "v"),
    ("ŵẁẃẅẇẉẘ", "w"),
    ("ẋẍ", "x"),
    ("ýÿŷȳẏẙỳỵỷỹ", "y"),
    ("źżžẑẓẕ", "z"),
    ("ǢǼ", "Æ"),
    ("ǣǽ", "æ"),
    ("Ǿ", "Ø"),
    ("ǿ", "ø"),
    // Letters written as two.
    ("Œ", "OE"),
    ("œ", "oe"),
    ("Þ", "Th"),
    ("þ", "th"),
    ("Ĳ", "IJ"),
    ("ĳ", "ij"),
    ("ẞ", "SS"),
    ("\u{FB00}", "ff"),
    ("\u{FB01}", "fi"),
    ("\u{FB02}", "fl"),
    ("\u{FB03}", "ffi"),
    ("\u{FB04}", "ffl"),
    // Greek capitals, by the Latin ones that look the same; the alphabet has the ten that have no such twin.
    ("ΑΆ", "A"),
    ("Β", "B"),
    ("ΕΈ", "E"),
    ("Ζ", "Z"),
    ("ΗΉ", "H"),
    ("ΙΊΪ", "I"),
    ("Κ", "K"),
    ("Μ", "M"),
    ("Ν", "N"),
    ("ΟΌ", "O"),
    ("Ρ", "P"),
    ("Τ", "T"),
    ("ΥΎΫ", "Y"),
    ("Χ", "X"),
    ("Ώ", "Ω"),
];

/// Marks that make letters of the alphabet: the mark, the letters before it, and what the two become.
pub(super) const COMPOSED: &[(char, &str, &str)] = &[
    ('\u{300}', "aeiou", "àèìòù"),
    ('\u{301}', "eE", "éÉ"),
    ('\u{303}', "nN", "ñÑ"),
    ('\u{308}', "aouAOU", "äöüÄÖÜ"),
    ('\u{30A}', "aA", "åÅ"),
    ('\u{327}', "C", "Ç"),
];

/// The text in GSM 7-bit characters. `None` where a character of it has no usual replacement, or nothing would be left.
pub(super) fn replaced(text: &str) -> Option<String> {
    let mut suggestion = String::with_capacity(text.len());
    let mut before = None;
    for character in text.chars() {
        if gsm7::septets(character).is_some() {
            suggestion.push(character);
        } else if is_accent(character) {
            // An accent belongs to the letter before it, or to an accent of that letter.
            let before = before.filter(|&before: &char| before.is_alphabetic() || is_accent(before))?;
            if let Some(letter) = composed(before, character) {
                suggestion.pop();
                suggestion.push(letter);
            }
        } else if let Some(replacement) = from_table(character) {
            suggestion.push_str(replacement);
        } else {
            suggestion.push(narrow(character)?);
        }
        before = Some(character);
    }
    (!suggestion.is_empty()).then_some(suggestion)
}

fn from_table(character: char) -> Option<&'static str> {
    TABLE.iter().find_map(|(characters, replacement)| characters.contains(character).then_some(*replacement))
}

/// Whether it is a combining accent: over or under a letter, not through it or around it.
fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{331}')
}

fn composed(letter: char, accent: char) -> Option<char> {
    let (_, letters, composed) = COMPOSED.iter().find(|(mark, ..)| *mark == accent)?;
    letters.chars().zip(composed.chars()).find_map(|(plain, whole)| (plain == letter).then_some(whole))
}

/// The ASCII character whose full width this is; the wide grave accent stands in the table, as the narrow one does.
fn narrow(character: char) -> Option<char> {
    matches!(character, '\u{FF01}'..='\u{FF5E}')
        .then(|| char::from_u32(u32::from(character) - 0xFF01 + u32::from('!')))
        .flatten()
}
