//! The finished document.

use super::citations::keep_known;
use crate::Generation;
use std::collections::BTreeSet;

/// A title for a document whose order and outline have none.
const UNTITLED: &str = "Untitled";

/// What the list of sources is called, by language; English where it is not here.
const SOURCES_HEADINGS: [(&str, &str); 6] =
    [("de", "Quellen"), ("es", "Fuentes"), ("fr", "Sources"), ("it", "Fonti"), ("nl", "Bronnen"), ("pt", "Fontes")];

/// A document in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// Its title.
    pub title: String,
    /// All of it, title and sources included.
    pub markdown: String,
    /// The numbers of the sources that it cites.
    pub cited: BTreeSet<u32>,
}

/// The document of a generation whose sections are written: title, sections, and those of its sources that are cited.
/// Citations of sources that there are not are taken out.
pub fn assemble(generation: &Generation) -> Assembled {
    let sources = generation.sources.as_deref().unwrap_or_default();
    let known: BTreeSet<u32> = sources.iter().map(|source| source.number).collect();
    let title = generation.title.clone().unwrap_or_else(|| UNTITLED.to_owned());
    let mut markdown = format!("# {}\n", escaped(&title));
    let mut cited = BTreeSet::new();
    for section in &generation.sections {
        let text = keep_known(section.text.as_deref().unwrap_or_default(), &known);
        cited.extend(text.numbers);
        markdown.push_str(&format!("\n## {}\n\n{}\n", escaped(&section.heading), text.text.trim()));
    }
    if !cited.is_empty() {
        let language = generation.order.language.as_deref().unwrap_or_default().to_ascii_lowercase();
        let base = language.split('-').next().unwrap_or_default();
        let heading = SOURCES_HEADINGS.iter().find(|(tag, _)| *tag == base).map_or("Sources", |(_, heading)| heading);
        markdown.push_str(&format!("\n## {heading}\n\n"));
        for source in sources.iter().filter(|source| cited.contains(&source.number)) {
            let (number, title) = (source.number, escaped(&source.title));
            let address = format!("/v1/documents/{}/versions/{}", source.document, source.version);
            markdown.push_str(&format!("- \\[{number}\\] [{title}]({address})\n"));
        }
    }
    Assembled { title, markdown, cited }
}

/// Plain text as Markdown: one line, in which no sign means anything.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>') {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::tests::order;
    use crate::{GenerationId, Outline, Section, Source};
    use chrono::DateTime;
    use octavo_domain_kernel::{DocumentId, Principal};
    use uuid::Uuid;

    fn generation() -> Generation {
        let principal = Principal {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            name: None,
            groups: Default::default(),
            roles: Default::default(),
            api_key: None,
        };
        let order = order(Outline::Planned { sections: 2 });
        let (id, document) = (GenerationId(Uuid::from_u128(1)), DocumentId(Uuid::from_u128(2)));
        let mut generation = Generation::new(id, document, &principal, order, DateTime::UNIX_EPOCH, None);
        let source = |number: u32, title: &str| Source {
            number,
            document: DocumentId(Uuid::from_u128(10 + u128::from(number))),
            version: number,
            title: title.to_owned(),
            hash: "0".repeat(64).parse().unwrap(),
            chars: 10,
            suspicious: Vec::new(),
        };
        generation.title = Some("Tea & *coffee*".to_owned());
        generation.sources = Some(vec![source(1, "Tea [draft]"), source(2, "Unused"), source(3, "Coffee")]);
        let written =
            |heading: &str, text: &str| Section { text: Some(text.to_owned()), ..Section::planned(heading, "") };
        generation.sections =
            vec![written("Tea", "Tea is hot [1].\n\nIt is old [4]."), written("Coffee", "So is coffee [3, 1].")];
        generation
    }

    #[test]
    fn a_document_lists_what_it_cites() {
        insta::assert_snapshot!(assemble(&generation()).markdown);
        assert_eq!(assemble(&generation()).cited, BTreeSet::from([1, 3]));
    }

    #[test]
    fn without_citations_there_is_no_list() {
        let mut generation = generation();
        generation.sources = Some(Vec::new());
        let markdown = assemble(&generation).markdown;
        assert!(!markdown.contains("Sources") && markdown.contains("Tea is hot."), "{markdown}");
    }

    #[test]
    fn the_list_is_called_as_the_language_calls_it() {
        let mut generation = generation();
        generation.order.language = Some("de-AT".to_owned());
        assert!(assemble(&generation).markdown.contains("## Quellen\n"));
    }
}
