//! Amazon Resource Names of workflows: how they are written and read.
//!
//! A name says which thing is meant and never whose it is: every look-up is within the caller's tenant, and a name with
//! another tenant's account simply finds nothing there.

use octavo_domain_kernel::TenantId;
use std::fmt;
use uuid::Uuid;

/// The region that names carry unless one is set.
pub const DEFAULT_REGION: &str = "us-east-1";
/// Bytes of a name at most, as the API limits it.
pub const ARN_BYTES_MAX: usize = 2_000;
/// Accounts have twelve decimal digits.
const ACCOUNTS: u64 = 1_000_000_000_000;

/// Writes the names of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arns {
    region: String,
    account: String,
}

impl Arns {
    /// The names of `tenant` in `region`. The account is always the same for a tenant: twelve digits of a hash of it.
    pub fn new(region: &str, tenant: &TenantId) -> Self {
        let hash = blake3::derive_key("octavo workflow account v1", tenant.as_str().as_bytes());
        let [a, b, c, d, e, f, g, h, ..] = hash;
        let account = u64::from_le_bytes([a, b, c, d, e, f, g, h]) % ACCOUNTS;
        Self { region: region.to_owned(), account: format!("{account:012}") }
    }

    /// The account's twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// A state machine.
    pub fn machine(&self, name: &str) -> String {
        self.of(format_args!("stateMachine:{name}"))
    }

    /// A Standard execution.
    pub fn execution(&self, machine: &str, name: &str) -> String {
        self.of(format_args!("execution:{machine}:{name}"))
    }

    /// An Express execution: its name may be used again at any time, so that an id is part of it.
    pub fn express(&self, machine: &str, name: &str, id: Uuid) -> String {
        self.of(format_args!("express:{machine}:{name}:{id}"))
    }

    /// An activity.
    pub fn activity(&self, name: &str) -> String {
        self.of(format_args!("activity:{name}"))
    }

    /// A connection of HTTP tasks.
    pub fn connection(&self, name: &str, id: Uuid) -> String {
        format!("arn:aws:events:{}:{}:connection/{name}/{id}", self.region, self.account)
    }

    /// The user as a text of the service names one.
    pub fn user(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:user/{name}", self.account)
    }

    fn of(&self, resource: fmt::Arguments<'_>) -> String {
        format!("arn:aws:states:{}:{}:{resource}", self.region, self.account)
    }
}

/// A name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arn<'a> {
    /// As it was given.
    pub text: &'a str,
    /// What it names.
    pub resource: Resource<'a>,
}

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// A state machine.
    Machine {
        /// Its name.
        name: &'a str,
    },
    /// The states of a distributed `Map`, as the machine of its child executions.
    MapMachine {
        /// The machine that the `Map` is of.
        machine: &'a str,
        /// The `Map`'s label.
        label: &'a str,
    },
    /// A version of a state machine.
    Version {
        /// The machine.
        machine: &'a str,
        /// From 1.
        number: u32,
    },
    /// An alias of a state machine.
    Alias {
        /// The machine.
        machine: &'a str,
        /// The alias.
        alias: &'a str,
    },
    /// A Standard execution.
    Execution {
        /// The machine; of a child of a map run with its label, `MACHINE/LABEL`.
        machine: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// An Express execution.
    Express {
        /// The machine.
        machine: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// A map run.
    MapRun {
        /// `MACHINE/LABEL`.
        machine: &'a str,
        /// Its id.
        id: &'a str,
    },
    /// An activity.
    Activity {
        /// Its name.
        name: &'a str,
    },
}

impl Resource<'_> {
    /// The type as a name has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Machine { .. } | Self::MapMachine { .. } | Self::Version { .. } | Self::Alias { .. } => {
                "stateMachine"
            }
            Self::Execution { .. } => "execution",
            Self::Express { .. } => "express",
            Self::MapRun { .. } => "mapRun",
            Self::Activity { .. } => "activity",
        }
    }
}

/// Why a text names nothing, in the service's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArn {
    /// It does not begin as one.
    #[error("Invalid ARN prefix: {0}")]
    Prefix(String),
    /// It begins as one of something else.
    #[error("Resource type not valid in this context: {0}")]
    Type(String),
    /// What follows its type is no name.
    #[error("Invalid resource in ARN: {0}")]
    Resource(String),
}

impl InvalidArn {
    /// A name of the wrong kind of thing.
    pub fn wrong_type(arn: &Arn<'_>) -> Self {
        Self::Type(arn.resource.kind().to_owned())
    }
}

impl<'a> Arn<'a> {
    /// Reads a name of Step Functions.
    ///
    /// # Errors
    ///
    /// [`InvalidArn`] with a text that the service's clients know.
    pub fn parse(text: &'a str) -> Result<Self, InvalidArn> {
        let mut parts = text.splitn(7, ':');
        let mut next = || parts.next().unwrap_or_default();
        let (arn, partition, service, _region, _account, kind, rest) =
            (next(), next(), next(), next(), next(), next(), next());
        if arn != "arn" || !partition.starts_with("aws") || service != "states" || text.len() > ARN_BYTES_MAX {
            return Err(InvalidArn::Prefix(text.to_owned()));
        }
        let resource = Self::resource(kind, rest).map_err(|known| match known {
            true => InvalidArn::Resource(text.to_owned()),
            false => InvalidArn::Type(kind.to_owned()),
        })?;
        Ok(Self { text, resource })
    }

    /// The resource; an error says whether at least its type is known.
    fn resource(kind: &str, rest: &'a str) -> Result<Resource<'a>, bool> {
        let parts: Vec<&str> = rest.split(':').collect();
        if matches!(kind, "stateMachine" | "execution" | "express" | "mapRun" | "activity")
            && parts.iter().any(|part| part.is_empty())
        {
            return Err(true);
        }
        Ok(match (kind, parts.as_slice()) {
            ("stateMachine", [name]) => match name.split_once('/') {
                Some((machine, label)) => Resource::MapMachine { machine, label },
                None => Resource::Machine { name },
            },
            ("stateMachine", [machine, number]) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Resource::Version { machine, number: number.parse().map_err(|_| true)? }
            }
            ("stateMachine", [machine, alias]) => Resource::Alias { machine, alias },
            ("execution", [machine, name]) => Resource::Execution { machine, name },
            ("express", [machine, name, _id]) => Resource::Express { machine, name },
            ("mapRun", [machine, id]) => Resource::MapRun { machine, id },
            ("activity", [name]) => Resource::Activity { name },
            ("stateMachine" | "execution" | "express" | "mapRun" | "activity", _) => return Err(true),
            _ => return Err(false),
        })
    }

    /// The name of the state machine without version or alias, for a name of one of these.
    pub fn machine_arn(&self) -> Option<&'a str> {
        let end = match self.resource {
            Resource::Machine { .. } => self.text.len(),
            Resource::Version { .. } | Resource::Alias { .. } => self.text.rfind(':')?,
            Resource::MapMachine { .. } => self.text.rfind('/')?,
            _ => return None,
        };
        Some(&self.text[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arns() -> Arns {
        Arns::new(DEFAULT_REGION, &"acme".parse().unwrap())
    }

    #[test]
    fn a_tenant_always_has_the_same_account_and_others_have_another() {
        assert_eq!(arns().account(), arns().account());
        assert_eq!(arns().account().len(), 12);
        let other = Arns::new(DEFAULT_REGION, &"acme-2".parse().unwrap());
        assert_ne!(other.account(), arns().account());
    }

    #[test]
    fn what_is_written_is_read() {
        let (arns, id) = (arns(), Uuid::nil());
        let machine = arns.machine("orders");
        let (version, alias) = (format!("{machine}:12"), format!("{machine}:live"));
        let cases = [
            (machine.clone(), Resource::Machine { name: "orders" }),
            (version, Resource::Version { machine: "orders", number: 12 }),
            (alias, Resource::Alias { machine: "orders", alias: "live" }),
            (format!("{machine}/Each"), Resource::MapMachine { machine: "orders", label: "Each" }),
            (arns.execution("orders", "e1"), Resource::Execution { machine: "orders", name: "e1" }),
            (arns.express("orders", "e1", id), Resource::Express { machine: "orders", name: "e1" }),
            (arns.activity("ship"), Resource::Activity { name: "ship" }),
        ];
        for (text, resource) in cases {
            let arn = Arn::parse(&text).unwrap();
            assert_eq!(arn.resource, resource, "{text}");
            let of_machine = arn.machine_arn();
            assert_eq!(of_machine.is_some(), resource.kind() == "stateMachine");
            assert!(of_machine.is_none_or(|found| found == machine), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_asked_for_is_told(text in "(arn:aws:states:r:1:(stateMachine|execution|express|mapRun|activity|x)?)?\\PC{0,40}") {
            if let Ok(arn) = Arn::parse(&text) {
                proptest::prop_assert!(arn.machine_arn().is_none_or(|machine| text.starts_with(machine)));
            }
        }
    }

    #[test]
    fn what_names_nothing_is_told_so_in_the_services_words() {
        let cases = [
            ("invalid_arn", "Invalid ARN prefix: invalid_arn"),
            ("", "Invalid ARN prefix: "),
            ("arn:aws:lambda:r:1:function:f", "Invalid ARN prefix: arn:aws:lambda:r:1:function:f"),
            ("arn:aws:states:r:1:role:f", "Resource type not valid in this context: role"),
            ("arn:aws:states:r:1:stateMachine:", "Invalid resource in ARN: arn:aws:states:r:1:stateMachine:"),
            (
                "arn:aws:states:r:1:stateMachine:a:99999999999",
                "Invalid resource in ARN: arn:aws:states:r:1:stateMachine:a:99999999999",
            ),
            ("arn:aws:states:r:1:activity:a:b", "Invalid resource in ARN: arn:aws:states:r:1:activity:a:b"),
        ];
        for (text, expected) in cases {
            assert_eq!(Arn::parse(text).unwrap_err().to_string(), expected);
        }
    }
}
