//! The shapes that fields have.

/// A field is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Invalid {
    /// Where: a JSON path in what was given, `recipients[2].address`.
    pub field: String,
    /// What was expected.
    pub message: &'static str,
}

impl Invalid {
    pub(crate) fn at<T>(field: impl Into<String>, message: &'static str) -> Result<T, Self> {
        Err(Self { field: field.into(), message })
    }
}

/// Mail addresses, in bytes: RFC 5321, section 4.5.3.1.
const EMAIL_BYTES_MAX: usize = 254;
const LOCAL_PART_BYTES_MAX: usize = 64;
const HOST_LABEL_BYTES_MAX: usize = 63;
const CATEGORY_CHARS_MAX: usize = 64;
const TARGET_CHARS_MAX: usize = 64;
/// Language tags: RFC 5646, section 4.4.1, asks for 35.
const LANGUAGE_CHARS_MAX: usize = 35;
const URL_CHARS_MAX: usize = 2_000;

/// A field with a shape is one that `shape` accepts; one that is not there is acceptable.
pub(super) fn optional(
    field: &str,
    value: Option<&str>,
    shape: impl Fn(&str) -> bool,
    message: &'static str,
) -> Result<(), Invalid> {
    match value {
        Some(value) if !shape(value) => Invalid::at(field, message),
        _ => Ok(()),
    }
}

/// One line of 1 to `max` characters: nothing in it can begin another header or hide what follows.
pub(super) fn is_line(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// A mail address: ASCII, without quotes, comments or addresses in figures.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let local_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let label = |label: &str| {
        (1..=HOST_LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= EMAIL_BYTES_MAX
        && (1..=LOCAL_PART_BYTES_MAX).contains(&local.len())
        && local.bytes().all(local_byte)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && host.split('.').all(label)
}

/// `Name <address>` or an address alone.
pub(super) fn is_mailbox(text: &str) -> bool {
    if text.chars().any(char::is_control) {
        return false;
    }
    match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) => is_email(address) && name.chars().count() <= 200 && !name.contains(['"', '@', ',']),
        None => is_email(text),
    }
}

/// A telephone number after E.164: `+` and 7 to 15 digits, the first of them not 0.
pub(super) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
    })
}

/// A language tag of BCP 47, by its form alone: `de`, `de-AT`, `zh-Hant-TW`.
pub(crate) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    text.len() <= LANGUAGE_CHARS_MAX
        && (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A category, and so a template's name.
pub(crate) fn is_category(text: &str) -> bool {
    (1..=CATEGORY_CHARS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-'))
}

/// What rules and preferences are kept by: a category, a family such as `approval.*`, or `*`.
pub(super) fn is_category_key(text: &str) -> bool {
    text == "*" || is_category(text.strip_suffix(".*").unwrap_or(text))
}

pub(super) fn is_target(text: &str) -> bool {
    (1..=TARGET_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A path of the application. A link of somebody else's in a message that looks like ours would be a gift to phishers.
pub(super) fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains('\\')
        && !text.chars().any(|char| char.is_control() || char.is_whitespace())
        && text.chars().count() <= URL_CHARS_MAX
}

/// An address on the web: https, or http on this machine, so that one can develop.
pub(super) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| {
        text.strip_prefix("http://")
            .filter(|rest| ["localhost", "127.0.0.1", "[::1]"].contains(&host_of(rest).as_str()))
    });
    rest.is_some_and(|rest| !host_of(rest).is_empty() && !rest.contains('@') && is_url_text(text))
}

/// An image on the web: https only, as mail programs fetch nothing else.
pub(super) fn is_image_address(text: &str) -> bool {
    text.starts_with("https://") && is_web_address(text)
}

fn is_url_text(text: &str) -> bool {
    text.len() <= URL_CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&byte))
}

fn host_of(rest: &str) -> String {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
        _ => authority.to_owned(),
    }
}

pub(super) fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_told_from_what_only_looks_like_them() {
        for good in ["ada@acme.example", "a.b+c@x-y.example", "o'neil@localhost"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@acme.example",
            "ada@",
            "ada@acme..example",
            ".ada@acme.example",
            "a b@acme.example",
            "ada@acme.example\r\nBcc: eve@evil.example",
            "ada@acme.example,eve@evil.example",
            "<ada@acme.example>",
            "ada@@acme.example",
            "ada@-acme.example",
            "ädä@acme.example",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(is_mailbox("Acme <hello@acme.example>"));
        assert!(!is_mailbox("Acme <hello@acme.example>\r\nBcc: eve@evil.example"));
        assert!(!is_mailbox("Acme, Eve <hello@acme.example>"));
    }

    #[test]
    fn numbers_languages_and_links() {
        assert!(is_phone("+4366012345"));
        for bad in ["4366012345", "+0366012345", "+43 660", "+", "+43660123456789012"] {
            assert!(!is_phone(bad), "{bad}");
        }
        for good in ["de", "de-AT", "zh-Hant-TW"] {
            assert!(is_language(good), "{good}");
        }
        for bad in ["", "d", "de_AT", "de-", "deutsch", "de/../en"] {
            assert!(!is_language(bad), "{bad}");
        }
        for bad in ["//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/a\nb"] {
            assert!(!is_path(bad), "{bad}");
        }
        for good in ["https://docs.acme.example", "https://x:8443/a?b=c", "http://localhost:3000"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in
            ["http://acme.example", "https://", "https://u:p@acme.example", "javascript:alert(1)", "https://a/\"x"]
        {
            assert!(!is_web_address(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_acceptable_begins_another_header(text in "\\PC{0,10}[\r\n\0]{1,2}\\PC{0,10}") {
            prop_assert!(!is_email(&text) && !is_mailbox(&text) && !is_phone(&text) && !is_path(&text));
            prop_assert!(!is_line(&text, 100) && !is_web_address(&text));
        }
    }
}
