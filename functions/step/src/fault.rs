//! Why an execution could not be advanced, or a message not be done.

use octavo_domain_kernel::{Code, Fault, FaultKind, PortError};
use octavo_domain_workflow::engine::{DefinitionError, ExecutionId};
use std::time::Duration;

/// How long whoever finds an execution contended waits.
const CALMER_AFTER: Duration = Duration::from_secs(1);

/// Why the message comes again, or its execution is buried.
#[derive(Debug, thiserror::Error)]
pub enum StepFault {
    /// Not a message that this function understands.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// The execution's definition cannot be had.
    #[error(transparent)]
    Definition(DefinitionError),
    /// What the execution decided cannot be written.
    #[error("the events of execution {execution} cannot be written")]
    Unwritable {
        /// Which.
        execution: ExecutionId,
        /// Why.
        source: serde_json::Error,
    },
    /// Others commit all the time.
    #[error("execution {0} keeps changing")]
    Contended(ExecutionId),
    /// Something that is needed is away, or what it keeps cannot be read.
    #[error(transparent)]
    Port(#[from] PortError),
}

const UNREADABLE: Code = Code::new("STEP_0001", "The message cannot be read");
const DEFINITION: Code = Code::new("STEP_0002", "The definition cannot be read");
const UNWRITABLE: Code = Code::new("STEP_0003", "The events of an execution cannot be written");
const CONTENDED: Code = Code::new("STEP_0004", "The execution keeps changing");

impl StepFault {
    /// Whether trying again, without anybody changing anything, cannot help.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Unreadable(_) | Self::Definition(_) | Self::Unwritable { .. } => true,
            Self::Contended(_) => false,
            Self::Port(error) => !error.is_retryable(),
        }
    }
}

impl From<DefinitionError> for StepFault {
    fn from(error: DefinitionError) -> Self {
        match error {
            DefinitionError::Port(error) => Self::Port(error),
            error => Self::Definition(error),
        }
    }
}

impl Fault for StepFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Unreadable(_) => FaultKind::Malformed,
            Self::Definition(_) | Self::Unwritable { .. } => FaultKind::Internal,
            Self::Contended(_) => FaultKind::Unavailable(CALMER_AFTER),
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Unreadable(_) => UNREADABLE,
            Self::Definition(_) => DEFINITION,
            Self::Unwritable { .. } => UNWRITABLE,
            Self::Contended(_) => CONTENDED,
            Self::Port(error) => error.code(),
        }
    }
}
