//! Writes a section.

use crate::Deps;
use crate::ask::ask;
use crate::fault::unusable;
use crate::prompts;
use crate::sources::quoted;
use octavo_domain_generate::text::{keep_known, tidy_section, whole_sentences};
use octavo_domain_generate::{Generation, Outcome, Written};
use octavo_domain_kernel::PortError;

pub(super) async fn write(deps: &Deps, generation: &Generation, place: usize) -> Result<Outcome, PortError> {
    let section = &generation.sections[place];
    let sources = quoted(deps, generation, &prompts::about(generation, Some(section))).await?;
    let said = match ask(deps, generation, prompts::section(generation, place, &sources)).await {
        Ok(said) => said,
        Err(outcome) => return Ok(outcome),
    };
    let answer = if said.cut { whole_sentences(&said.text) } else { &said.text };
    let known = generation.sources.iter().flatten().map(|source| source.number).collect();
    let text = keep_known(&tidy_section(answer, &section.heading), &known).text;
    if text.trim().is_empty() {
        let message =
            format!("the model wrote nothing for the section {:?}; a retry asks for it anew", section.heading);
        return Ok(Outcome::Failed(unusable(&message)));
    }
    Ok(Outcome::Written(Written { text, cut: said.cut, paid: said.paid }))
}
