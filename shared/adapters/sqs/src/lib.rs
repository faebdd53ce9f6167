//! Amazon SQS behind the queue port: [`SqsQueues`] sends, and shows and redrives dead letters as far as SQS lets it.
//!
//! Receiving is not here: on AWS an event source mapping does it. Deliberately knows nothing of what is sent and reads no
//! settings of ours; credentials and region are what AWS gives a process, where they are not given.
//!
//! A queue's URL is the prefix and the queue's name; its dead letters are in the queue with `-dead` after it, to which
//! the redrive policy of the infrastructure points. What SQS does not keep, a dead letter does not have: why it failed.
//!
//! To use one more operation of SQS: a method on the type in `client.rs`' terms, its error through `error.rs`, and its
//! answer in `tests/fake`, which is a stand-in for the wire format, not for the service.
#![warn(missing_docs)]

mod client;
mod dead_letters;
mod error;
mod sender;

pub use client::{Options, SqsQueues};
pub use dead_letters::DEAD_LETTERS_SEEN_MAX;
