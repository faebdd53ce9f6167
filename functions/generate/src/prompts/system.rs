//! What stands in every prompt.

use octavo_domain_ai::safety::SOURCE_RULES;
use octavo_domain_ai::{Message, Part, Role};
use octavo_domain_generate::{Generation, Section};

const WRITER: &str = "You write documents for people at work: exact, clear, in plain words, without filler. You state only \
what the sources or the instructions say, and invent no facts, names, dates or figures. Where they are silent on something \
that matters, say so in a sentence.";

const CITING: &str = "After each statement that comes from a source, cite it by the number in its id, in square brackets: \
[1], or [1][3] for two. Cite no other numbers, and write no list of sources: one is added at the end of the document.";

const UNSOURCED: &str = "There are no sources: write from the instructions alone, and cite nothing.";

/// The rules, as system text.
pub(super) fn system(generation: &Generation, sources: &[String]) -> Vec<Part> {
    let language = match &generation.order.language {
        Some(language) => format!("Write in the language with the tag {language}."),
        None => "Write in the language of the instructions.".to_owned(),
    };
    let rules = if sources.is_empty() {
        format!("{WRITER}\n\n{UNSOURCED}\n\n{language}")
    } else {
        format!("{WRITER}\n\n{SOURCE_RULES}\n\n{CITING}\n\n{language}")
    };
    vec![Part::text(rules)]
}

/// The one message: the sources, then what is to be done with them.
pub(super) fn message(sources: &[String], task: String) -> Vec<Message> {
    let mut content = Vec::new();
    if !sources.is_empty() {
        content.push(Part::Text { text: format!("The sources:\n\n{}\n", sources.join("\n\n")), cache: true });
    }
    content.push(Part::text(task));
    vec![Message { role: Role::User, content }]
}

/// Said from the second attempt on, so that the request is another one.
pub(super) fn attempt(generation: &Generation) -> String {
    match generation.retries {
        0 => String::new(),
        retries => format!("\n\nThis is attempt {}: an earlier one failed.", u64::from(retries) + 1),
    }
}

/// A heading or title as it stands in quotation marks.
pub(super) fn quotable(text: &str) -> String {
    text.replace('"', "'")
}

/// What the places of long sources are chosen by: what the document, or this section of it, is about.
pub(crate) fn about(generation: &Generation, section: Option<&Section>) -> String {
    let order = &generation.order;
    let section = section.map(|section| format!("{}\n{}", section.heading, section.instructions));
    let parts = [section, generation.title.clone(), order.sources.query.clone(), Some(order.instructions.clone())];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}
