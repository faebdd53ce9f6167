//! The platform's own templates, from the files in `templates/`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The languages that each of them has.
pub const BUILTIN_LANGUAGES: [&str; 2] = ["en", "de"];

/// A template of the platform's, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Builtin {
    /// Which.
    pub name: &'static str,
    /// In which language.
    pub language: &'static str,
    /// Its parts, by name.
    pub parts: BTreeMap<String, String>,
}

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        &[$(
            ($name, "en", include_str!(concat!("../../templates/", $name, "/en.toml"))),
            ($name, "de", include_str!(concat!("../../templates/", $name, "/de.toml"))),
        )*]
    };
}

const SOURCES: &[(&str, &str, &str)] = sources![
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
];

/// All of them.
pub static BUILTIN_TEMPLATES: LazyLock<Vec<Builtin>> = LazyLock::new(|| {
    let read = |(name, language, source): &(&'static str, &'static str, &str)| Builtin {
        name,
        language,
        parts: toml::from_str(source).expect("a test reads every one of them"),
    };
    SOURCES.iter().map(read).collect()
});

/// The platform's template of this name and language, if it has one.
pub fn builtin(name: &str, language: &str) -> Option<&'static Builtin> {
    BUILTIN_TEMPLATES.iter().find(|known| known.name == name && known.language.eq_ignore_ascii_case(language))
}
