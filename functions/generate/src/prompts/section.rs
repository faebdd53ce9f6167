//! Asks for a section.

use super::system::{attempt, message, quotable, system};
use octavo_domain_ai::Prompt;
use octavo_domain_generate::text::gist;
use octavo_domain_generate::{Generation, SECTION_TOKENS_MAX};

/// The prompt for the section at `place` over `sources`, which are marked already.
pub(crate) fn section(generation: &Generation, place: usize, sources: &[String]) -> Prompt {
    let section = &generation.sections[place];
    let title = match &generation.title {
        Some(title) => format!("the document \"{}\"", quotable(title)),
        None => "the document".to_owned(),
    };
    let mut task = format!(
        "Write the section titled \"{}\", number {} of {} in {title}, in Markdown and without the heading itself.\n",
        quotable(&section.heading),
        place + 1,
        generation.sections.len(),
    );
    if !section.instructions.is_empty() {
        task.push_str(&format!("\nWhat it is to say:\n{}\n", section.instructions));
    }
    task.push_str(&format!("\nWhat the document is to be:\n{}\n\nThe outline:\n", generation.order.instructions));
    for (at, other) in generation.sections.iter().enumerate() {
        let here = if at == place { " (to be written now)" } else { "" };
        task.push_str(&format!("{}. {}{here}\n", at + 1, other.heading));
    }
    let written: Vec<String> = generation.sections[..place]
        .iter()
        .filter_map(|earlier| Some(format!("- {}: {}\n", earlier.heading, gist(earlier.text.as_deref()?))))
        .collect();
    if !written.is_empty() {
        task.push_str(&format!("\nHow the parts before it begin:\n{}", written.concat()));
    }
    task.push_str(
        "\nDo not repeat what stands in the parts before it, and leave the later ones what is theirs. \
         Between 100 and 700 words, as much as there is to say.",
    );
    task.push_str(&attempt(generation));
    Prompt {
        system: system(generation, sources),
        messages: message(sources, task),
        max_tokens: Some(SECTION_TOKENS_MAX),
        ..Prompt::default()
    }
}
