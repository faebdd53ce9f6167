//! The API of workflows; what their tasks may call, and how functions are reached.

use crate::groups::switch;
use crate::{Environment, Secret, SettingsError};

/// The API of workflows.
#[derive(Debug, Clone)]
pub struct Workflows {
    /// `OCTAVO_WORKFLOW_REGION`, default `us-east-1`: the region in the names of state machines, executions and activities.
    pub region: String,
    /// `OCTAVO_DATABASE_REPLICA_URL`: a streaming replica that lists of executions are read from while it is fresh enough.
    pub replica_url: Option<Secret>,
}

impl Workflows {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let region = environment.optional("OCTAVO_WORKFLOW_REGION").unwrap_or_else(|| "us-east-1".to_owned());
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !region.bytes().all(good) {
            let variable = "OCTAVO_WORKFLOW_REGION".to_owned();
            return Err(SettingsError::Unusable { variable, expected: "a region's name such as us-east-1" });
        }
        Ok(Self { region, replica_url: environment.optional("OCTAVO_DATABASE_REPLICA_URL").map(Into::into) })
    }
}

/// What tasks of workflows may call.
#[derive(Debug, Clone)]
pub struct WorkflowTasks {
    /// `OCTAVO_WORKFLOW_FUNCTIONS`, default `{tenant}-*`: the functions that tasks may invoke, names separated by commas, `*`
    /// for any text and `{tenant}` for the tenant. Never the platform's own.
    pub functions: Vec<String>,
    /// `OCTAVO_WORKFLOW_HTTP_HOSTS`, default `*`: the endpoints that HTTP tasks may call, separated by commas: `*` for every
    /// public host by https, a host or a pattern such as `*.example.com` for these (without a connection too), an origin such
    /// as `http://crm.internal:8080` for one that is private or without TLS.
    pub http_hosts: Vec<String>,
    /// How functions are reached.
    pub lambda: Lambda,
}

impl WorkflowTasks {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let list = |variable: &str, default: &str| {
            let given = environment.optional(variable).unwrap_or_else(|| default.to_owned());
            given.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        };
        Ok(Self {
            functions: list("OCTAVO_WORKFLOW_FUNCTIONS", "{tenant}-*"),
            http_hosts: list("OCTAVO_WORKFLOW_HTTP_HOSTS", "*"),
            lambda: Lambda::read(environment)?,
        })
    }
}

/// Where functions are invoked.
#[derive(Debug, Clone)]
pub struct Lambda {
    /// `OCTAVO_LAMBDA_PREFIX`, default none: begins the names of the platform's own functions as they are deployed.
    pub prefix: String,
    /// `OCTAVO_LAMBDA_ENDPOINT`: a Lambda that is not Amazon's own.
    pub endpoint: Option<String>,
    /// `OCTAVO_LAMBDA_SIGNING`, `on` (default) or `off`: off where that Lambda knows no credentials, such as an emulator.
    pub signing: bool,
}

impl Lambda {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            prefix: environment.optional("OCTAVO_LAMBDA_PREFIX").unwrap_or_default(),
            endpoint: environment.optional("OCTAVO_LAMBDA_ENDPOINT"),
            signing: switch(environment, "OCTAVO_LAMBDA_SIGNING")?.unwrap_or(true),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_may_call_its_own_and_what_is_public_unless_told_otherwise() {
        let read = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            WorkflowTasks::read(&Environment::of(variables))
        };
        let tasks = read(&[]).unwrap();
        assert_eq!((tasks.functions, tasks.http_hosts), (vec!["{tenant}-*".to_owned()], vec!["*".to_owned()]));
        assert!(tasks.lambda.signing && tasks.lambda.endpoint.is_none());
        let tasks = read(&[("OCTAVO_WORKFLOW_FUNCTIONS", "a, b-*,"), ("OCTAVO_LAMBDA_SIGNING", "off")]).unwrap();
        assert_eq!((tasks.functions, tasks.lambda.signing), (vec!["a".to_owned(), "b-*".to_owned()], false));
        assert!(read(&[("OCTAVO_LAMBDA_SIGNING", "maybe")]).is_err());
    }
}
