//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1 and 6.2.1.1).

/// The default alphabet in the order of its codes, one row for each sixteen.
#[rustfmt::skip]
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ESCAPE, 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// Leads to the extension table and is no character itself.
const ESCAPE: char = '\u{1B}';

/// The extension table but for the euro, in the order of its codes. CR2 and SS2 in it are controls, not characters.
const EXTENSION: [char; 9] = ['\u{C}', '^', '{', '}', '\\', '[', '~', ']', '|'];

/// The one character of the extension table that lies beyond [`SEPTETS`].
const EURO: char = '€';

/// What each character up to the last one of the tables takes; 0 is for those that are in neither.
static SEPTETS: [u8; 'Ω' as usize + 1] = {
    let mut septets = [0; _];
    let mut code = 0;
    while code < BASIC.len() {
        if BASIC[code] != ESCAPE {
            septets[BASIC[code] as usize] = 1;
        }
        code += 1;
    }
    let mut place = 0;
    while place < EXTENSION.len() {
        septets[EXTENSION[place] as usize] = 2;
        place += 1;
    }
    septets
};

/// How many septets a character takes: 1, or 2 from the extension table. `None` outside of both.
pub(super) fn septets(character: char) -> Option<usize> {
    match SEPTETS.get(character as usize) {
        Some(0) => None,
        Some(&septets) => Some(usize::from(septets)),
        None => (character == EURO).then_some(2),
    }
}
