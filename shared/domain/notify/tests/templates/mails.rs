//! Mails as they go out.

use crate::templates::house::Desk;
use octavo_domain_notify::{Channel, RenderedContent, sample};
use std::fmt::Write;

fn mail(template: &str, language: &str) -> (String, String) {
    let said = Desk::default().data(&sample(template)).language(language).say(template, Channel::Email);
    let RenderedContent::Email { subject, text, html } = said.content else { panic!("it is a mail") };
    (format!("{subject}\n\n{text}"), html)
}

#[test]
fn the_text_of_every_template() {
    for language in ["en", "de"] {
        let mut all = String::new();
        for template in [
            "approval.requested",
            "approval.reminder",
            "approval.escalated",
            "approval.delegated",
            "approval.ended",
            "approval.commented",
            "comment.added",
            "document.shared",
            "generation.finished",
            "search.found",
            "workflow.failed",
            "digest",
            "generic",
            "test",
        ] {
            let _ = write!(all, "=== {template}\n{}\n", mail(template, language).0);
            let desk = Desk::default().data(&sample(template)).language(language);
            if let RenderedContent::InApp(notice) = desk.say(template, Channel::InApp).content {
                let _ = write!(all, "--- in_app: {}\n{}\n", notice.title, notice.text);
            }
            if let RenderedContent::Sms { text } = desk.say(template, Channel::Sms).content {
                let _ = writeln!(all, "--- sms: {text}");
            }
            if let RenderedContent::Slack { text, .. } = desk.say(template, Channel::Slack).content {
                let _ = writeln!(all, "--- slack: {text}\n");
            }
        }
        insta::assert_snapshot!(format!("texts_{language}"), all);
    }
}

#[test]
fn the_html_of_a_request_and_of_a_digest() {
    for (template, language) in [("approval.requested", "en"), ("approval.requested", "de"), ("digest", "en")] {
        insta::assert_snapshot!(format!("html_{template}_{language}"), mail(template, language).1);
    }
}
