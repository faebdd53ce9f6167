//! Whether a tenant's settings may be set.

use super::Invalid;
use super::shape::{
    is_category_key, is_colour, is_image_address, is_language, is_line, is_mailbox, is_target, is_web_address, optional,
};
use crate::{Branding, CategoryRule, Settings};

const CATEGORIES_MAX: usize = 200;
const TARGETS_MAX: usize = 20;
const PRODUCT_CHARS_MAX: usize = 80;
const FOOTER_CHARS_MAX: usize = 1_000;
const THROTTLE_MESSAGES_MAX: u32 = 1_000;
const THROTTLE_SECONDS_MIN: i64 = 60;
const THROTTLE_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;

impl Settings {
    /// Whether they may be set.
    ///
    /// # Errors
    /// The first field that is not acceptable.
    pub fn check(&self) -> Result<(), Invalid> {
        let language = "expected a language tag such as de or de-AT";
        optional("language", self.language.as_deref(), is_language, language)?;
        self.branding.check()?;
        let mailbox = "expected a mail address, alone or as in Acme <hello@acme.example>";
        optional("mail_from", self.mail_from.as_deref(), is_mailbox, mailbox)?;
        optional("reply_to", self.reply_to.as_deref(), is_mailbox, mailbox)?;
        if self.categories.len() > CATEGORIES_MAX {
            return Invalid::at("categories", "expected at most 200 categories");
        }
        for (category, rule) in &self.categories {
            let at = format!("categories.{category}");
            if !is_category_key(category) {
                return Invalid::at(at, "expected a category, a family such as approval.*, or *");
            }
            rule.check(&at)?;
        }
        Ok(())
    }
}

impl Branding {
    fn check(&self) -> Result<(), Invalid> {
        let product = "expected one line of 1 to 80 characters";
        optional("branding.product", self.product.as_deref(), |text| is_line(text, PRODUCT_CHARS_MAX), product)?;
        let logo = "expected the https address of an image";
        optional("branding.logo_url", self.logo_url.as_deref(), is_image_address, logo)?;
        let colour = "expected a colour such as #2b5c8a";
        optional("branding.colour", self.colour.as_deref(), is_colour, colour)?;
        let footer = |text: &str| text.chars().count() <= FOOTER_CHARS_MAX && !text.contains('\0');
        optional("branding.footer", self.footer.as_deref(), footer, "expected at most 1,000 characters")?;
        let address = "expected an https address such as https://docs.acme.example";
        optional("branding.application_url", self.application_url.as_deref(), is_web_address, address)
    }
}

impl CategoryRule {
    fn check(&self, at: &str) -> Result<(), Invalid> {
        if self.targets.len() > TARGETS_MAX || !self.targets.iter().all(|target| is_target(target)) {
            return Invalid::at(format!("{at}.targets"), "expected at most 20 names of targets");
        }
        let Some(throttle) = &self.throttle else { return Ok(()) };
        if !(1..=THROTTLE_MESSAGES_MAX).contains(&throttle.messages) {
            return Invalid::at(format!("{at}.throttle.messages"), "expected 1 to 1,000");
        }
        if !(THROTTLE_SECONDS_MIN..=THROTTLE_SECONDS_MAX).contains(&throttle.per.seconds_about()) {
            return Invalid::at(format!("{at}.throttle.per"), "expected a minute to a week");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn field(settings: Value) -> Option<String> {
        serde_json::from_value::<Settings>(settings).unwrap().check().err().map(|invalid| invalid.field)
    }

    #[test]
    fn what_is_wrong_says_where() {
        assert_eq!(field(json!({})), None);
        let branding = |member: &str, value: &str| field(json!({"branding": {member: value}}));
        assert_eq!(branding("logo_url", "https://acme.example/logo.png"), None);
        for (member, value) in [
            ("logo_url", "http://acme.example/logo.png"),
            ("colour", "red\"><script>"),
            ("application_url", "javascript:alert(1)"),
            ("product", "Acme\r\nBcc: eve@evil.example"),
        ] {
            assert_eq!(branding(member, value), Some(format!("branding.{member}")));
        }
        let bcc = "Acme <a@b.example>\nBcc: eve@evil.example";
        assert_eq!(field(json!({"mail_from": bcc})).as_deref(), Some("mail_from"));
        let rule = |rule: Value| field(json!({"categories": {"approval.*": rule}}));
        assert_eq!(rule(json!({"channels": ["email"], "throttle": {"messages": 3, "per": "PT1H"}})), None);
        assert_eq!(
            rule(json!({"channels": ["email"], "throttle": {"messages": 3, "per": "P1Y"}})).as_deref(),
            Some("categories.approval.*.throttle.per")
        );
        assert!(field(json!({"categories": {"Approval": {"channels": []}}})).is_some());
    }
}
