//! Whether an event may be taken.

use super::Invalid;
use super::shape::{is_category, is_email, is_language, is_line, is_path, is_phone, is_target, optional};
use crate::{Channel, Event, Recipient};
use serde_json::{Map, Value};

const RECIPIENTS_MAX: usize = 500;
const DATA_BYTES_MAX: usize = 64 * 1024;
/// What is said to one recipient alone, in bytes of JSON.
const RECIPIENT_DATA_BYTES_MAX: usize = 8 * 1024;
/// An event in all, in bytes of JSON: it goes through a queue in one piece.
const EVENT_BYTES_MAX: usize = 200 * 1024;
const DATA_DEPTH_MAX: usize = 16;
const KEY_CHARS_MAX: usize = 255;
const NAME_CHARS_MAX: usize = 200;
/// The longest that something is gathered, in seconds: 31 days.
const DIGEST_SECONDS_MAX: i64 = 31 * 24 * 60 * 60;

impl Event {
    /// Whether it may be taken.
    ///
    /// # Errors
    /// The first field that is not acceptable.
    pub fn check(&self) -> Result<(), Invalid> {
        let key = "expected one line of 1 to 255 characters";
        let category = "expected 1 to 64 characters of a-z, 0-9, dots, underscores and hyphens";
        optional("key", self.key.as_deref(), |text| is_line(text, KEY_CHARS_MAX), key)?;
        optional("category", Some(&self.category), is_category, category)?;
        optional("template", self.template.as_deref(), is_category, category)?;
        optional("link", self.link.as_deref(), is_path, "expected a path that begins with one /")?;
        if !(1..=RECIPIENTS_MAX).contains(&self.recipients.len()) {
            return Invalid::at("recipients", "expected 1 to 500 recipients");
        }
        if self.channels.as_ref().is_some_and(|channels| channels.is_empty()) {
            return Invalid::at("channels", "expected at least one channel, or none said at all");
        }
        check_data("data", &self.data, DATA_BYTES_MAX, "expected at most 64 KiB of JSON")?;
        for (index, recipient) in self.recipients.iter().enumerate() {
            self.check_recipient(&format!("recipients[{index}]"), recipient)?;
        }
        if let Some(digest) = &self.digest {
            optional("digest.key", Some(&digest.key), |text| is_line(text, KEY_CHARS_MAX), key)?;
            if digest.period.as_ref().is_some_and(|period| period.seconds_about() > DIGEST_SECONDS_MAX) {
                return Invalid::at("digest.period", "expected at most 31 days");
            }
        }
        if serde_json::to_vec(self).map_or(usize::MAX, |bytes| bytes.len()) > EVENT_BYTES_MAX {
            return Invalid::at("recipients", "expected at most 200 KiB of JSON in all");
        }
        Ok(())
    }

    fn check_recipient(&self, at: &str, recipient: &Recipient) -> Result<(), Invalid> {
        match recipient {
            Recipient::User { data, .. } => {
                check_data(&format!("{at}.data"), data, RECIPIENT_DATA_BYTES_MAX, "expected at most 8 KiB of JSON")
            }
            Recipient::Group { except, .. } if except.len() > RECIPIENTS_MAX => {
                Invalid::at(format!("{at}.except"), "expected at most 500 users")
            }
            Recipient::Group { .. } => Ok(()),
            Recipient::Address { channel, address, name, language, .. } => {
                let (shape, message): (fn(&str) -> bool, _) = match channel {
                    Channel::Email => (is_email, "expected a mail address such as ada@acme.example"),
                    Channel::Sms => (is_phone, "expected a telephone number such as +4366012345"),
                    _ => return Invalid::at(format!("{at}.channel"), "expected email or sms"),
                };
                if self.channels.as_ref().is_some_and(|channels| !channels.contains(channel)) {
                    return Invalid::at(format!("{at}.channel"), "expected one of the event's channels");
                }
                optional(&format!("{at}.address"), Some(&address.0), shape, message)?;
                let line = |text: &str| is_line(text, NAME_CHARS_MAX);
                optional(&format!("{at}.name"), name.as_deref(), line, "expected one line of 1 to 200 characters")?;
                let expected = "expected a language tag such as de or de-AT";
                optional(&format!("{at}.language"), language.as_deref(), is_language, expected)
            }
            Recipient::Target { target } => optional(
                &format!("{at}.target"),
                Some(target),
                is_target,
                "expected 1 to 64 characters of a-z, 0-9 and hyphens",
            ),
        }
    }
}

fn check_data(at: &str, data: &Map<String, Value>, bytes_max: usize, message: &'static str) -> Result<(), Invalid> {
    if serde_json::to_vec(data).map_or(usize::MAX, |bytes| bytes.len()) > bytes_max {
        return Invalid::at(at, message);
    }
    // A database keeps no NUL; what nobody can read at a glance belongs into a document.
    if !data.iter().all(|(key, value)| !key.contains('\0') && is_plain(value, DATA_DEPTH_MAX)) {
        return Invalid::at(at, "expected JSON without NUL characters and nested at most 16 deep");
    }
    Ok(())
}

fn is_plain(value: &Value, depth: usize) -> bool {
    match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_plain(item, depth - 1)),
        Value::Object(members) => {
            depth > 0 && members.iter().all(|(key, member)| !key.contains('\0') && is_plain(member, depth - 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(changes: Value) -> Event {
        let mut event = json!({
            "id": "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081", "category": "document.shared", "at": "2026-11-27T12:00:00Z",
            "recipients": [{"to": "user", "user": "ada"}],
        });
        let Value::Object(changes) = changes else { panic!("an object is laid over it") };
        for (key, value) in changes {
            event[key] = value;
        }
        serde_json::from_value(event).unwrap()
    }

    fn field(changes: Value) -> Option<String> {
        event(changes).check().err().map(|invalid| invalid.field)
    }

    #[test]
    fn what_is_wrong_says_where() {
        assert_eq!(field(json!({})), None);
        assert_eq!(field(json!({"category": "Approval"})).as_deref(), Some("category"));
        assert_eq!(field(json!({"recipients": []})).as_deref(), Some("recipients"));
        assert_eq!(field(json!({"channels": []})).as_deref(), Some("channels"));
        assert_eq!(field(json!({"link": "//evil.example"})).as_deref(), Some("link"));
        assert_eq!(field(json!({"key": "a\nb"})).as_deref(), Some("key"));
        assert_eq!(field(json!({"digest": {"key": "a", "period": "P1Y"}})).as_deref(), Some("digest.period"));
        assert_eq!(field(json!({"data": {"a": "x\u{0}"}})).as_deref(), Some("data"));
        assert_eq!(field(json!({"data": {"a": "x".repeat(70_000)}})).as_deref(), Some("data"));
        let address = |channel: &str, address: &str| json!([{"to": "address", "channel": channel, "address": address}]);
        assert_eq!(field(json!({"recipients": address("email", "ada@acme.example")})), None);
        let wrong = field(json!({"recipients": address("email", "a@b.example\r\nBcc: c@d.example")}));
        assert_eq!(wrong.as_deref(), Some("recipients[0].address"));
        assert_eq!(
            field(json!({"recipients": address("slack", "x")})).as_deref(),
            Some("recipients[0].channel"),
            "only mail and telephone have addresses of their own"
        );
        assert_eq!(
            field(json!({"recipients": address("sms", "+4366012345"), "channels": ["email"]})).as_deref(),
            Some("recipients[0].channel")
        );
    }

    #[test]
    fn data_has_a_depth() {
        let mut deep = json!(1);
        for _ in 0..20 {
            deep = json!([deep]);
        }
        assert_eq!(field(json!({"data": {"a": deep}})).as_deref(), Some("data"));
    }
}
