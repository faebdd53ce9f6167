//! Check digits.

/// Luhn's: ISO/IEC 7812-1, annex B. `digits` are ASCII.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0');
            match (place % 2, value * 2) {
                (0, _) => value,
                (_, doubled @ 10..) => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// MOD 97-10 of an IBAN without spaces: ISO 7064, ISO 13616-1. `iban` is ASCII letters and digits, at least 4.
pub(super) fn iban(iban: &[u8]) -> bool {
    let (head, rest) = iban.split_at(4);
    let remainder = rest.iter().chain(head).fold(0_u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    remainder == 1
}

/// Characters of an IBAN of this country (two capital letters); none where the country has none. The registry's lengths,
/// ISO 13616-2.
pub(super) fn iban_length(country: &[u8]) -> Option<usize> {
    const LENGTHS: [(usize, &str); 18] = [
        (15, "NO"),
        (16, "BE"),
        (18, "DK FO FI GL NL"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU MN XK"),
        (21, "CH HR LI LV"),
        (22, "BG BH CR DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ TL"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
        (25, "LY PT ST"),
        (26, "IS TR"),
        (27, "FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HU LB PL SV"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU"),
        (31, "MT SC"),
        (32, "LC"),
        (33, "RU"),
    ];
    let listed = |countries: &str| countries.split(' ').any(|listed| listed.as_bytes() == country);
    LENGTHS.into_iter().find(|(_, countries)| listed(countries)).map(|(length, _)| length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_digit_is_seen() {
        for card in ["4111111111111111", "5555555555554444", "378282246310005", "4222222222222"] {
            assert!(luhn(card.as_bytes()), "{card}");
            for place in 0..card.len() {
                let mut wrong = card.as_bytes().to_vec();
                wrong[place] = b'0' + (wrong[place] - b'0' + 1) % 10;
                assert!(!luhn(&wrong), "{card} at {place}");
            }
        }
    }

    #[test]
    fn ibans_of_the_registry_are_right_and_altered_ones_are_not() {
        for right in
            ["DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NO9386011117947"]
        {
            assert!(iban(right.as_bytes()), "{right}");
            assert_eq!(iban_length(&right.as_bytes()[..2]), Some(right.len()));
            let swapped: Vec<u8> = right
                .bytes()
                .enumerate()
                .map(|(place, byte)| if place == 3 { b'0' + (byte - b'0' + 1) % 10 } else { byte })
                .collect();
            assert!(!iban(&swapped), "{right}");
        }
        assert_eq!(iban_length(b"US"), None);
    }
}
