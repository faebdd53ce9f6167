//! Prometheus' text format 0.0.4 ("Exposition formats").

use std::fmt::Write;

/// The format's media type.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What kind of numbers a family holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A page in the making: families one after the other, each with all of its samples.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Begins a family.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A sample of the family that was begun last.
    pub(super) fn sample<'a>(&mut self, name: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>, value: f64) {
        self.0.push_str(name);
        let mut separator = '{';
        for (label, value) in labels {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{separator}{label}=\"{value}\"");
            separator = ',';
        }
        if separator == ',' {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {}", number(value));
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// A number as Prometheus reads it.
pub(super) fn number(value: f64) -> String {
    if value == f64::INFINITY { "+Inf".to_owned() } else { value.to_string() }
}

/// A name that Prometheus takes: dots and everything else that it does not know become underscores.
pub(super) fn plain(name: &str) -> String {
    let mut plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.is_empty() || plain.starts_with(|first: char| first.is_ascii_digit()) {
        plain.insert(0, '_');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_as_the_format_says() {
        let mut page = Page::default();
        page.family("a_total", Kind::Counter, "First\nsecond \\ third");
        page.sample("a_total", [], 3.0);
        page.sample("a_total", [("model", "say \"hi\"\n\\"), ("le", "+Inf")], 0.25);
        let expected = "# HELP a_total First\\nsecond \\\\ third\n# TYPE a_total counter\na_total 3\n\
                        a_total{model=\"say \\\"hi\\\"\\n\\\\\",le=\"+Inf\"} 0.25\n";
        assert_eq!(page.finish(), expected);
        assert_eq!([number(f64::INFINITY), number(1e15), number(0.000_001)], ["+Inf", "1000000000000000", "0.000001"]);
    }

    #[test]
    fn names_lose_what_prometheus_does_not_take() {
        assert_eq!(plain("gen_ai.usage.input_tokens"), "gen_ai_usage_input_tokens");
        assert_eq!([plain("2x"), plain(""), plain("ä-b")], ["_2x", "_", "__b"]);
    }
}
