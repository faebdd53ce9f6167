//! What the members of an input must be, with the service's texts.

use super::fault::Fault;
use std::fmt::{Display, Write as _};
use std::ops::RangeInclusive;

/// The longest value that is shown back, in bytes.
const SHOWN_BYTES_MAX: usize = 4_096;

/// Collects what is wrong with an input's members; all of it is told at once.
#[derive(Debug, Default)]
pub(crate) struct Checks(Vec<String>);

impl Checks {
    /// `value` of `member` fails `constraint`.
    pub(crate) fn fail(&mut self, member: &str, value: impl Display, constraint: impl Display) {
        let value = value.to_string();
        // What is longer than any token is a definition or the like: nobody wants it back.
        let shown = if value.len() > SHOWN_BYTES_MAX { String::new() } else { format!(" '{value}'") };
        self.0.push(format!("Value{shown} at '{member}' failed to satisfy constraint: {constraint}"));
    }

    /// A member that must be there is not.
    pub(crate) fn null(&mut self, member: &str) {
        self.0.push(format!("Value null at '{member}' failed to satisfy constraint: Member must not be null"));
    }

    /// Characters of a text.
    pub(crate) fn length(&mut self, member: &str, text: &str, allowed: RangeInclusive<usize>) {
        if text.contains('\0') {
            self.fail(member, text.escape_debug(), "Member must not contain null characters");
        }
        // Bytes are cheap to count, and no fewer than characters.
        if text.len() <= *allowed.end() && text.len() >= *allowed.start() && text.is_ascii() {
            return;
        }
        let length = text.chars().count();
        if length > *allowed.end() {
            let limit = allowed.end();
            self.fail(member, text, format_args!("Member must have length less than or equal to {limit}"));
        } else if length < *allowed.start() {
            let limit = allowed.start();
            self.fail(member, text, format_args!("Member must have length greater than or equal to {limit}"));
        }
    }

    /// The same for a text that may be left out.
    pub(crate) fn length_if(&mut self, member: &str, text: Option<&String>, allowed: RangeInclusive<usize>) {
        if let Some(text) = text {
            self.length(member, text, allowed);
        }
    }

    /// A number.
    pub(crate) fn range(&mut self, member: &str, number: i64, allowed: RangeInclusive<i64>) {
        if number > *allowed.end() {
            let limit = allowed.end();
            self.fail(member, number, format_args!("Member must have value less than or equal to {limit}"));
        } else if number < *allowed.start() {
            let limit = allowed.start();
            self.fail(member, number, format_args!("Member must have value greater than or equal to {limit}"));
        }
    }

    /// The same for a number that may be left out.
    pub(crate) fn range_if(&mut self, member: &str, number: Option<i64>, allowed: RangeInclusive<i64>) {
        if let Some(number) = number {
            self.range(member, number, allowed);
        }
    }

    /// One of a few texts.
    pub(crate) fn one_of(&mut self, member: &str, text: &str, allowed: &[&str]) {
        if !allowed.contains(&text) {
            let set = allowed.join(", ");
            self.fail(member, text, format_args!("Member must satisfy enum value set: [{set}]"));
        }
    }

    /// The same for a text that may be left out.
    pub(crate) fn one_of_if(&mut self, member: &str, text: Option<&String>, allowed: &[&str]) {
        if let Some(text) = text {
            self.one_of(member, text, allowed);
        }
    }

    /// Whether nothing was wrong.
    ///
    /// # Errors
    ///
    /// `ValidationException` with everything that was.
    pub(crate) fn done(self) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut message = format!("{} validation error", self.0.len());
        if self.0.len() > 1 {
            message.push('s');
        }
        let _ = write!(message, " detected: {}", self.0.join("; "));
        Err(Fault::validation(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_told_with_its_member() {
        let mut checks = Checks::default();
        checks.range("maxResults", 1_001, 0..=1_000);
        checks.length("name", "", 1..=80);
        checks.length("comment", "äöü", 1..=3);
        checks.one_of_if("type", Some(&"FAST".to_owned()), &["EXPRESS", "STANDARD"]);
        checks.null("definition");
        let expected = "4 validation errors detected: \
            Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000; \
            Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; \
            Value 'FAST' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [EXPRESS, STANDARD]; \
            Value null at 'definition' failed to satisfy constraint: Member must not be null";
        assert_eq!(checks.done().unwrap_err().to_string(), expected);
        Checks::default().done().unwrap();
        let mut checks = Checks::default();
        checks.length("definition", &"x".repeat(5_000), 1..=4_999);
        checks.length("roleArn", "a\0b", 1..=9);
        let text = checks.done().unwrap_err().to_string();
        assert!(text.contains("Value at 'definition'") && text.contains("'a\\0b' at 'roleArn'"), "{text}");
    }
}
