//! The texts that every language runs, and what holds for any text.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The alphabet once more, apart from the tables under test.
const ONE_SEPTET: &str = "\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz\
                          £¥§¡¿¤àèéìòùÄÅÆÇÉÑÖØÜßäåæñöøüΓΔΘΛΞΠΣΦΨΩ";
const TWO_SEPTETS: &str = "{}[]~\\|^€\u{c}";

fn units_by_the_book(text: &str) -> (Encoding, Vec<usize>) {
    let septets = |character| {
        let one = ONE_SEPTET.contains(character).then_some(1);
        one.or_else(|| TWO_SEPTETS.contains(character).then_some(2))
    };
    match text.chars().map(septets).collect::<Option<Vec<_>>>() {
        Some(units) => (Encoding::Gsm7, units),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect()),
    }
}

/// The least number of parts, by trying every place for the last cut.
fn least_parts(units: &[usize], capacity: usize) -> usize {
    let mut least = vec![0];
    for end in 1..=units.len() {
        let starts = (0..end).rev().take_while(|&start| units[start..end].iter().sum::<usize>() <= capacity);
        let best = starts.map(|start| least[start] + 1).min().unwrap();
        least.push(best);
    }
    least[units.len()]
}

/// A text from the file: a string, a repeated one, or a list of both.
fn text(form: &Value) -> String {
    match form {
        Value::String(text) => text.clone(),
        Value::Array(pieces) => pieces.iter().map(text).collect(),
        _ => form["repeat"][0].as_str().unwrap().repeat(number(&form["repeat"][1])),
    }
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap().try_into().unwrap()
}

/// The forcing characters from the file, those that stand in a row one by one.
fn forcing_characters(entries: &Value) -> Vec<(char, usize, usize, usize)> {
    let run = |entry: &Value| {
        let character: char = entry[0].as_str().unwrap().parse().unwrap();
        let (byte, index, utf16) = (number(&entry[1]), number(&entry[2]), number(&entry[3]));
        let times = entry.get(4).map_or(1, number);
        (0..times).map(move |nth| {
            let (byte, utf16) = (byte + nth * character.len_utf8(), utf16 + nth * character.len_utf16());
            (character, byte, index + nth, utf16)
        })
    };
    entries.as_array().unwrap().iter().flat_map(run).collect()
}

#[test]
fn the_texts_of_every_language_come_out_as_counted_by_hand() {
    let file: Value = serde_json::from_str(include_str!("../../../tests/segments.json")).unwrap();
    let texts = file["texts"].as_array().unwrap();
    assert!(texts.len() >= 60);
    for case in texts {
        let name = case["name"].as_str().unwrap();
        let text_given = text(&case["text"]);
        let segments = segments(&text_given);

        let parts: Vec<_> = segments.parts().iter().map(|part| part.units).collect();
        let parts_counted: Vec<_> = case["parts"].as_array().unwrap().iter().map(number).collect();
        assert_eq!(segments.encoding().as_str(), case["encoding"], "{name}");
        assert_eq!(parts, parts_counted, "{name}");

        let forcing: Vec<_> = segments
            .forcing_characters()
            .map(|at| (at.character, at.byte_offset, at.character_index, at.utf16_offset))
            .collect();
        assert_eq!(forcing, forcing_characters(&case["forcing"]), "{name}");

        let suggestion = Some(&case["suggestion"]).filter(|form| !form.is_null()).map(text);
        assert_eq!(segments.suggestion(), suggestion, "{name}");
    }
}

#[test]
fn exactly_the_characters_of_the_two_tables_are_in_gsm_7_bit() {
    for character in '\0'..=char::MAX {
        let (encoding, units) = units_by_the_book(character.encode_utf8(&mut [0; 4]));
        let expected = (encoding == Encoding::Gsm7).then(|| units[0]);
        assert_eq!(gsm7::septets(character), expected, "U+{:04X}", u32::from(character));
    }
}

#[test]
fn each_replaced_character_is_outside_of_gsm_7_bit_and_stands_in_one_row() {
    let mut replaced: Vec<_> =
        replacements::TABLE.iter().flat_map(|(characters, _)| characters.chars()).collect();
    assert!(replaced.iter().all(|&character| gsm7::septets(character).is_none()));
    let all = replaced.len();
    replaced.sort_unstable();
    replaced.dedup();
    assert_eq!(replaced.len(), all);
}

#[test]
fn debug_shows_numbers_and_no_text() {
    let segments = segments("Your code is ４711");
    let shown = format!("{segments:?} {:?}", segments.forcing_characters().collect::<Vec<_>>());
    assert!(
        shown.contains("Ucs2") && shown.contains("units: 17") && shown.contains("byte_offset: 13"),
        "{shown}"
    );
    assert!(!shown.contains("code") && !shown.contains('４') && !shown.contains("711"), "{shown}");
}

fn from(characters: String) -> impl Strategy<Value = char> {
    prop::sample::select(characters.chars().collect::<Vec<_>>())
}

fn gsm_7_bit_character() -> impl Strategy<Value = char> {
    from([ONE_SEPTET, TWO_SEPTETS, TWO_SEPTETS, TWO_SEPTETS].concat())
}

/// Texts of characters that all have a replacement or need none.
fn replaceable_text() -> impl Strategy<Value = String> {
    let in_the_table = from(replacements::TABLE.iter().map(|(characters, _)| *characters).collect());
    let full_width = prop::char::range('\u{FF01}', '\u{FF5E}');
    let character = prop_oneof![4 => gsm_7_bit_character(), 4 => in_the_table, 1 => full_width];
    prop::collection::vec(character, 0..60).prop_map(String::from_iter)
}

/// Texts of up to some parts: in GSM 7-bit, in anything, and with replacements and accents.
fn any_text() -> impl Strategy<Value = String> {
    let mixed =
        prop_oneof![4 => gsm_7_bit_character(), 2 => from("жЖم😀👩\u{200D}𠮷".into()), 1 => any::<char>()];
    let accented = (replaceable_text(), prop::char::range('\u{300}', '\u{331}'), replaceable_text());
    prop_oneof![
        prop::collection::vec(gsm_7_bit_character(), 0..480).prop_map(String::from_iter),
        prop::collection::vec(mixed, 0..240).prop_map(String::from_iter),
        accented.prop_map(|(before, accent, after)| format!("{before}{accent}{after}")),
    ]
}

proptest! {
    #[test]
    fn the_encoding_is_gsm_7_bit_exactly_if_every_character_is_in_its_tables(text in any_text()) {
        prop_assert_eq!(segments(&text).encoding(), units_by_the_book(&text).0);
    }

    #[test]
    fn the_parts_join_to_the_text_and_none_is_over_its_limit(text in any_text()) {
        let (encoding, units) = units_by_the_book(&text);
        let segments = segments(&text);
        let joined: String = segments.parts().iter().map(|part| part.text).collect();
        prop_assert_eq!(joined, segments.text());
        prop_assert_eq!(segments.units(), units.iter().sum::<usize>());
        let capacity = match (encoding, segments.parts().len()) {
            (Encoding::Gsm7, 1) => 160,
            (Encoding::Gsm7, _) => 153,
            (Encoding::Ucs2, 1) => 70,
            (Encoding::Ucs2, _) => 67,
        };
        let mut rest = units.as_slice();
        for part in segments.parts() {
            let (own, others) = rest.split_at(part.text.chars().count());
            prop_assert_eq!(part.units, own.iter().sum::<usize>());
            prop_assert_eq!(part.capacity, capacity);
            prop_assert!(part.units <= capacity);
            rest = others;
        }
        prop_assert_eq!(segments.units_left(), capacity - segments.parts().last().unwrap().units);
    }

    #[test]
    fn no_other_split_has_fewer_parts(text in any_text()) {
        let (encoding, units) = units_by_the_book(&text);
        let (alone, each) = if encoding == Encoding::Gsm7 { (160, 153) } else { (70, 67) };
        let fits_alone = units.iter().sum::<usize>() <= alone;
        let least = if fits_alone { 1 } else { least_parts(&units, each) };
        prop_assert_eq!(segments(&text).parts().len(), least);
    }

    #[test]
    fn each_forcing_character_stands_where_it_is_said_to_and_none_is_left_out(text in any_text()) {
        let segments = segments(&text);
        let mut found = 0;
        for at in segments.forcing_characters() {
            found += 1;
            let before = &text[..at.byte_offset];
            prop_assert_eq!(text[at.byte_offset..].chars().next(), Some(at.character));
            prop_assert_eq!(before.chars().count(), at.character_index);
            prop_assert_eq!(before.encode_utf16().count(), at.utf16_offset);
            prop_assert!(!ONE_SEPTET.contains(at.character) && !TWO_SEPTETS.contains(at.character));
        }
        let outside = |character: &char| !ONE_SEPTET.contains(*character) && !TWO_SEPTETS.contains(*character);
        prop_assert_eq!(found, text.chars().filter(outside).count());
    }

    #[test]
    fn a_suggestion_is_always_in_gsm_7_bit(text in any_text()) {
        let suggestion = segments(&text).suggestion();
        if let Some(suggestion) = suggestion {
            prop_assert_eq!(segments(&text).encoding(), Encoding::Ucs2);
            prop_assert_eq!(segments(&suggestion).encoding(), Encoding::Gsm7);
        }
    }

    #[test]
    fn a_text_of_replaceable_characters_has_a_suggestion_and_one_more_takes_it_away(text in replaceable_text()) {
        // The ellipsis makes it UCS-2 and leaves something of a text that is replaced by nothing.
        let (replaceable, not) = (format!("{text}…"), format!("{text}ж"));
        prop_assert!(segments(&replaceable).suggestion().is_some());
        prop_assert_eq!(segments(&not).suggestion(), None);
    }
}
