//! Plans the sections.

use crate::Deps;
use crate::ask::ask;
use crate::fault::unusable;
use crate::prompts;
use crate::sources::quoted;
use octavo_domain_generate::text::parse_outline;
use octavo_domain_generate::{Generation, Outcome, Outline, SECTIONS};
use octavo_domain_kernel::PortError;

pub(super) async fn outline(deps: &Deps, generation: &Generation) -> Result<Outcome, PortError> {
    let wished = match generation.order.outline {
        Outline::Planned { sections } => sections,
        Outline::Given(_) => SECTIONS,
    };
    let sources = quoted(deps, generation, &prompts::about(generation, None)).await?;
    let said = match ask(deps, generation, prompts::outline(generation, wished, &sources)).await {
        Ok(said) => said,
        Err(outcome) => return Ok(outcome),
    };
    let Some(mut parsed) = parse_outline(&said.text) else {
        return Ok(Outcome::Failed(unusable("the model's outline cannot be read; a retry asks for it anew")));
    };
    parsed.sections.truncate(wished);
    Ok(Outcome::Outlined { title: parsed.title, sections: parsed.sections, paid: said.paid })
}
