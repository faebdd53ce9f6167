//! What is asked of the world: a provider, the shared state, the ledger.

mod alerts;
mod answers;
mod breakers;
mod completions;
mod keys;
mod ledger;
mod meter;
mod observer;
mod policies;
mod transcripts;
mod upstream;

pub use alerts::{AlertStore, BudgetAlert};
pub use answers::{AnswerStore, Claim, Found};
pub use breakers::{BreakerView, Breakers, Sample};
pub use completions::{Completion, CompletionError, CompletionRequest, Completions};
pub use keys::{ApiKey, ApiKeyStore, ProviderKey, ProviderKeyStore};
pub use ledger::{CallPage, CallQuery, Ledger, Spent, UsageQuery, UsageRow};
pub use meter::{
    BudgetLevel, BudgetLine, Meter, OpenCall, RateLeft, RateLine, Refusal, ReserveRequest, Reserved, Settlement,
};
pub use observer::{Observation, Observer};
pub use octavo_domain_kernel::Sealer;
pub use policies::{PolicyStore, StoredPolicy};
pub use transcripts::{TRANSCRIPT_BYTES_MAX, TranscriptStore};
pub use upstream::{ServerSentEvent, Timeouts, Upstream, UpstreamBody, UpstreamReply, UpstreamRequest};
