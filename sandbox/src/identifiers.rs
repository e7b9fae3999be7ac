//! Ids as the API gives them: ULIDs, 48 bits of time and 80 of chance in Crockford's base 32.

use jiff::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new id.
pub(crate) fn ulid(now: Timestamp, chance: &mut fastrand::Rng) -> String {
    let time = u128::try_from(now.as_millisecond()).unwrap_or_default() & 0xffff_ffff_ffff;
    let value = (time << 80) | (chance.u128(..) >> 48);
    (0..26).rev().map(|digit| char::from(ALPHABET[(value >> (digit * 5)) as usize & 31])).collect()
}

/// Whether this looks like an id of the API.
pub(crate) fn is_ulid(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| ALPHABET.contains(&byte.to_ascii_uppercase()))
}

/// A number as the API shows it: without plus.
pub(crate) fn bare(identity: &str) -> &str {
    identity.strip_prefix('+').unwrap_or(identity)
}
