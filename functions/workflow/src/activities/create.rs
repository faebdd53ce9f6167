//! `CreateActivity`.

use crate::Deps;
use crate::executions::name;
use crate::machines::settings::Encryption;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Name, Reply};
use crate::tags::given::{self, Tag};
use octavo_domain_workflow::catalogue::{Activity, ActivityCreated};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateInput {
    name: String,
    #[serde(default)]
    tags: Vec<Tag>,
    encryption_configuration: Option<Encryption>,
}

impl Input for CreateInput {
    fn check(&self, checks: &mut Checks) {
        name::check_length(checks, Some(&self.name));
        given::check(checks, &self.tags);
        if let Some(encryption) = &self.encryption_configuration {
            encryption.check(checks);
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateOutput {
    activity_arn: String,
    creation_date: Moment,
}

/// Makes an activity. The same again answers the one that is there; its tags stay as they were.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: CreateInput) -> Result<Reply<CreateOutput>, Fault> {
    name::check(&input.name)?;
    let arn = call.caller.arns.activity(&input.name);
    call.caller.must_be_operator("CreateActivity", &arn)?;
    if let Some(encryption) = &input.encryption_configuration {
        encryption.accept()?;
    }
    let tags = given::all(input.tags)?;
    let activity = Activity { arn, name: input.name, created_at: deps.clock.now() };
    let activity = match deps.activities.activity_create(call.caller.tenant(), &activity, &tags).await? {
        ActivityCreated::New => activity,
        ActivityCreated::Exists(found) => found,
        ActivityCreated::TooMany => {
            let text = "The maximum number of activities has been reached";
            return Err(Fault::new(Name::ActivityLimitExceeded, text));
        }
    };
    Ok(CreateOutput { activity_arn: activity.arn, creation_date: activity.created_at.into() }.into())
}
