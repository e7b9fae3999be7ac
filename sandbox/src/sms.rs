//! How many parts a text needs as an SMS.

/// The basic alphabet of GSM 03.38 without its escape, which stands for nothing.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ\
                     ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table of GSM 03.38; each sign takes the place of two.
const EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// The parts of a text: one of 160 places or several of 153 in GSM-7; one of 70 or several of 67 in UCS-2, which one
/// sign outside GSM-7 makes it. A sign of two places is not cut in two.
pub(crate) fn parts(text: &str) -> usize {
    let in_gsm7 = |sign: char| match sign {
        _ if BASIC.contains(sign) => Some(1),
        _ if EXTENSION.contains(sign) => Some(2),
        _ => None,
    };
    match text.chars().map(in_gsm7).collect::<Option<Vec<usize>>>() {
        Some(widths) => split(&widths, 160, 153),
        None => split(&text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

fn split(widths: &[usize], alone: usize, each: usize) -> usize {
    if widths.iter().sum::<usize>() <= alone {
        return 1;
    }
    let mut parts = 1;
    let mut filled = 0;
    for width in widths {
        if filled + width > each {
            parts += 1;
            filled = 0;
        }
        filled += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_the_published_lengths() {
        assert_eq!(parts(""), 1);
        assert_eq!((parts(&"a".repeat(160)), parts(&"a".repeat(161))), (1, 2));
        assert_eq!((parts(&"a".repeat(306)), parts(&"a".repeat(307))), (2, 3));
        assert_eq!((parts(&"ж".repeat(70)), parts(&"ж".repeat(71))), (1, 2));
        assert_eq!((parts(&"ж".repeat(134)), parts(&"ж".repeat(135))), (2, 3));
    }

    #[test]
    fn an_extension_sign_takes_two_places_and_is_not_cut() {
        assert_eq!((parts(&"€".repeat(80)), parts(&"€".repeat(81))), (1, 2));
        // 152 places and a euro leave one place of the first part empty.
        assert_eq!(parts(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), 3);
        assert_eq!((parts(&"😀".repeat(35)), parts(&"😀".repeat(36))), (1, 2));
    }
}
