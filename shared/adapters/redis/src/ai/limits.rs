//! What a meter takes, and refuses as `Corrupt`: it is a fault of who asks, and asking again does not help.

use octavo_domain_ai::ports::{BudgetLevel, BudgetLine, RateLine, ReserveRequest, Settlement};
use octavo_domain_kernel::PortError;
use std::collections::HashSet;
use std::time::Duration;

/// Rates, and budgets, of one call.
pub const LINES_MAX: usize = 16;
/// Bytes of the record of a call.
pub const RECORD_BYTES_MAX: usize = 4 * 1024;
/// Longest lease of a call.
pub const LEASE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Calls that are reclaimed at once: a longer answer holds up everybody else on the connection.
pub const RECLAIM_MAX: usize = 100;
/// Largest maximum, seed, hold and use of a budget, in tokens and in thousand-millionths of a dollar (so about nine
/// million dollars): a Lua number is exact up to here, and the comparison is made by a script.
pub const BUDGET_MAX: u64 = 1 << 53;
/// Bytes of a rate's or a budget's name.
const NAME_BYTES_MAX: usize = 256;
/// Units a minute, and at once, of a rate. With it every sum that a script makes is exact.
const RATE_UNITS_MAX: u64 = 1 << 40;
/// How long a rate's whole burst may take to come back: a year, in microseconds.
pub(super) const BURST_MICROS_MAX: u64 = 366 * 24 * 3600 * 1_000_000;

fn refuse<T>(text: String) -> Result<T, PortError> {
    Err(PortError::corrupt(text))
}

pub(super) fn check_request(request: &ReserveRequest) -> Result<(), PortError> {
    check_rates(&request.rates)?;
    check_names("budgets", request.budgets.iter().map(|line| line.name.as_str()))?;
    request.budgets.iter().try_for_each(check_budget)?;
    check_level("hold", request.hold)?;
    if request.lease > LEASE_MAX {
        return refuse(format!("lease: at most {LEASE_MAX:?}, got {:?}", request.lease));
    }
    if request.record.len() > RECORD_BYTES_MAX {
        return refuse(format!("record: at most {RECORD_BYTES_MAX} bytes, got {}", request.record.len()));
    }
    Ok(())
}

pub(super) fn check_settlement(settlement: &Settlement) -> Result<(), PortError> {
    check_rates(&settlement.rates)?;
    check_level("used", settlement.used)
}

fn check_rates(rates: &[RateLine]) -> Result<(), PortError> {
    check_names("rates", rates.iter().map(|line| line.name.as_str()))?;
    for RateLine { name, per_minute, burst, .. } in rates {
        if !(1..=RATE_UNITS_MAX).contains(per_minute) || !(1..=RATE_UNITS_MAX).contains(burst) {
            return refuse(format!(
                "rate {name}: 1 to {RATE_UNITS_MAX} units, got {per_minute} with a burst of {burst}"
            ));
        }
        if u128::from(*burst) * 60_000_000 / u128::from(*per_minute) > u128::from(BURST_MICROS_MAX) {
            return refuse(format!(
                "rate {name}: a burst of {burst} comes back at {per_minute} a minute in over a year"
            ));
        }
    }
    Ok(())
}

/// A name twice would be looked at twice and taken once.
fn check_names<'a>(what: &str, names: impl ExactSizeIterator<Item = &'a str>) -> Result<(), PortError> {
    if names.len() > LINES_MAX {
        return refuse(format!("{what}: at most {LINES_MAX}, got {}", names.len()));
    }
    let mut seen = HashSet::new();
    for name in names {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return refuse(format!("{what}: a name of 1 to {NAME_BYTES_MAX} bytes, got {}", name.len()));
        }
        if !seen.insert(name) {
            return refuse(format!("{what}: {name} is there twice"));
        }
    }
    Ok(())
}

fn check_budget(line: &BudgetLine) -> Result<(), PortError> {
    let most = [line.tokens_max, line.nanodollars_max];
    if most.into_iter().flatten().any(|most| most > BUDGET_MAX) {
        return refuse(format!("budget {}: at most {BUDGET_MAX}, got {most:?}", line.name));
    }
    line.seed.map_or(Ok(()), |seed| check_level("seed", seed))
}

fn check_level(what: &str, level: BudgetLevel) -> Result<(), PortError> {
    if level.tokens > BUDGET_MAX || level.nanodollars > BUDGET_MAX {
        return refuse(format!("{what}: at most {BUDGET_MAX}, got {level:?}"));
    }
    Ok(())
}
