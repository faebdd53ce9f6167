//! What is asked, whatever wire form it came in.

use serde_json::Value;

/// A request to a chat model. Holds what all wire forms can say; what only one of them can is left in the raw body, and
/// named when the request was decoded ([`crate::wire::Decoded::native_only`]).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompt {
    /// System and developer text, in order.
    pub system: Vec<Part>,
    /// The conversation. Tool results are parts of user messages; two messages of one role may follow each other.
    pub messages: Vec<Message>,
    /// The functions that the model may call.
    pub tools: Vec<Tool>,
    /// Whether and which it must call.
    pub tool_choice: Option<ToolChoice>,
    /// Whether it may call several at once; the provider's default if not said.
    pub parallel_tool_calls: Option<bool>,
    /// Most tokens of the answer, reasoning included.
    pub max_tokens: Option<u64>,
    /// 0 to 2 (OpenAI) or 0 to 1 (Anthropic).
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// Anthropic only; others ignore it.
    pub top_k: Option<u64>,
    /// Texts at which the answer ends.
    pub stop: Vec<String>,
    /// OpenAI only; others ignore it.
    pub seed: Option<i64>,
    /// What form the answer's text must have.
    pub format: ResponseFormat,
    /// How much to think before answering.
    pub reasoning: Option<Reasoning>,
    /// The caller's name for the person behind the request (`user`, `metadata.user_id`).
    pub end_user: Option<String>,
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// Whether a streamed answer is to end with its usage, where the form makes that a choice (Chat Completions).
    pub stream_usage: bool,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person, or a tool's result.
    User,
    /// The model.
    Assistant,
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What, in order.
    pub content: Vec<Part>,
}

/// A piece of content.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Whether the caller marked the prompt up to here for the provider's cache (Anthropic's `cache_control`).
        cache: bool,
    },
    /// A picture.
    Image(Image),
    /// A file, for example a PDF.
    File(File),
    /// The model calls a function.
    ToolCall {
        /// Names the call to its result.
        id: String,
        /// The function's name.
        name: String,
        /// The arguments as JSON text, as the model wrote it: not always JSON.
        arguments: String,
    },
    /// What a called function returned.
    ToolResult {
        /// The call's id.
        call_id: String,
        /// Text and pictures.
        content: Vec<Part>,
        /// Whether the call failed.
        is_error: bool,
    },
    /// What the model thought.
    Reasoning {
        /// The thought; may be empty where only the signature is kept.
        text: String,
        /// Proves to Anthropic that it was its model's thought.
        signature: Option<String>,
    },
    /// A thought that only its provider can read.
    RedactedReasoning {
        /// Opaque.
        data: String,
    },
    /// The model declines, in words.
    Refusal {
        /// The words.
        text: String,
    },
}

impl Part {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), cache: false }
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// Fetched by the provider.
    Url {
        /// `https://...`.
        url: String,
        /// OpenAI's `detail`.
        detail: Option<String>,
    },
    /// In the request.
    Data {
        /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
        media_type: String,
        /// Standard Base64.
        base64: String,
        /// OpenAI's `detail`.
        detail: Option<String>,
    },
}

/// A file in the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it is called.
    pub name: Option<String>,
    /// For example `application/pdf`.
    pub media_type: String,
    /// Standard Base64.
    pub base64: String,
}

/// A function that a model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// 1 to 64 of `a-zA-Z0-9_-`.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// JSON Schema of its arguments; an object.
    pub parameters: Value,
    /// Whether the arguments must follow the schema exactly (OpenAI).
    pub strict: Option<bool>,
}

/// Whether and which function is to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model likes.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
}

/// What form the answer's text must have.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ResponseFormat {
    /// Any.
    #[default]
    Text,
    /// A JSON object.
    JsonObject,
    /// JSON that a schema accepts.
    JsonSchema {
        /// The schema's name.
        name: String,
        /// JSON Schema.
        schema: Value,
        /// Whether it must be followed exactly.
        strict: Option<bool>,
    },
}

/// How hard to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as the model can.
    Minimal,
    /// Little.
    Low,
    /// The usual.
    Medium,
    /// Much.
    High,
    /// As much as the model can.
    Maximal,
}

/// How much to think before answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reasoning {
    /// How hard, where the caller said it in words.
    pub effort: Option<Effort>,
    /// At most so many tokens, where the caller said it in tokens (Anthropic).
    pub budget_tokens: Option<u64>,
    /// Whether the thoughts are to be shown.
    pub visible: bool,
}
