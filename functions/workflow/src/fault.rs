//! Why the JSON routes refuse; the API's operations have their own errors (`protocol/fault.rs`).

use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault, PortError};
use octavo_domain_workflow::catalogue::{ACCESS_KEYS_MAX, CONNECTIONS_MAX};

/// A refusal of a JSON route.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowFault {
    /// It is for who defines workflows.
    #[error("this needs the role workflows or admin")]
    NotAllowed,
    /// There is none, or it is somebody else's: not told apart.
    #[error("there is no such execution")]
    NoExecution,
    /// There is no such file.
    #[error("there is no such file")]
    NoFile,
    /// The file is longer than an answer may be.
    #[error("the file has {size} bytes and is longer than the {limit} bytes of an answer: ask for a range of it")]
    FileTooLong {
        /// Bytes.
        size: u64,
        /// Bytes.
        limit: usize,
    },
    /// It is for administrators.
    #[error("this needs the role admin")]
    NotAdministrator,
    /// There is none, or it is somebody else's: not told apart.
    #[error("there is no such access key")]
    NoAccessKey,
    /// The user has as many as may be.
    #[error("the user has {ACCESS_KEYS_MAX} access keys; delete one")]
    TooManyAccessKeys,
    /// There is no such connection.
    #[error("there is no such connection")]
    NoConnection,
    /// The tenant has as many as may be.
    #[error("there are {CONNECTIONS_MAX} connections; delete one")]
    TooManyConnections,
    /// Something that is needed is away.
    #[error(transparent)]
    Port(#[from] PortError),
}

const NOT_ALLOWED: Code = Code::new("WORKFLOW_0001", "The role workflows is needed");
const NO_EXECUTION: Code = Code::new("WORKFLOW_0002", "There is no such execution");
const NO_FILE: Code = Code::new("WORKFLOW_0003", "There is no such file");
const FILE_TOO_LONG: Code = Code::new("WORKFLOW_0004", "The file is longer than an answer may be");
const NOT_ADMINISTRATOR: Code = Code::new("WORKFLOW_0005", "The role admin is needed");
const NO_ACCESS_KEY: Code = Code::new("WORKFLOW_0006", "There is no such access key");
const TOO_MANY_ACCESS_KEYS: Code = Code::new("WORKFLOW_0007", "The user has too many access keys");
const NO_CONNECTION: Code = Code::new("WORKFLOW_0008", "There is no such connection");
const TOO_MANY_CONNECTIONS: Code = Code::new("WORKFLOW_0009", "There are too many connections");

impl Fault for WorkflowFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotAllowed | Self::NotAdministrator => FaultKind::Forbidden,
            Self::NoExecution | Self::NoFile | Self::NoAccessKey | Self::NoConnection => FaultKind::NotFound,
            Self::TooManyAccessKeys | Self::TooManyConnections => FaultKind::Conflict,
            Self::FileTooLong { .. } => FaultKind::TooLarge,
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NotAllowed => NOT_ALLOWED,
            Self::NoExecution => NO_EXECUTION,
            Self::NoFile => NO_FILE,
            Self::FileTooLong { .. } => FILE_TOO_LONG,
            Self::NotAdministrator => NOT_ADMINISTRATOR,
            Self::NoAccessKey => NO_ACCESS_KEY,
            Self::TooManyAccessKeys => TOO_MANY_ACCESS_KEYS,
            Self::NoConnection => NO_CONNECTION,
            Self::TooManyConnections => TOO_MANY_CONNECTIONS,
            Self::Port(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Port(error) => error.detail(),
            fault => fault.to_string(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::NoExecution => vec![FieldFault::new("path:id", "expected an execution on the list of the dead")],
            Self::NoFile => vec![FieldFault::new("query:key", "expected the key of a file of this bucket")],
            Self::FileTooLong { limit, .. } => {
                vec![FieldFault::new("header:Range", format!("expected a range of at most {limit} bytes"))]
            }
            Self::NoAccessKey => vec![FieldFault::new("path:id", "expected an access key of yours")],
            Self::NoConnection => vec![FieldFault::new("path:name", "expected the name of a connection")],
            Self::NotAllowed
            | Self::NotAdministrator
            | Self::TooManyAccessKeys
            | Self::TooManyConnections
            | Self::Port(_) => Vec::new(),
        }
    }
}
