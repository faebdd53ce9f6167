//! Personal data out of prompts.

use super::detect::{self, Span};
use super::{DataKind, Redactions};
use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What looks like one of our placeholders though it came from outside.
static LOOK_ALIKE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("<(?:EMAIL|PHONE|CREDIT_CARD|IBAN|IP_ADDRESS|US_SSN|LITERAL)_[0-9]{1,9}>").expect("a constant pattern")
});
/// The label of what was not personal data but looked like a placeholder.
const LITERAL: &str = "LITERAL";

/// Finds personal data of the chosen kinds and puts placeholders in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redactor {
    kinds: Vec<DataKind>,
}

impl Redactor {
    /// For these kinds, by the names that policies use; `all` is all of them. Names that are unknown are no kind: a policy
    /// with one is refused when it is written.
    pub fn new<S: AsRef<str>>(kinds: &[S]) -> Self {
        let chosen =
            |kind: &DataKind| kinds.iter().any(|name| name.as_ref() == "all" || name.as_ref() == kind.as_str());
        Self { kinds: DataKind::ALL.into_iter().filter(chosen).collect() }
    }

    /// Whether it looks for nothing.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// `text` with a placeholder (`<EMAIL_1>`) for each piece of personal data; borrowed where there is none. The same
    /// value has the same placeholder throughout one `map`, which is one request's. A text that already looks like a
    /// placeholder is given one itself, so [`Redactions::restore`] gives back exactly what was there.
    pub fn redact<'a>(&self, text: &'a str, map: &mut Redactions) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        // From a start to its end and label: what is found first, by the surer detector, stays.
        let mut found: BTreeMap<usize, (usize, &'static str)> = BTreeMap::new();
        let mut take = |span: Span, label| {
            let clear = found.range(..span.end).next_back().is_none_or(|(_, (end, _))| *end <= span.start);
            if clear {
                found.insert(span.start, (span.end, label));
            }
        };
        for hit in LOOK_ALIKE.find_iter(text) {
            take(hit.range(), LITERAL);
        }
        for kind in detect::BY_CERTAINTY.into_iter().filter(|kind| self.kinds.contains(kind)) {
            for span in detect::find(kind, text) {
                take(span, kind.label());
            }
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut safe = String::with_capacity(text.len());
        let mut done = 0;
        for (start, (end, label)) in found {
            safe.push_str(&text[done..start]);
            safe.push_str(map.placeholder(label, &text[start..end]));
            done = end;
        }
        safe.push_str(&text[done..]);
        Cow::Owned(safe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redacted(text: &str) -> String {
        let mut map = Redactions::new();
        let safe = Redactor::new(&["all"]).redact(text, &mut map).into_owned();
        assert_eq!(map.restore(&safe), text);
        safe
    }

    /// What stands between `[[` and `]]` is found, and nothing else is.
    fn check(texts: &[&str]) {
        for marked in texts {
            let text = marked.replace("[[", "").replace("]]", "");
            let mut map = Redactions::new();
            let safe = Redactor::new(&["all"]).redact(&text, &mut map).into_owned();
            let parts: Vec<&str> = marked.split("[[").flat_map(|part| part.split("]]")).collect();
            let values: Vec<&str> = parts.iter().skip(1).step_by(2).copied().collect();
            let rest: Vec<&str> = parts.iter().step_by(2).copied().collect();
            let mut left = safe.as_str();
            for (place, value) in values.iter().enumerate() {
                let start = left.find('<').unwrap_or_else(|| panic!("`{value}` was not found in `{text}`: {safe}"));
                let end = left.find('>').unwrap();
                assert_eq!(&left[..start], rest[place], "{safe}");
                assert_eq!(map.restore(&left[start..=end]), *value, "{safe}");
                left = &left[end + 1..];
            }
            assert_eq!(left, rest[values.len()], "in `{text}`: {safe}");
        }
    }

    #[test]
    fn email() {
        check(&[
            "write to [[ada.lovelace+math@sub.example.co.uk]].",
            "href=\"mailto:[[ada@example.com]]\", '[[o'neil@example.org]]'",
            "([[jürgen@müller.de]]), [[a@b.museum]]; [[ada@example.com]].2; [[x@xn--bcher-kva.example]]!",
            "npm i pkg@1.2.3, @types/node@20, user@localhost, a@b, @mention, 5 @ 3.50",
            "a..@x, a@b..com, a@-, x@y.1a",
        ]);
    }

    #[test]
    fn phone() {
        check(&[
            "call [[+49 30 1234567]] or [[+1 (555) 123-4567]], [[+442071838750]] today",
            "[[(555) 234-5678]], [[555-234-5678]]; [[1-800-234-5678]] and [[555.234.5678]]",
            "Büro [[030 1234567]], [[089/12345678]], [[0171-1234567]], [[06 12 34 56 78]], [[(030) 1234567]]",
            "[[0049 30 1234567]] phone: [[5552345678]], Tel. [[4711 0815]], mobile number [[0791234567]]",
            "two: [[555-234-5678]] [[555-345-6789]]",
            "+1 is 2, C++ 11, 1+12345678",
        ]);
    }

    #[test]
    fn what_only_looks_like_a_phone() {
        check(&[
            "on 2026-11-26, 26.11.2026, 11/26/2026 and 01-02-2026 at 10 15 30",
            "version 1.20.300.4000, v10.0.19045.3693, python 3.12.10, 2026.11.26.1",
            "order 4711-0815-2342, invoice 2026-000123, ISBN 978-3-16-148410-0, SKU 100-200-300",
            "1234567890 and 12345678901, 1 234 567 890 people, 1.234.567,89 EUR, 0.123456789",
            "pages 100-200, 1990-2000, 3 000 000, 12 34 56, 192-168-001-001",
            "id 5f3a-4467890123, 0x1234567890, $1 555 234 5678%",
        ]);
    }

    #[test]
    fn credit_card() {
        check(&[
            "[[4111 1111 1111 1111]], [[5555-5555-5555-4444]], [[378282246310005]], [[3782 822463 10005]]",
            "order 1234 [[4111 1111 1111 1111]] 99, [[6011111111111117]]. [[4222222222222]]",
            "4111 1111 1111 1112, 1234567890123456, 0000000000000000, 41111111111111111111111",
            "x4111111111111111, 0.4111111111111111, 4111111111111111a, 41 11 11 11 11 11 11 11",
        ]);
    }

    #[test]
    fn iban() {
        check(&[
            "IBAN [[DE89 3704 0044 0532 0130 00]] BIC COBADEFF, [[GB29NWBK60161331926819]].",
            "[[DE89370400440532013000]], [[NO93 8601 1117 947]] then; [[fr1420041010050500013m02606]]",
            "DE88 3704 0044 0532 0130 00, US12 3456 7890 1234, DE89 3704, AB12 some text here, GB29NWBK60161331926819X",
        ]);
    }

    #[test]
    fn ip_address() {
        check(&[
            "from [[203.0.113.7]]:8080 and http://[[10.1.2.3]]/x, [[192.168.0.1]].",
            "[[2001:db8::8a2e:370:7334]], [ [[fe80::1ff:fe23:4567:890a]] ]:443, ip:[[203.0.113.7]], [[::ffff:192.0.2.128]]",
            "127.0.0.1, 0.0.0.0, ::1, ::, 256.1.1.1, 1.2.3, 1.2.3.4.5, version 10.0.19.45, v1.2.3.4",
            "std::fmt, a::b, crate::a1::b2, 12:30:45, aa:bb:cc:dd:ee:ff, 10:00",
        ]);
    }

    #[test]
    fn us_ssn() {
        check(&[
            "SSN [[078-05-1120]], SSN: [[078 05 1120]], [[123-45-6789]].",
            "000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000, 123 45 6789, 1-123-45-6789, 123-45-67890",
        ]);
    }

    #[test]
    fn one_value_has_one_placeholder_and_kinds_can_be_chosen() {
        assert_eq!(redacted("a@x.org b@x.org a@x.org"), "<EMAIL_1> <EMAIL_2> <EMAIL_1>");
        let mut map = Redactions::new();
        let redactor = Redactor::new(&["iban", "nonsense"]);
        assert_eq!(redactor.redact("a@x.org", &mut map), "a@x.org");
        assert!(Redactor::new::<&str>(&[]).is_empty() && Redactor::new(&["nonsense"]).is_empty());
        let mut map = Redactions::new();
        let redactor = Redactor::new(&["email"]);
        assert_eq!(redactor.redact("a@x.org", &mut map), "<EMAIL_1>");
        assert_eq!(redactor.redact("b@x.org and a@x.org", &mut map), "<EMAIL_2> and <EMAIL_1>");
        assert_eq!(map.count(), 3);
    }

    /// Somebody else's `<EMAIL_1>` must not be answered with an address, even if it comes before or after one.
    #[test]
    fn a_placeholder_that_was_there_already_is_not_confused() {
        assert_eq!(redacted("<EMAIL_1> a@x.org <EMAIL_1>"), "<LITERAL_1> <EMAIL_1> <LITERAL_1>");
        assert_eq!(redacted("<LITERAL_1>"), "<LITERAL_1>");
    }

    proptest! {
        #[test]
        fn whatever_is_taken_out_comes_back(text in "([ -~äß漢\\n]|<EMAIL_[0-9]>| a@x\\.org |\\+4930123456|192\\.0\\.2\\.1|<){0,60}") {
            let mut map = Redactions::new();
            let safe = Redactor::new(&["all"]).redact(&text, &mut map).into_owned();
            prop_assert!(!safe.contains(" a@x.org "));
            prop_assert_eq!(map.restore(&safe), text);
        }

        #[test]
        fn any_text_can_be_looked_through(text in "\\PC{0,200}") {
            redacted(&text);
        }

        #[test]
        fn numbers_and_signs_do_not_break_it(text in "[0-9+()./ :-]{0,80}") {
            redacted(&text);
        }
    }
}
