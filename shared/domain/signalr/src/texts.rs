//! What clients are told where something fails. Stock clients, and their users, know these texts.

/// The error of the Close that ends a connection for a fault of either side.
pub const CLOSED_WITH_ERROR: &str = "Connection closed with an error.";
/// The error of the Close that ends a connection whose bearer token has ended.
pub const CLOSED_TOKEN_ENDED: &str = "Connection closed because the access token has ended.";
/// The error of the Close that a node that is being emptied sends, with `allowReconnect`.
pub const CLOSED_DRAINING: &str = "Connection closed because the server is shutting down.";
/// Why the server closes a connection whose client has been silent for too long.
pub const CLOSED_CLIENT_TIMEOUT: &str =
    "Client hasn't sent a message/ping within the configured ClientTimeoutInterval.";

/// The error of a Close, with what went wrong where clients may know (in development).
pub fn closed_with(detail: Option<&str>) -> String {
    detail.map_or_else(|| CLOSED_WITH_ERROR.to_owned(), |detail| format!("{CLOSED_WITH_ERROR} {detail}"))
}

/// The error of an invocation that failed with what its caller may know.
pub fn refused(target: &str, reason: &str) -> String {
    format!("An unexpected error occurred invoking '{target}' on the server. HubException: {reason}")
}

/// The error of an invocation that failed with what its caller may not know.
pub fn failed(target: &str) -> String {
    format!("An unexpected error occurred invoking '{target}' on the server.")
}

/// The error of an invocation of a method that there is not.
pub fn unknown_method(target: &str) -> String {
    format!("Failed to invoke '{target}' due to an error on the server. HubException: Method does not exist.")
}

/// The error of an invocation whose arguments are not those of the method.
pub fn wrong_arguments(target: &str, reason: &str) -> String {
    format!("Failed to invoke '{target}' due to an error on the server. {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_only_told_where_they_are_given() {
        assert_eq!(closed_with(None), "Connection closed with an error.");
        assert_eq!(
            closed_with(Some("a record of more than 9 bytes")),
            "Connection closed with an error. a record of more than 9 bytes"
        );
    }

    #[test]
    fn invocations_fail_in_the_words_of_the_reference() {
        assert_eq!(
            refused("Fail", "no"),
            "An unexpected error occurred invoking 'Fail' on the server. HubException: no"
        );
        assert_eq!(failed("Crash"), "An unexpected error occurred invoking 'Crash' on the server.");
        assert!(unknown_method("Nope").starts_with("Failed to invoke 'Nope' due to an error on the server."));
        assert!(wrong_arguments("Add", "argument 1").ends_with("on the server. argument 1"));
    }
}
