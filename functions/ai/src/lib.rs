//! The AI function: a gateway that stock OpenAI and Anthropic clients use unchanged. Knows nothing of Redis, SQL or reqwest.
#![warn(missing_docs)]
