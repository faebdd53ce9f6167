//! OpenAI's Responses: callers only, no provider is spoken to in it.
//!
//! The platform keeps no conversations: what needs one (`previous_response_id`, `conversation`, `background`, stored
//! prompts) is refused by name, and so are tools that OpenAI runs itself. `store` is taken, and the answer says false.
//!
//! A caller who sends an answer's `output` back as input gets the model its own thoughts back: Anthropic's signatures
//! travel in `encrypted_content`.

mod answer;
mod echo;
mod frames;
mod items;
mod output;
mod request;
mod stream_encode;
mod thought;

#[cfg(test)]
mod request_tests;
#[cfg(test)]
mod stream_tests;

pub use super::chat::encode_fault;
pub use answer::encode_answer;
pub use echo::Echo;
pub use request::decode_request;
pub use stream_encode::StreamEncoder;
