//! Whether a tenant's template may be set.

use super::TemplateError;
use super::compiled::{Form, read};
use super::engine::Escape;
use crate::StoredTemplate;
use crate::check::{is_category, is_language};

/// The parts of templates: the subject, text and HTML (MJML) of a mail, the text of an SMS, the title and body of a notice in the
/// application, the text for Slack, the line for a pager.
pub const PARTS: [&str; 8] = ["subject", "text", "html", "sms", "title", "body", "slack", "summary"];
/// A template, in bytes of all its parts.
const TEMPLATE_BYTES_MAX: usize = 128 * 1024;

impl StoredTemplate {
    /// Whether it may be set: every part is read as it would be for sending.
    ///
    /// # Errors
    /// The first part that is not acceptable, with its line; `name` or `language`, where it is one of these.
    pub fn check(&self) -> Result<(), TemplateError> {
        let refuse = |part: &str, message: &str| Err(TemplateError::new(part, None, message));
        if !is_category(&self.name) {
            return refuse("name", "expected 1 to 64 characters of a-z, 0-9, dots, underscores and hyphens");
        }
        if !is_language(&self.language) {
            return refuse("language", "expected a language tag such as de or de-AT");
        }
        if self.parts.is_empty() {
            return refuse("parts", "expected at least one part");
        }
        let bytes: usize = self.parts.values().map(|part| part.as_str().map_or(0, str::len)).sum();
        if bytes > TEMPLATE_BYTES_MAX {
            return refuse("parts", "expected at most 128 KiB in all");
        }
        for (part, source) in &self.parts {
            if !PARTS.contains(&part.as_str()) {
                return refuse(part, &format!("expected one of the parts {}", PARTS.join(", ")));
            }
            let Some(source) = source.as_str() else { return refuse(part, "expected text") };
            if source.contains('\0') {
                return refuse(part, "expected text without NUL characters");
            }
            read(part, source, form(part))?;
        }
        Ok(())
    }
}

/// What a part is read as.
pub(super) fn form(part: &str) -> Form {
    match part {
        "html" => Form::Mail,
        "slack" => Form::Text(Escape::Slack),
        _ => Form::Text(Escape::Plain),
    }
}
