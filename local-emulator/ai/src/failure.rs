//! What is wrong with a request, before it takes a provider's shape.

/// A refusal. Each provider writes it its own way: see `openai::error`, `anthropic::error`, `azure::error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// HTTP status, 400 to 599.
    pub(crate) status: u16,
    pub(crate) message: String,
    /// The field that is wrong, as OpenAI names it.
    pub(crate) param: Option<String>,
    /// OpenAI's and Azure's machine-readable reason.
    pub(crate) code: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None, code: None }
    }

    /// 400.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}
