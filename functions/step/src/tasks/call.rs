//! Resources that tasks name, taken apart.

/// What a resource is of the service's grammar of ARNs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource<'a> {
    /// `arn:...:lambda:...:function:NAME[:QUALIFIER]`.
    Function { name: &'a str, qualifier: Option<&'a str> },
    /// `arn:...:states:::SERVICE:ACTION[.PATTERN]`; the service of an SDK integration begins with `aws-sdk:`.
    Integration { service: &'a str, action: &'a str, pattern: Pattern },
    /// Something else.
    Unknown,
}

/// How an integration is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Until it answers.
    RequestResponse,
    /// `.sync`: until what it began has ended.
    Sync,
    /// `.sync:2`: the same, with JSON as JSON.
    SyncJson,
    /// `.waitForTaskToken`: until somebody comes with the token.
    WaitForTaskToken,
}

impl<'a> Resource<'a> {
    pub(super) fn of(resource: &'a str) -> Self {
        let parts: Vec<&str> = resource.splitn(7, ':').collect();
        match parts.as_slice() {
            ["arn", _, "lambda", _, _, "function", name] => match name.split_once(':') {
                Some((name, qualifier)) => Self::Function { name, qualifier: Some(qualifier) },
                None => Self::Function { name, qualifier: None },
            },
            ["arn", _, "states", _, _, "aws-sdk", rest] => {
                let Some((service, action)) = rest.split_once(':') else { return Self::Unknown };
                let begins = resource.len() - rest.len() - "aws-sdk:".len();
                let service = &resource[begins..begins + "aws-sdk:".len() + service.len()];
                Self::integration(service, action)
            }
            ["arn", _, "states", _, _, service, action] => Self::integration(service, action),
            _ => Self::Unknown,
        }
    }

    fn integration(service: &'a str, action: &'a str) -> Self {
        let (action, pattern) = match action.split_once('.') {
            None => (action, Pattern::RequestResponse),
            Some((action, "sync")) => (action, Pattern::Sync),
            Some((action, "sync:2")) => (action, Pattern::SyncJson),
            Some((action, "waitForTaskToken")) => (action, Pattern::WaitForTaskToken),
            Some(_) => return Self::Unknown,
        };
        Self::Integration { service, action, pattern }
    }
}

/// A function as a parameter names it: a name, a partial ARN or a whole one, with a qualifier or without.
pub(super) fn function_name(text: &str) -> (&str, Option<&str>) {
    let rest = match text.split_once(":function:") {
        Some((_, rest)) => rest,
        None => text.strip_prefix("function:").unwrap_or(text),
    };
    match rest.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (rest, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_taken_apart() {
        let function = |name, qualifier| Resource::Function { name, qualifier };
        let integration = |service, action, pattern| Resource::Integration { service, action, pattern };
        for (text, wanted) in [
            ("arn:aws:lambda:us-east-1:1:function:charge", function("charge", None)),
            ("arn:aws:lambda:us-east-1:1:function:charge:live", function("charge", Some("live"))),
            ("arn:aws:states:::lambda:invoke", integration("lambda", "invoke", Pattern::RequestResponse)),
            (
                "arn:aws:states:::lambda:invoke.waitForTaskToken",
                integration("lambda", "invoke", Pattern::WaitForTaskToken),
            ),
            (
                "arn:aws:states:::states:startExecution.sync:2",
                integration("states", "startExecution", Pattern::SyncJson),
            ),
            ("arn:aws:states:::states:startExecution.sync", integration("states", "startExecution", Pattern::Sync)),
            (
                "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
                integration("aws-sdk:sfn", "sendTaskSuccess", Pattern::RequestResponse),
            ),
            ("arn:aws:states:::lambda:invoke.whenever", Resource::Unknown),
            ("arn:aws:states:::aws-sdk:sfn", Resource::Unknown),
            ("charge", Resource::Unknown),
        ] {
            assert_eq!(Resource::of(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_function_is_named_in_many_ways() {
        for (text, wanted) in [
            ("charge", ("charge", None)),
            ("charge:live", ("charge", Some("live"))),
            ("arn:aws:lambda:us-east-1:1:function:charge", ("charge", None)),
            ("arn:aws:lambda:us-east-1:1:function:charge:7", ("charge", Some("7"))),
            ("1:function:charge", ("charge", None)),
            ("function:charge", ("charge", None)),
        ] {
            assert_eq!(function_name(text), wanted, "{text}");
        }
    }
}
