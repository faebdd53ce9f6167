//! `CreateStateMachineAlias`.

use super::routing::{self, RouteItem};
use crate::Deps;
use crate::machines::settings::DESCRIPTION_CHARS_MAX;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Name, Reply};
use octavo_domain_workflow::catalogue::{ALIASES_MAX, Alias, AliasCreated};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest name, in characters: the service's own.
const NAME_CHARS_MAX: usize = 80;

/// What a name must be, in the service's words. A name of digits alone would be a version's number.
const NAME_PATTERN: &str = "Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateInput {
    name: String,
    description: Option<String>,
    routing_configuration: Vec<RouteItem>,
}

impl Input for CreateInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("name", &self.name, 1..=NAME_CHARS_MAX);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let bytes = self.name.as_bytes();
        let good = bytes.iter().all(|&byte| allowed(byte)) && !bytes.iter().all(u8::is_ascii_digit);
        if !self.name.is_empty() && !good {
            checks.fail("name", &self.name, NAME_PATTERN);
        }
        checks.length_if("description", self.description.as_ref(), 0..=DESCRIPTION_CHARS_MAX);
        routing::check(checks, &self.routing_configuration);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateOutput {
    state_machine_alias_arn: String,
    creation_date: Moment,
}

/// Makes an alias. The same again answers the one that is there.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: CreateInput) -> Result<Reply<CreateOutput>, Fault> {
    let (machine_arn, routes) = routing::read(&input.routing_configuration)?;
    let arn = format!("{machine_arn}:{}", input.name);
    call.caller.must_be_operator("CreateStateMachineAlias", &arn)?;
    let now = deps.clock.now();
    let alias = Alias {
        arn,
        machine_arn,
        name: input.name,
        description: input.description,
        routes,
        created_at: now,
        updated_at: now,
    };
    let created_at = match deps.aliases.alias_create(call.caller.tenant(), &alias).await? {
        AliasCreated::New => now,
        AliasCreated::Exists(found) if found.routes == alias.routes && found.description == alias.description => {
            found.created_at
        }
        AliasCreated::Exists(_) => {
            let text = "Failed to create alias because an alias with the same name and a different routing \
                        configuration already exists.";
            return Err(Fault::new(Name::ConflictException, text));
        }
        AliasCreated::NoVersion => return Err(routing::missing()),
        AliasCreated::Deleting => return Err(Fault::machine_deleting(&alias.machine_arn)),
        AliasCreated::TooMany => {
            let text = format!("A state machine may have at most {ALIASES_MAX} aliases");
            return Err(Fault::new(Name::ServiceQuotaExceededException, text));
        }
    };
    Ok(CreateOutput { state_machine_alias_arn: alias.arn, creation_date: created_at.into() }.into())
}
