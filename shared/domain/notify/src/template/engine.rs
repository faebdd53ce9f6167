//! Minijinja, as templates have it here.

use super::{TemplateError, filters, scan};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use std::sync::LazyLock;

/// How much one part may do: about one for each step and for each 64 bytes that it makes, so 6 MiB at most.
const FUEL: u64 = 100_000;
/// A part that is rendered, in bytes.
const OUTPUT_BYTES_MAX: usize = 512 * 1024;
const RECURSION_MAX: usize = 50;
/// The only template of each environment.
const NAME: &str = "part";

/// What data is made harmless for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Escape {
    /// HTML's text and attributes in quotes.
    Html,
    /// Slack's mrkdwn: nobody is called to (`<!channel>`) and no link is another's.
    Slack,
    /// Nothing: plain text.
    Plain,
}

/// A part, ready to be filled in.
pub(super) struct Part(Environment<'static>);

static PLAIN: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Escape::Plain));
static HTML: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Escape::Html));
static SLACK: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Escape::Slack));

impl Part {
    /// Reads a source.
    pub(super) fn read(name: &str, source: &str, escape: Escape) -> Result<Self, TemplateError> {
        scan::tags(name, source)?;
        let mut environment = match escape {
            Escape::Html => HTML.clone(),
            Escape::Slack => SLACK.clone(),
            Escape::Plain => PLAIN.clone(),
        };
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| TemplateError::of(name, &error))?;
        Ok(Self(environment))
    }

    /// Fills it in.
    pub(super) fn render(&self, name: &str, context: &Value) -> Result<String, TemplateError> {
        let of = |error: Error| TemplateError::of(name, &error);
        let text = self.0.get_template(NAME).map_err(of)?.render(context.clone()).map_err(of)?;
        if text.len() > OUTPUT_BYTES_MAX {
            return Err(TemplateError::new(name, None, "it is longer than 512 KiB"));
        }
        Ok(text)
    }
}

fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION_MAX);
    // What data does not have is left out: a mail with a gap helps more than no mail.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    let auto = if escape == Escape::Plain { AutoEscape::None } else { AutoEscape::Html };
    environment.set_auto_escape_callback(move |_| auto.clone());
    // A line that only says `{% if … %}` is none of the text's.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the marks are minijinja's own"));
    environment.set_formatter(move |out, state, value| write_value(escape, out, state, value));
    environment.add_filter("datetime", filters::datetime);
    environment.add_filter("date", filters::date);
    environment.add_filter("url", filters::url);
    environment.add_filter("shorten", filters::shorten);
    environment
}

fn write_value(escape: Escape, out: &mut Output, _state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    let written = match (value.as_str(), escape) {
        (Some(text), Escape::Plain) => out.write_str(text),
        (Some(text), _) if value.is_safe() => out.write_str(text),
        (Some(text), _) => write_escaped(escape, out, text),
        (None, Escape::Plain) => write!(out, "{value}"),
        (None, _) => write_escaped(escape, out, &value.to_string()),
    };
    written.map_err(|_| Error::new(ErrorKind::WriteFailure, "it cannot be written"))
}

fn write_escaped(escape: Escape, out: &mut Output, text: &str) -> std::fmt::Result {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' if escape == Escape::Html => "&quot;",
            b'\'' if escape == Escape::Html => "&#39;",
            _ => continue,
        };
        out.write_str(&text[from..at])?;
        out.write_str(entity)?;
        from = at + 1;
    }
    out.write_str(&text[from..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn fill(source: &str, escape: Escape, context: &Value) -> Result<String, TemplateError> {
        Part::read("text", source, escape)?.render("text", context)
    }

    #[test]
    fn data_is_escaped_for_where_it_goes() {
        let context = context! { a => "<b a=\"'\">&", n => (), list => vec!["<"] };
        assert_eq!(fill("{{ a }}", Escape::Html, &context).unwrap(), "&lt;b a=&quot;&#39;&quot;&gt;&amp;");
        assert_eq!(fill("{{ a }}", Escape::Slack, &context).unwrap(), "&lt;b a=\"'\"&gt;&amp;");
        assert_eq!(fill("{{ a }}", Escape::Plain, &context).unwrap(), "<b a=\"'\">&");
        assert_eq!(fill("{{ n }}{{ m }}{{ m.n.o }}", Escape::Html, &context).unwrap(), "");
        assert!(!fill("{{ list }}{{ {a: a} }}", Escape::Html, &context).unwrap().contains('<'));
        assert!(fill("{{ a | safe }}", Escape::Html, &context).is_err());
        assert_eq!(fill("{{ a | e }}", Escape::Slack, &context).unwrap().matches("&lt;").count(), 1);
    }

    #[test]
    fn a_template_cannot_run_for_long_or_grow_without_bound() {
        let context = context! { a => "x".repeat(60_000) };
        for bad in [
            "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
            "{{ 'a' * 1000000000 }}",
            "{% set b = a ~ a %}{% set c = b ~ b %}{% set d = c ~ c %}{% set e = d ~ d %}{% set f = e ~ e %}{% set g = f ~ f %}{% set h = g ~ g %}{{ h ~ h }}",
            "{% for x in [1] recursive %}{{ loop([1, 2]) }}{% endfor %}",
            "{{ a | replace('x', a) }}",
            "{% set ns = namespace(v=a) %}{% for i in range(40) %}{% set ns.v = ns.v ~ ns.v %}{% endfor %}",
            "{% for i in range(20) %}{{ a }}{% endfor %}",
        ] {
            assert!(fill(bad, Escape::Plain, &context).is_err(), "{bad}");
        }
    }

    #[test]
    fn moments_are_told_where_and_as_people_read_them() {
        let at = |language: &str, zone: &str| {
            let context = context! { at => "2026-12-24T17:30:00Z", language, zone };
            fill("{{ at | datetime }}; {{ at | date }}", Escape::Plain, &context).unwrap()
        };
        assert_eq!(at("de-AT", "Europe/Vienna"), "24. Dezember 2026, 18:30 Uhr; 24. Dezember 2026");
        assert_eq!(at("en", "UTC"), "24 December 2026, 17:30 UTC; 24 December 2026");
        assert_eq!(at("fr", "Asia/Tokyo"), "2026-12-25, 02:30; 2026-12-25");
        let odd = context! { a => "soon", b => (), c => "9999-12-31T23:59:59Z", d => "2026-11-27" };
        assert_eq!(fill("{{ a|datetime }}{{ b|datetime }}{{ z|date }}", Escape::Plain, &odd).unwrap(), "soon");
        assert_eq!(
            fill("{{ c|datetime }} {{ d|date }}", Escape::Plain, &odd).unwrap(),
            "9999-12-31T23:59:59Z 2026-11-27"
        );
    }

    #[test]
    fn only_the_web_is_linked_to() {
        let context =
            context! { a => "javascript:alert(1)", b => "https://a.example/x?y=1", c => "https://a\" onclick=" };
        assert_eq!(
            fill("{{ a|url }} {{ b|url }} {{ c|url }}", Escape::Plain, &context).unwrap(),
            "# https://a.example/x?y=1 #"
        );
    }
}
