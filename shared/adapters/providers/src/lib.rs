//! AI providers over HTTP: OpenAI, Anthropic, Azure OpenAI and whatever speaks as they do.
#![warn(missing_docs)]
