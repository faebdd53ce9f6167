//! Rates and budgets, shared by all instances: reserve before, settle after.

use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{PortError, TenantId};
use std::time::Duration;
use uuid::Uuid;

/// A rate: the generic cell rate algorithm (ITU-T I.371, as virtual scheduling) over the server's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLine {
    /// Names the counter within the tenant: `requests`, `tokens:gpt-6-luna`, `requests:key:ID`.
    pub name: String,
    /// Units a minute, at least 1.
    pub per_minute: u64,
    /// Units that may come at once, at least 1.
    pub burst: u64,
    /// Units that this call takes. More than `burst` can never be granted.
    pub amount: u64,
}

/// A budget: a sum that a period may not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetLine {
    /// Names the counter within the tenant: `day:2026-11-26`, `month:2026-11:user:ada`.
    pub name: String,
    /// Tokens, if they are limited.
    pub tokens_max: Option<u64>,
    /// Thousand-millionths of a US dollar, if money is limited.
    pub nanodollars_max: Option<u64>,
    /// How long until the period ends: the counter's life (a day is added), and what a refused caller is told to wait.
    pub ends_in: Duration,
    /// What the ledger says has been used, where the counter must be begun: the store sets it only if there is none.
    pub seed: Option<BudgetLevel>,
}

/// A sum of tokens and money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BudgetLevel {
    /// Tokens.
    pub tokens: u64,
    /// Thousand-millionths of a US dollar.
    pub nanodollars: u64,
}

/// What a call asks for before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveRequest {
    /// The tenant.
    pub tenant: TenantId,
    /// The call.
    pub call: Uuid,
    /// Every rate that it falls under, at most 16.
    pub rates: Vec<RateLine>,
    /// Every budget that it falls under, at most 16.
    pub budgets: Vec<BudgetLine>,
    /// What it may use at most, as far as can be told: held back from every budget.
    pub hold: BudgetLevel,
    /// After so long without a settlement it counts as abandoned.
    pub lease: Duration,
    /// Given back by [`Meter::reclaim`] if it is abandoned: what the ledger must know. At most 4 KiB.
    pub record: Bytes,
}

/// What a rate has left after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLeft {
    /// Which.
    pub name: String,
    /// The burst.
    pub limit: u64,
    /// Units that could be taken now.
    pub remaining: u64,
    /// Until all of the burst can be taken again.
    pub reset: Duration,
}

/// Why a call may not begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A rate is used up; try again after so long. Where `amount` is more than the burst it never helps to wait.
    Rate {
        /// The rate, as it is.
        left: RateLeft,
        /// How long; none where it never helps.
        retry_after: Option<Duration>,
    },
    /// A budget is used up, or would be.
    Budget {
        /// Its name.
        name: String,
        /// What is used and held back.
        level: BudgetLevel,
    },
}

/// What became of a reservation. Nothing is taken unless all of it is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// Go on.
    Granted {
        /// Every rate, in order.
        rates: Vec<RateLeft>,
        /// Every budget's level, in order, this call's hold included.
        budgets: Vec<BudgetLevel>,
    },
    /// Do not.
    Refused(Refusal),
    /// Some budgets have no counter (a new period, or the store lost it): ask again with their seeds. Their names.
    Unseeded(Vec<String>),
}

/// What a call really used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The tenant.
    pub tenant: TenantId,
    /// The call.
    pub call: Uuid,
    /// What it used: goes into every budget in the hold's place.
    pub used: BudgetLevel,
    /// Tokens that were reserved from rates and not used are not given back; tokens used beyond that are taken. Rates
    /// with their further amounts.
    pub rates: Vec<RateLine>,
}

/// A call that nobody settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCall {
    /// The call.
    pub call: Uuid,
    /// What was held back: it has been charged.
    pub hold: BudgetLevel,
    /// What was given with the reservation.
    pub record: Bytes,
}

/// Rates and budgets.
#[async_trait]
pub trait Meter: Send + Sync {
    /// Takes all or nothing, in one atomic step. Reserving the same call again is granted and takes nothing more.
    async fn reserve(&self, request: &ReserveRequest) -> Result<Reserved, PortError>;
    /// Puts what was used in the hold's place, in every budget that the call was reserved from; answers their levels
    /// with their names. Settling what is not open (settled, reclaimed, or lost) changes nothing and answers none.
    async fn settle(&self, settlement: &Settlement) -> Result<Vec<(String, BudgetLevel)>, PortError>;
    /// Takes up to `max` calls of the tenant whose lease has run out off the list, their hold charged for good. Each is
    /// given to one caller; what a caller that dies does with it is lost, so it is given again until
    /// [`Meter::reclaimed`], after a minute.
    async fn reclaim(&self, tenant: &TenantId, max: usize) -> Result<Vec<OpenCall>, PortError>;
    /// The ledger has these.
    async fn reclaimed(&self, tenant: &TenantId, calls: &[Uuid]) -> Result<(), PortError>;
    /// Tenants that have or had open calls, for the sweep; at most 10,000.
    async fn tenants(&self) -> Result<Vec<TenantId>, PortError>;
    /// The levels of budgets as they are, for people; none where there is no counter.
    async fn levels(&self, tenant: &TenantId, names: &[String]) -> Result<Vec<Option<BudgetLevel>>, PortError>;
    /// Notes that an alert was raised, until `ends_in` has passed; true for the first who says so.
    async fn alert_once(&self, tenant: &TenantId, name: &str, ends_in: Duration) -> Result<bool, PortError>;
}
