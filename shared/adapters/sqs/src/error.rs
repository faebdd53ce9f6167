//! From the SDK's errors to what a caller decides on.

use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use octavo_domain_kernel::{PortError, PortErrorKind};

pub(crate) fn port_error<E>(error: SdkError<E>) -> PortError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    SdkError<E>: std::error::Error,
{
    let kind = match &error {
        SdkError::TimeoutError(_) => PortErrorKind::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => PortErrorKind::Timeout,
        // No connection; or no credentials, which a role may have again in a moment.
        SdkError::DispatchFailure(_) => PortErrorKind::Unavailable,
        SdkError::ServiceError(answer) => {
            service(answer.err().code().unwrap_or_default(), answer.raw().status().as_u16())
        }
        _ => PortErrorKind::Corrupt,
    };
    // The SDK's own text says only which layer failed.
    PortError::new(kind, DisplayErrorContext(&error).to_string())
}

fn service(code: &str, status: u16) -> PortErrorKind {
    // Codes of the query protocol carry a prefix: `AWS.SimpleQueueService.NonExistentQueue`.
    match code.rsplit('.').next().unwrap_or(code) {
        "QueueDoesNotExist" | "NonExistentQueue" => PortErrorKind::NotFound,
        "AccessDenied"
        | "AccessDeniedException"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException"
        | "ExpiredToken"
        | "KmsAccessDenied" => PortErrorKind::Denied,
        "RequestThrottled" | "ThrottlingException" | "Throttling" | "OverLimit" | "KmsThrottled" => {
            PortErrorKind::Unavailable
        }
        _ if status >= 500 || status == 429 => PortErrorKind::Unavailable,
        _ if status == 403 => PortErrorKind::Denied,
        _ => PortErrorKind::Corrupt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_in_both_protocols() {
        assert_eq!(service("AWS.SimpleQueueService.NonExistentQueue", 400), PortErrorKind::NotFound);
        assert_eq!(service("QueueDoesNotExist", 400), PortErrorKind::NotFound);
        assert_eq!(service("InternalFailure", 500), PortErrorKind::Unavailable);
        assert_eq!(service("InvalidMessageContents", 400), PortErrorKind::Corrupt);
    }
}
