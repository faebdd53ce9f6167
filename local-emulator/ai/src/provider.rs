//! Which provider, and which of its operations, a path means.

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Provider {
    OpenAi,
    Anthropic,
    Azure,
    /// Some other provider with OpenAI's wire format.
    Compatible(Box<str>),
}

impl Provider {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Azure => "azure",
            Self::Compatible(name) => name,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Chat,
    Responses,
    Embeddings,
    Messages,
    CountTokens,
    Models,
    Model(String),
    /// A path that the provider does not have.
    Unknown,
}

impl Operation {
    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::Models | Self::Model(_) => "GET",
            _ => "POST",
        }
    }
}

/// A path, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) provider: Provider,
    pub(crate) operation: Operation,
    /// Azure's deployment, which stands for the model.
    pub(crate) deployment: Option<String>,
}

impl Target {
    /// `None`: no provider is below this path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (first, rest) = path.strip_prefix('/')?.split_once('/')?;
        let target = |provider, operation| Some(Self { provider, operation, deployment: None });
        match first {
            "openai" => target(Provider::OpenAi, openai(rest.strip_prefix("v1/")?)),
            "anthropic" => target(Provider::Anthropic, anthropic(rest.strip_prefix("v1/")?)),
            "compatible" => {
                let (name, rest) = rest.split_once('/')?;
                target(Provider::Compatible(name.into()), openai(rest.strip_prefix("v1/")?))
            }
            "azure" => {
                let rest = rest.strip_prefix("openai/")?;
                if let Some(rest) = rest.strip_prefix("v1/") {
                    return target(Provider::Azure, openai(rest));
                }
                let (deployment, rest) = rest.strip_prefix("deployments/")?.split_once('/')?;
                let operation = match openai(rest) {
                    operation @ (Operation::Chat | Operation::Embeddings) => operation,
                    _ => Operation::Unknown,
                };
                Some(Self { provider: Provider::Azure, operation, deployment: Some(deployment.to_owned()) })
            }
            _ => None,
        }
    }
}

fn openai(rest: &str) -> Operation {
    match rest {
        "chat/completions" => Operation::Chat,
        "responses" => Operation::Responses,
        "embeddings" => Operation::Embeddings,
        _ => models(rest),
    }
}

fn anthropic(rest: &str) -> Operation {
    match rest {
        "messages" => Operation::Messages,
        "messages/count_tokens" => Operation::CountTokens,
        _ => models(rest),
    }
}

fn models(rest: &str) -> Operation {
    match rest.strip_prefix("models") {
        Some("") => Operation::Models,
        Some(rest) => match rest.strip_prefix('/') {
            Some(name) if !name.is_empty() => Operation::Model(name.to_owned()),
            _ => Operation::Unknown,
        },
        None => Operation::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_provider_and_operation() {
        let of = |path| Target::of(path).map(|target| (target.provider, target.operation, target.deployment));
        assert_eq!(of("/openai/v1/chat/completions"), Some((Provider::OpenAi, Operation::Chat, None)));
        assert_eq!(
            of("/anthropic/v1/messages/count_tokens"),
            Some((Provider::Anthropic, Operation::CountTokens, None))
        );
        assert_eq!(of("/azure/openai/v1/embeddings"), Some((Provider::Azure, Operation::Embeddings, None)));
        let deployed = Some((Provider::Azure, Operation::Chat, Some("gpt-x".to_owned())));
        assert_eq!(of("/azure/openai/deployments/gpt-x/chat/completions"), deployed);
        assert_eq!(
            of("/compatible/groq/v1/models/a/b"),
            Some((Provider::Compatible("groq".into()), Operation::Model("a/b".into()), None))
        );
        assert_eq!(of("/openai/v1/messages"), Some((Provider::OpenAi, Operation::Unknown, None)));
        assert_eq!(of("/elsewhere/v1/messages"), None);
    }
}
