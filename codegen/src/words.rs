//! Splits names of the wire into words, from which each target builds names in its language's case.

/// The words of a name, in lower case: `SMS_SENDER`, `metadataKey` and `WhatsAppFlow` have two, two and three.
///
/// What is no letter and no digit separates words, and so does the step from a small letter or a digit to a capital
/// one. The last of several capitals belongs to the small letters after it.
pub(crate) fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            finish(&mut word, &mut words);
            continue;
        }
        let before = at.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(at + 1);
        let begins = character.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        // In a name that is all capitals and digits, digits end no word: V2X is one.
        if begins && !(before.is_some_and(|before| before.is_ascii_digit()) && is_shouted(name)) {
            finish(&mut word, &mut words);
        }
        word.push(character.to_ascii_lowercase());
    }
    finish(&mut word, &mut words);
    words
}

fn is_shouted(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn every_case_of_the_contract_is_split() {
        assert_eq!(words("SMS_SENDER"), ["sms", "sender"]);
        assert_eq!(words("partially-shipped"), ["partially", "shipped"]);
        assert_eq!(words("metadataKey"), ["metadata", "key"]);
        assert_eq!(words("WhatsAppFlow"), ["whats", "app", "flow"]);
        assert_eq!(words("OAuthGrantType"), ["o", "auth", "grant", "type"]);
        assert_eq!(words("@type"), ["type"]);
        assert_eq!(words("ZH_CN"), ["zh", "cn"]);
    }

    #[test]
    fn digits_stay_with_what_is_before_them() {
        assert_eq!(words("base64Text"), ["base64", "text"]);
        assert_eq!(words("V2X"), ["v2x"]);
        assert_eq!(words("3D_SECURE"), ["3d", "secure"]);
    }

    #[test]
    fn signs_alone_are_no_word() {
        assert!(words("--").is_empty());
    }
}
