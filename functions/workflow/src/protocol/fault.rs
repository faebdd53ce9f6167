//! Refusals and failures as the API's clients know them.

use http::StatusCode;
use octavo_domain_kernel::{PortError, PortErrorKind};
use octavo_domain_workflow::arn::InvalidArn;
use octavo_domain_workflow::catalogue::VERSIONS_MAX;

macro_rules! names {
    ($($name:ident = $status:literal,)*) => {
        /// An error's name: clients map each to a class of their own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the service's; its documentation explains them")]
        pub enum Name { $($name,)* }

        impl Name {
            /// As it stands in `__type`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                let status: u16 = match self { $(Self::$name => $status,)* };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    };
}

names! {
    // The operations' own.
    ActivityAlreadyExists = 400,
    ActivityDoesNotExist = 400,
    ActivityLimitExceeded = 400,
    ActivityWorkerLimitExceeded = 400,
    ConflictException = 400,
    ExecutionAlreadyExists = 400,
    ExecutionDoesNotExist = 400,
    ExecutionLimitExceeded = 400,
    ExecutionNotRedrivable = 400,
    InvalidArn = 400,
    InvalidDefinition = 400,
    InvalidEncryptionConfiguration = 400,
    InvalidExecutionInput = 400,
    InvalidLoggingConfiguration = 400,
    InvalidName = 400,
    InvalidOutput = 400,
    InvalidToken = 400,
    InvalidTracingConfiguration = 400,
    KmsAccessDeniedException = 400,
    MissingRequiredParameter = 400,
    ResourceNotFound = 400,
    ServiceQuotaExceededException = 400,
    StateMachineAlreadyExists = 400,
    StateMachineDeleting = 400,
    StateMachineDoesNotExist = 400,
    StateMachineLimitExceeded = 400,
    StateMachineTypeNotSupported = 400,
    TaskDoesNotExist = 400,
    TaskTimedOut = 400,
    TooManyTags = 400,
    ValidationException = 400,
    // Those of every operation.
    AccessDeniedException = 400,
    IncompleteSignatureException = 400,
    InvalidSignatureException = 400,
    MissingAuthenticationTokenException = 400,
    RequestEntityTooLargeException = 413,
    SerializationException = 400,
    UnknownOperationException = 400,
    UnrecognizedClientException = 400,
    // Ours to answer for: clients try again.
    InternalFailure = 500,
    ServiceUnavailable = 503,
}

/// A refusal or a failure. `Display` is its message, which the caller reads; what is for the log is its source.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Which.
    pub name: Name,
    /// For whoever reads it.
    pub message: String,
    /// The member `reason`, of a `ValidationException`.
    pub reason: Option<&'static str>,
    /// The member `resourceName`, of a `ResourceNotFound` or `TooManyTags`.
    pub resource: Option<String>,
    source: Option<PortError>,
}

impl Fault {
    /// `name`, with the service's own text where there is one.
    pub fn new(name: Name, message: impl Into<String>) -> Self {
        Self { name, message: message.into(), reason: None, resource: None, source: None }
    }

    /// A member of the input is not acceptable.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(Name::ValidationException, message)
    }

    /// The caller may not.
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::new(Name::AccessDeniedException, message)
    }

    /// There is no such state machine.
    pub fn no_machine(arn: &str) -> Self {
        Self::new(Name::StateMachineDoesNotExist, format!("State Machine Does Not Exist: '{arn}'"))
    }

    /// The state machine is being deleted.
    pub fn machine_deleting(arn: &str) -> Self {
        Self::new(Name::StateMachineDeleting, format!("State Machine is being deleted: '{arn}'"))
    }

    /// There is no such execution.
    pub fn no_execution(arn: &str) -> Self {
        Self::new(Name::ExecutionDoesNotExist, format!("Execution Does Not Exist: '{arn}'"))
    }

    /// There is no such activity.
    pub fn no_activity(arn: &str) -> Self {
        Self::new(Name::ActivityDoesNotExist, format!("Activity Does Not Exist: '{arn}'"))
    }

    /// There is no such thing, of those that only this error is known for.
    pub fn no_resource(arn: &str) -> Self {
        Self::new(Name::ResourceNotFound, format!("Resource not found: '{arn}'")).of(arn)
    }

    /// A state machine has as many versions as it may have.
    pub fn too_many_versions() -> Self {
        let text = format!("A state machine may have at most {VERSIONS_MAX} versions");
        Self::new(Name::ServiceQuotaExceededException, text)
    }

    /// Somebody else changed the same state machine again and again.
    pub fn contended(arn: &str) -> Self {
        Self::new(Name::ConflictException, format!("The state machine keeps changing; try again: '{arn}'"))
    }

    /// The same with the member `reason`.
    #[must_use]
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// The same about this resource.
    #[must_use]
    pub fn of(self, arn: &str) -> Self {
        Self { resource: Some(arn.to_owned()), ..self }
    }

    /// A token of a page, a task or a redrive that was not given out here.
    pub fn invalid_token(what: &str) -> Self {
        Self::new(Name::InvalidToken, format!("Invalid Token: '{what}'"))
    }

    /// A name with what the service does not take in one.
    pub fn invalid_name(name: &str) -> Self {
        Self::new(Name::InvalidName, format!("Invalid Name: '{name}'"))
    }
}

impl From<InvalidArn> for Fault {
    fn from(error: InvalidArn) -> Self {
        Self::new(Name::InvalidArn, format!("Invalid Arn: '{error}'"))
    }
}

impl From<PortError> for Fault {
    fn from(error: PortError) -> Self {
        // The cause names hosts and statements: it is the source, for the log.
        let (name, message) = match error.kind {
            PortErrorKind::Unavailable | PortErrorKind::Conflict => {
                (Name::ServiceUnavailable, "Something that is needed to answer is away; try again shortly")
            }
            PortErrorKind::Timeout => (
                Name::InternalFailure,
                "Something that is needed did not answer in time; whether it took effect is not known",
            ),
            PortErrorKind::NotFound | PortErrorKind::Denied | PortErrorKind::Corrupt => {
                (Name::InternalFailure, "The request could not be done; its id helps the operators to find out why")
            }
        };
        Self { name, message: message.to_owned(), reason: None, resource: None, source: Some(error) }
    }
}
