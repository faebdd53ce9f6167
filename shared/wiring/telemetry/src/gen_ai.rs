//! The names of OpenTelemetry's semantic conventions for generative AI. None of them is stable yet: they stand here and
//! nowhere else.

pub(crate) const OPERATION: &str = "gen_ai.operation.name";
pub(crate) const PROVIDER: &str = "gen_ai.provider.name";
pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(crate) const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub(crate) const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
pub(crate) const ERROR_TYPE: &str = "error.type";
/// Seconds, the whole call.
pub(crate) const DURATION: &str = "gen_ai.client.operation.duration";
/// Seconds to the first piece.
pub(crate) const FIRST_TOKEN: &str = "gen_ai.client.operation.time_to_first_chunk";
/// What the platform adds to them.
pub(crate) const CACHE: &str = "octavo.ai.cache";
pub(crate) const OUTCOME: &str = "octavo.ai.outcome";
/// Of a budget alert.
pub(crate) const PERCENT: &str = "octavo.ai.percent";
pub(crate) const PERIOD: &str = "octavo.ai.period";
pub(crate) const SCOPE: &str = "octavo.ai.scope";
