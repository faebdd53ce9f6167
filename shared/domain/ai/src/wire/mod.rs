//! The three wire forms: OpenAI's Chat Completions and Responses, Anthropic's Messages. Bytes into meaning and back.
//!
//! Callers come in any of the three; providers speak [`chat`] or [`messages`]. Where a caller and a provider speak the
//! same form, the raw body goes through and only what must change is changed ([`Forward`]), so that no field is lost;
//! otherwise a request is decoded into [`Prompt`] and encoded anew, and an answer likewise.
//!
//! | | [`chat`] | [`responses`] | [`messages`] |
//! |---|---|---|---|
//! | `decode_request`: caller's JSON into [`Decoded`] | x | x | x |
//! | `encode_request`: [`Prompt`] into a provider's JSON | x | | x |
//! | `decode_answer`, `StreamDecoder`: a provider's answer | x | | x |
//! | `encode_answer`, `StreamEncoder`: an answer for the caller | x | x | x |
//! | `decode_fault`: a provider's refusal | x | | x |
//! | `encode_fault`: a refusal for the caller | x | (as chat) | x |

mod dialect;

pub mod chat;
pub mod messages;
pub mod responses;

pub use dialect::{AnswerContext, CallerFault, Decoded, Dialect, Forward, sse};
