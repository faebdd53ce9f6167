//! What a tenant's administrator sees and sets: `/v1/ai/...`, an operation a file.

pub(crate) mod alerts;
pub(crate) mod breakers;
pub(crate) mod budgets;
pub(crate) mod call;
pub(crate) mod calls;
pub(crate) mod policy;
pub(crate) mod providers;
pub(crate) mod role;
pub(crate) mod usage;

pub(crate) use alerts::list as list_alerts;
pub(crate) use breakers::{hold as hold_breaker, list as list_breakers, reset as reset_breaker};
pub(crate) use budgets::list as list_budgets;
pub(crate) use call::transcript as read_transcript;
pub(crate) use calls::list as list_calls;
pub(crate) use policy::{read as read_policy, write as write_policy};
pub(crate) use providers::{
    PROVIDER_KEY_PURPOSE, delete_key as delete_provider_key, list as list_providers, put_key as put_provider_key,
};
pub(crate) use role::{is_admin, only_admin, only_operator};
pub(crate) use usage::read as read_usage;
