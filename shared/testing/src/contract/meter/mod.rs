//! The contract of [`octavo_domain_ai::ports::Meter`].

mod ask;
mod budgets;
mod open_calls;
mod races;
mod rates;
mod suite;

pub use races::{meter_race_for_a_budget, meter_race_for_a_rate, meter_race_for_the_last_token};
pub use suite::meter;
