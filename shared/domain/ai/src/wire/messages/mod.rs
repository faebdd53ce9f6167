//! Anthropic's Messages, `POST /v1/messages`, in the versions `2023-06-01` and `2026-10-21`.
//!
//! The two versions differ here in one thing: the later one, and every model from Claude 4.7 on, refuses `temperature`,
//! `top_p` and `top_k`, even at their defaults. Such models also think by themselves: they refuse a budget of thoughts
//! (`thinking.type: enabled`) and take an effort, and the newest refuse a forced `tool_choice`. That is why
//! [`encode_request`] and [`forward`] are told whether the model takes `sampling`: it decides all three.
//!
//! | file | what |
//! |---|---|
//! | `read` | a request's members, with the path of what is wrong |
//! | `decode`, `decode_content`, `decode_options` | a caller's request into [`crate::Prompt`] |
//! | `encode`, `encode_content`, `encode_tools`, `schema` | a prompt for a provider |
//! | `thinking` | effort and budgets, both ways |
//! | `forward` | what is changed in a request that stays in this form |
//! | `answer`, `usage`, `stop` | whole answers, both ways |
//! | `stream_decode`, `stream_encode`, `blocks`, `frames`, `json_end` | answers in pieces, both ways |
//! | `fault` | refusals, both ways |

mod answer;
mod blocks;
mod decode;
mod decode_content;
mod decode_options;
mod encode;
mod encode_content;
mod encode_tools;
mod fault;
mod forward;
mod frames;
mod json_end;
mod read;
#[cfg(test)]
mod roundtrip;
mod schema;
mod stop;
mod stream_decode;
mod stream_encode;
mod thinking;
mod usage;

pub use answer::{decode_answer, encode_answer};
pub use decode::{count_request, decode_request};
pub use encode::encode_request;
pub use fault::{decode_fault, encode_fault};
pub use forward::forward;
pub use stream_decode::StreamDecoder;
pub use stream_encode::StreamEncoder;
