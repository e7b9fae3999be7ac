//! Ids as the API gives them, from seeded streams.

use fastrand::Rng;
use jiff::Timestamp;

/// The 32 signs of a ULID: Crockford's base 32, without I, L, O and U (<https://github.com/ulid/spec>).
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Everything that is left to chance in a sandbox.
///
/// Each use has a stream of its own, so that a look at the ledger, which costs a request id, does not change the id
/// of the next message.
pub(crate) struct Chance {
    pub(crate) resources: Rng,
    pub(crate) requests: Rng,
    pub(crate) tokens: Rng,
    pub(crate) delays: Rng,
    /// Each fault draws from a fork of it.
    pub(crate) faults: Rng,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        let mut root = Rng::with_seed(seed);
        Self {
            resources: root.fork(),
            requests: root.fork(),
            tokens: root.fork(),
            delays: root.fork(),
            faults: root.fork(),
        }
    }
}

/// A ULID: 48 bits of time in milliseconds, 80 bits of chance, in 26 signs.
pub(crate) fn ulid(now: Timestamp, stream: &mut Rng) -> String {
    const TIME_MASK: u128 = (1 << 48) - 1;
    let time = u128::try_from(now.as_millisecond()).unwrap_or_default() & TIME_MASK;
    let value = (time << 80) | (stream.u128(..) >> 48);
    // 26 signs of five bits hold 130 bits; the two on top stay zero.
    (0..26)
        .rev()
        .map(|place| char::from(SIGNS[usize::try_from((value >> (place * 5)) & 31).unwrap_or_default()]))
        .collect()
}

/// Whether this has the form of a ULID. The API refuses an app id that has not.
pub(crate) fn is_ulid(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| SIGNS.contains(&byte.to_ascii_uppercase()))
}

/// A phone number without its plus, as the API compares and shows it; anything else as it is.
pub(crate) fn bare(identity: &str) -> &str {
    match identity.strip_prefix('+') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits,
        _ => identity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_moment_and_sorts_by_it() {
        let mut stream = Rng::with_seed(1);
        let early = ulid(Timestamp::from_millisecond(1_469_918_176_385).unwrap(), &mut stream);
        let late = ulid(Timestamp::from_millisecond(1_469_918_176_386).unwrap(), &mut stream);
        // The moment of the example in the specification.
        assert_eq!(&early[..10], "01ARYZ6S41");
        assert!(is_ulid(&early) && early < late);
    }

    #[test]
    fn what_is_no_id_is_told_apart() {
        assert!(is_ulid("01FJA8B4A7BM43YGWSG9GBV067"));
        for wrong in ["", "my-app", "01FJA8B4A7BM43YGWSG9GBV06", "01FJA8B4A7BM43YGWSG9GBV06U"] {
            assert!(!is_ulid(wrong), "{wrong}");
        }
    }

    #[test]
    fn only_a_number_loses_its_plus() {
        assert_eq!(bare("+46701234567"), "46701234567");
        assert_eq!(bare("46701234567"), "46701234567");
        assert_eq!(bare("+name"), "+name");
    }
}
