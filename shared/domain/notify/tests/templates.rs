//! Messages in words: which template, which language, and what hostile data and hostile templates can do.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod templates {
    mod digests;
    pub(crate) mod house;
    mod mails;
}

use octavo_domain_notify::{
    BUILTIN_LANGUAGES, BUILTIN_TEMPLATES, Branding, Channel, PARTS, RenderedContent, Templates, languages, sample,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use templates::house::{Desk, stored};

const CHANNELS: [Channel; 6] =
    [Channel::Email, Channel::Sms, Channel::InApp, Channel::Webhook, Channel::Slack, Channel::Pagerduty];

#[test]
fn every_template_of_the_platform_can_be_sent_by_every_channel() {
    let desk = Desk::default();
    for template in BUILTIN_TEMPLATES.iter() {
        assert!(BUILTIN_LANGUAGES.contains(&template.language));
        assert_eq!(
            template.parts.len(),
            7,
            "{}: every part but slack, which follows from title and body",
            template.name
        );
        assert!(template.parts.keys().all(|part| PARTS.contains(&part.as_str())));
        let own: Map<String, Value> = template.parts.iter().map(|(part, text)| (part.clone(), json!(text))).collect();
        assert_eq!(stored(template.name, template.language, Value::Object(own)).check(), Ok(()));
        for channel in CHANNELS {
            let said = desk.data(&sample(template.name)).language(template.language).say(template.name, channel);
            assert_eq!((said.template.as_str(), said.language.as_str()), (template.name, template.language));
            let words = format!("{:?}", said.content);
            assert!(!words.contains("{{") && !words.contains("{%") && !words.contains("~octavo:"), "{words}");
            if let RenderedContent::InApp(notification) = said.content {
                assert_eq!(notification.check(), Ok(()));
            }
        }
    }
    assert_eq!(BUILTIN_TEMPLATES.len(), 28);
}

#[test]
fn the_nearest_language_is_taken() {
    let overrides =
        [stored("test", "de-AT", json!({"subject": "Servus"})), stored("test", "fr", json!({"subject": "Bonjour"}))];
    let desk = Desk::default().overrides(&overrides);
    let subject = |recipient: Option<&str>, tenant: Option<&str>| {
        let desk = desk.clone().languages(languages(recipient, tenant));
        match desk.say("test", Channel::Email).content {
            RenderedContent::Email { subject, .. } => subject,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(subject(Some("de-AT"), None), "Servus");
    assert_eq!(subject(Some("de-CH"), None), "Ein Test von Octavo");
    assert_eq!(subject(Some("it"), Some("fr")), "Bonjour");
    assert_eq!(subject(Some("it"), None), "A test from Octavo");
}

#[test]
fn a_tenant_that_says_only_its_text_is_quoted_in_html_too() {
    let overrides =
        [stored("invoice.due", "en", json!({"subject": "Invoice {{ number }}", "text": "Pay {{ number }}\nsoon"}))];
    let data = json!({"number": "<7>"});
    let desk = Desk::default().overrides(&overrides).data(data.as_object().unwrap());
    let RenderedContent::Email { subject, text, html } = desk.say("invoice.due", Channel::Email).content else {
        panic!()
    };
    assert_eq!((subject.as_str(), text.as_str()), ("Invoice <7>", "Pay <7>\nsoon"));
    assert!(html.contains("Pay &lt;7&gt;\nsoon"), "{html}");
}

#[test]
fn what_has_no_template_is_still_told() {
    let data = json!({"title": "The moon is full", "text": "Look up."});
    let desk = Desk::default().data(data.as_object().unwrap());
    let said = desk.say("moon.full", Channel::Sms);
    assert_eq!(said.template, "generic");
    let RenderedContent::Sms { text } = said.content else { panic!() };
    assert_eq!(text, "Octavo: The moon is full https://octavo.example/approvals/7");
    let RenderedContent::Slack { text, blocks } = desk.say("moon.full", Channel::Slack).content else { panic!() };
    assert_eq!(text, "*The moon is full*\nLook up.");
    assert_eq!(blocks[1]["elements"][0]["url"], "https://octavo.example/approvals/7");
}

#[test]
fn texts_keep_to_their_limits() {
    let data = json!({"title": "ä".repeat(5_000), "text": "ö".repeat(9_000)});
    let desk = Desk::default().data(data.as_object().unwrap());
    let RenderedContent::Sms { text } = desk.say("generic", Channel::Sms).content else { panic!() };
    assert_eq!((text.chars().count(), text.ends_with('…')), (1_600, true));
    let RenderedContent::InApp(notice) = desk.say("generic", Channel::InApp).content else { panic!() };
    assert_eq!((notice.title.chars().count(), notice.text.chars().count()), (200, 4_000));
    assert_eq!(notice.check(), Ok(()));
    assert!(notice.data.is_empty(), "what is too large for an inbox is left out");
}

#[test]
fn a_template_that_cannot_be_used_says_where() {
    let check = |parts: Value| stored("test", "en", parts).check().unwrap_err();
    let error = check(json!({"text": "a\nb\n{{ c"}));
    assert_eq!((error.part.as_str(), error.line), ("text", Some(3)));
    let error = check(json!({"html": "<mj-text>\n{% if a %}\n</mj-text>"}));
    assert_eq!(error.part, "html");
    assert!(error.line.is_some());
    assert_eq!(check(json!({"body": "{{ a | nothing }}"})).part, "body");
    assert_eq!(check(json!({"footer": "x"})).part, "footer");
    assert_eq!(check(json!({"text": 7})).part, "text");
    assert_eq!(check(json!({"text": "x".repeat(140_000)})).part, "parts");
    assert_eq!(check(json!({"html": "{% autoescape false %}{{ a }}{% endautoescape %}"})).part, "html");
    assert_eq!(stored("Test", "en", json!({"text": "x"})).check().unwrap_err().part, "name");
    assert_eq!(stored("test", "../en", json!({"text": "x"})).check().unwrap_err().part, "language");
}

#[test]
fn a_template_that_does_too_much_fails_alone() {
    let overrides = [
        stored(
            "loop",
            "en",
            json!({"text": "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}"}),
        ),
        stored("copy", "en", json!({"text": "{% for i in range(200) %}{{ data }}{% endfor %}"})),
    ];
    let data = json!({"x": "y".repeat(60_000)});
    let desk = Desk::default().overrides(&overrides).data(data.as_object().unwrap());
    for name in ["loop", "copy"] {
        assert_eq!(desk.try_say(name, Channel::Email).unwrap_err().part, "text", "{name}");
    }
    assert!(desk.try_say("test", Channel::Email).is_ok());
}

#[test]
fn branding_is_the_tenants() {
    let branding = Branding {
        product: Some("Acme & Sons".to_owned()),
        logo_url: Some("https://acme.example/logo.png".to_owned()),
        colour: Some("#aa3300".to_owned()),
        footer: Some("Acme, 1 Road\n<b>".to_owned()),
        application_url: Some("https://docs.acme.example/".to_owned()),
    };
    let desk = Desk::default().branding(&branding);
    let RenderedContent::Email { subject, html, text } = desk.say("test", Channel::Email).content else { panic!() };
    assert_eq!(subject, "A test from Acme & Sons");
    assert!(text.contains("https://docs.acme.example/approvals/7"));
    for part in ["https://acme.example/logo.png", "#aa3300", "Acme, 1 Road\n&lt;b&gt;", "Acme &amp; Sons"] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    assert!(html.contains("href=\"https://docs.acme.example/approvals/7\""));
}

/// Data as somebody who means harm would have it.
fn hostile() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\"><img src=x onerror=alert(1)>".to_owned()),
        Just("' onmouseover='alert(1)".to_owned()),
        Just("a\r\nBcc: eve@evil.example".to_owned()),
        Just("{{ data }}{% for a in b %}".to_owned()),
        Just("~octavo:0~\u{202e}\u{7}".to_owned()),
        Just("<!channel> <https://evil.example|here>".to_owned()),
        Just("javascript:alert(1)".to_owned()),
        "[\\s\\S]{0,40}",
        Just("x".repeat(20_000)),
    ];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!(true))
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z<>\"]{1,8}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn data_breaks_neither_html_nor_headers(
        template in prop::sample::select(BUILTIN_TEMPLATES.iter().collect::<Vec<_>>()),
        values in prop::collection::vec(hostile(), 16),
        missing in prop::collection::vec(any::<bool>(), 16),
    ) {
        static TEMPLATES: std::sync::LazyLock<Templates> = std::sync::LazyLock::new(Templates::new);
        let names = [
            "title", "text", "description", "document", "requester", "requester_name", "stage", "due_at", "outcome", "comment",
            "by", "decide_url", "items", "on_behalf_of", "link", "error",
        ];
        let mut data = Map::new();
        for ((name, value), missing) in names.iter().zip(&values).zip(&missing) {
            if !missing {
                data.insert((*name).to_owned(), value.clone());
            }
        }
        let desk = Desk::default().data(&data).language(template.language);
        for channel in CHANNELS {
            // More than it may do is a refusal, not harm.
            let Ok(said) = desk.try_say_with(&TEMPLATES, template.name, channel) else { continue };
            match said.content {
                RenderedContent::Email { subject, html, .. } => {
                    prop_assert!((1..=200).contains(&subject.chars().count()));
                    prop_assert!(!subject.chars().any(char::is_control), "{:?}", subject);
                    prop_assert_eq!(shape(&html), shape(&clean(template.name, template.language, &data)), "tags are ours alone");
                }
                RenderedContent::Slack { text, .. } => prop_assert!(!text.contains('<'), "{}", text),
                RenderedContent::InApp(notice) => prop_assert_eq!(notice.check(), Ok(())),
                RenderedContent::Sms { text } => prop_assert!(text.chars().count() <= 1_600),
                RenderedContent::Pagerduty { summary, .. } => prop_assert!(!summary.chars().any(char::is_control)),
                RenderedContent::Webhook { .. } => {}
            }
        }
    }
}

/// The tags of a document with the names of their attributes, without what stands between or in them.
fn shape(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for piece in html.split('<').skip(1) {
        let mut outside = true;
        let inner: String = piece.chars().take_while(|char| *char != '>').collect();
        let names: String = inner
            .chars()
            .filter(|char| {
                if *char == '"' {
                    outside = !outside;
                }
                outside
            })
            .collect();
        tags.push(names);
    }
    tags
}

/// The same mail with harmless words in the places of the data: what is there, and what is not, stays so, and a text is as
/// long as before, because a template that goes through a list goes through a text's characters.
fn clean(template: &str, language: &str, data: &Map<String, Value>) -> String {
    fn harmless(value: &Value) -> Value {
        match value {
            Value::String(text) => json!("x".repeat(text.chars().count())),
            Value::Array(items) => items.iter().map(harmless).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), harmless(member))).collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }
    static TEMPLATES: std::sync::LazyLock<Templates> = std::sync::LazyLock::new(Templates::new);
    let Value::Object(data) = harmless(&Value::Object(data.clone())) else { unreachable!("an object stays one") };
    let desk = Desk::default().data(&data).language(language);
    match desk.try_say_with(&TEMPLATES, template, Channel::Email).map(|said| said.content) {
        Ok(RenderedContent::Email { html, .. }) => html,
        other => panic!("{other:?}"),
    }
}
