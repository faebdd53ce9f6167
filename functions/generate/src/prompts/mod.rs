//! What models are asked.
//!
//! A prompt is made of the order, of the outline, of what is written and of the sources' texts, and of nothing else: no
//! time, no id, no order of a map. The same step asked for again is then the same request, which the gateway's cache
//! answers without paying twice. After a retry by a person the prompt says so: an answer that was of no use is then not
//! served again.
//!
//! What is the same for all sections stands first (rules, sources), for the providers' own caches of prompts.

mod outline;
mod section;
mod system;

pub(crate) use outline::outline;
pub(crate) use section::section;
pub(crate) use system::about;
