//! What a request asks, whatever wire format it came in.

use serde_json::Value;

use crate::image::Image;
use crate::tokens::{self, TOKENS_PER_MESSAGE, TOKENS_PER_REPLY};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    System,
    User,
    Assistant,
    Tool,
}

/// A piece of a message.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text(String),
    Image(Image),
    /// A call that the model made earlier.
    Call {
        name: String,
        arguments: String,
    },
    /// What a tool answered.
    Output(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) parts: Vec<Part>,
}

impl Message {
    pub(crate) fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::Text(text.into())] }
    }

    /// Its texts, joined by line breaks.
    pub(crate) fn joined(&self) -> String {
        let texts: Vec<&str> = self.parts.iter().filter_map(|part| part.as_text()).collect();
        texts.join("\n")
    }
}

impl Part {
    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn tokens(&self) -> usize {
        match self {
            Self::Text(text) | Self::Output(text) => tokens::count_tokens(text),
            Self::Image(image) => image.tokens(),
            Self::Call { name, arguments } => tokens::count_call(name, arguments),
        }
    }
}

/// A function that the model may call.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) schema: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum ToolChoice {
    #[default]
    Auto,
    Never,
    Required,
    Named(String),
}

#[derive(Debug, Clone, Default)]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
    Schema(Value),
}

/// How much reasoning is asked for, in sentences of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Effort(pub(crate) usize);

impl Effort {
    /// The effort's name as OpenAI and Anthropic write it; `none` and `minimal` reason nothing.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(Self(match name {
            "none" | "minimal" => 0,
            "low" => 1,
            "medium" => 2,
            "high" => 4,
            "xhigh" => 6,
            "max" => 8,
            _ => return None,
        }))
    }
}

/// A request's question, understood.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prompt {
    pub(crate) messages: Vec<Message>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) tool_choice: ToolChoice,
    pub(crate) parallel: bool,
    pub(crate) max_tokens: Option<usize>,
    pub(crate) stop: Vec<String>,
    pub(crate) format: Format,
    pub(crate) effort: Effort,
}

impl Prompt {
    /// Input tokens, before any of them is found in a cache.
    pub(crate) fn tokens(&self) -> usize {
        let messages = self
            .messages
            .iter()
            .map(|message| TOKENS_PER_MESSAGE + message.parts.iter().map(Part::tokens).sum::<usize>());
        let tools = self.tools.iter().map(|tool| tokens::count_tool(&tool.name, &tool.description, &tool.schema));
        messages.sum::<usize>() + tools.sum::<usize>() + TOKENS_PER_REPLY
    }

    /// What the last user message says.
    pub(crate) fn question(&self) -> String {
        self.messages.iter().rev().find(|message| message.role == Role::User).map(Message::joined).unwrap_or_default()
    }

    pub(crate) fn last(&self) -> Option<&Message> {
        self.messages.last()
    }
}
