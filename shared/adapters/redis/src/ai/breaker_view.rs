//! A breaker's state as Redis keeps it, into what a router and people see.

use octavo_domain_ai::models::TargetId;
use octavo_domain_ai::ports::BreakerView;
use octavo_domain_ai::routing::Phase;
use octavo_domain_kernel::PortError;
use std::time::Duration;

/// The fields that a view is made of: those of `breaker.lua`, in this order.
pub(super) const FIELDS: [&str; 11] = ["h", "c", "f", "s", "C", "F", "S", "o", "p", "t", "e"];

/// The view at `now` (microseconds of the server's clock) of a breaker with these values of [`FIELDS`].
pub(super) fn view(
    target: &TargetId,
    fields: &[Option<String>],
    now: u64,
    half_window: u64,
) -> Result<BreakerView, PortError> {
    let number = |name: &str| -> Result<Option<u64>, PortError> {
        let at = FIELDS.iter().position(|field| *field == name).expect("a name of the list");
        let Some(text) = fields.get(at).and_then(Option::as_deref) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| PortError::corrupt(format!("breaker of {target}: {name} is no number")))
    };
    let half = now / half_window.max(1);
    let kept = number("h")?.unwrap_or(0);
    // As many halves as have begun since push counts out.
    let (both_halves, newest_half) = (half <= kept, half <= kept.saturating_add(1));
    let count = |newest: &str, before: &str| -> Result<u32, PortError> {
        let mut sum = 0;
        if newest_half {
            sum += number(newest)?.unwrap_or(0);
        }
        if both_halves {
            sum += number(before)?.unwrap_or(0);
        }
        Ok(u32::try_from(sum).unwrap_or(u32::MAX))
    };
    let open_until = number("o")?.unwrap_or(0);
    let (phase, open_for) = match open_until {
        0 => (Phase::Closed, None),
        until if now < until => (Phase::Open, Some(Duration::from_micros(until - now))),
        _ => (Phase::HalfOpen, None),
    };
    Ok(BreakerView {
        target: target.clone(),
        phase,
        open_for,
        latency: number("t")?.map(Duration::from_micros),
        calls: count("c", "C")?,
        failures: count("f", "F")?,
        slow: count("s", "S")?,
        last_failure: fields.get(FIELDS.len() - 1).cloned().flatten(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> TargetId {
        TargetId { provider: "openai".to_owned(), model: "gpt-4.1".to_owned(), tenant: None }
    }

    fn fields(half: u64, open_until: u64) -> Vec<Option<String>> {
        [half, 5, 4, 3, 20, 10, 5, open_until, 0, 1_500]
            .iter()
            .map(|number| Some(number.to_string()))
            .chain([Some("server".to_owned())])
            .collect()
    }

    #[test]
    fn counts_leave_with_their_half() {
        let counts = |now| {
            let view = view(&target(), &fields(10, 0), now, 100).unwrap();
            (view.calls, view.failures, view.slow)
        };
        assert_eq!(counts(1_099), (25, 14, 8), "in the same half");
        assert_eq!(counts(1_100), (5, 4, 3), "a half later");
        assert_eq!(counts(1_200), (0, 0, 0), "two later");
        assert_eq!(counts(900), (25, 14, 8), "a clock that was set back changes nothing");
    }

    #[test]
    fn phases() {
        let at = |open_until| {
            let view = view(&target(), &fields(10, open_until), 1_000, 100).unwrap();
            (view.phase, view.open_for)
        };
        assert_eq!(at(0), (Phase::Closed, None));
        assert_eq!(at(1_250), (Phase::Open, Some(Duration::from_micros(250))));
        assert_eq!(at(1_000), (Phase::HalfOpen, None));
    }

    #[test]
    fn nothing_known_is_closed() {
        let view = view(&target(), &[const { None }; FIELDS.len()], 1_000, 100).unwrap();
        assert_eq!((view.phase, view.calls, view.latency, view.last_failure), (Phase::Closed, 0, None, None));
        let mut fields = fields(1, 0);
        fields[1] = Some("many".to_owned());
        assert!(super::view(&target(), &fields, 100, 100).is_err());
    }
}
