//! Which message gets which fault.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::fault::{Fault, FaultKind, FaultState, InvalidFault, Stage};
use super::pattern;
use crate::chance;

/// Faults that are kept at most; those that are spent make room.
const FAULTS_MAX: usize = 256;

/// What one message gets: at most one delay and one of the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fired {
    /// The fault that is named in the record.
    pub(crate) id: Option<u64>,
    pub(crate) delay_ms: u64,
    pub(crate) kind: Option<FaultKind>,
}

#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// Looked at before the lock is taken: most servers have no fault most of the time.
    any: AtomicBool,
    next: AtomicU64,
    states: Mutex<Vec<FaultState>>,
}

impl Registry {
    pub(crate) fn add(&self, fault: Fault) -> Result<u64, InvalidFault> {
        fault.validate()?;
        let mut states = self.states.lock();
        if states.len() >= FAULTS_MAX {
            states.retain(|state| !state.spent);
        }
        if states.len() >= FAULTS_MAX {
            return Err(InvalidFault::TooMany);
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let spent = fault.times == Some(0);
        states.push(FaultState { id, matched: 0, fired: 0, spent, fault });
        self.any.store(true, Ordering::Release);
        Ok(id)
    }

    pub(crate) fn list(&self) -> Vec<FaultState> {
        self.states.lock().clone()
    }

    /// Whether there was one.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut states = self.states.lock();
        let before = states.len();
        states.retain(|state| state.id != id);
        self.any.store(!states.is_empty(), Ordering::Release);
        states.len() < before
    }

    pub(crate) fn clear(&self) {
        let mut states = self.states.lock();
        states.clear();
        self.any.store(false, Ordering::Release);
    }

    /// The faults of a message to these recipients. `stage` is where an SMTP session is; none for the other providers. Of
    /// those that would fire, the one that was added first does.
    pub(crate) fn fire(&self, provider: &str, stage: Option<Stage>, to: &[String]) -> Fired {
        let mut fired = Fired::default();
        if !self.any.load(Ordering::Acquire) {
            return fired;
        }
        for state in self.states.lock().iter_mut() {
            let fault = &state.fault;
            let matches = (fault.provider == "*" || fault.provider == provider)
                && stage.is_none_or(|stage| fault.stage() == stage)
                && fault.to.as_ref().is_none_or(|wanted| to.iter().any(|to| pattern::matches(wanted, to)));
            let is_delay = matches!(fault.kind, FaultKind::Delay { .. });
            let taken = if is_delay { fired.delay_ms > 0 } else { fired.kind.is_some() };
            if !matches || state.spent || taken {
                continue;
            }
            state.matched += 1;
            let due = fault.every.is_none_or(|every| state.matched.is_multiple_of(every))
                && fault.percent.is_none_or(|percent| chance::unit(fault.seed, state.matched) * 100.0 < percent);
            if !due {
                continue;
            }
            state.fired += 1;
            state.spent = fault.times.is_some_and(|times| state.fired >= times);
            match &fault.kind {
                FaultKind::Delay { ms } => {
                    fired.delay_ms = *ms;
                    fired.id = fired.id.or(Some(state.id));
                }
                kind => {
                    fired.kind = Some(kind.clone());
                    fired.id = Some(state.id);
                }
            }
        }
        fired
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::When;
    use serde_json::json;

    const HANG: FaultKind = FaultKind::Hang { when: When::Before };

    fn hits(registry: &Registry, messages: usize) -> Vec<bool> {
        (0..messages).map(|_| registry.fire("ses", None, &["a@x".into()]).kind.is_some()).collect()
    }

    #[test]
    fn times_every_and_percent_choose_the_messages() {
        let registry = Registry::default();
        registry.add(Fault::new("ses", HANG).times(2)).unwrap();
        assert_eq!(hits(&registry, 4), [true, true, false, false]);
        assert!(registry.list()[0].spent);
        registry.clear();
        registry.add(Fault::new("*", HANG).every(3)).unwrap();
        assert_eq!(hits(&registry, 6), [false, false, true, false, false, true]);
        registry.clear();
        registry.add(Fault::new("ses", HANG).percent(30.0, 7)).unwrap();
        let hit = hits(&registry, 1_000);
        assert!((250..350).contains(&hit.iter().filter(|hit| **hit).count()));
        registry.clear();
        registry.add(Fault::new("ses", HANG).percent(30.0, 7)).unwrap();
        assert_eq!(hits(&registry, 1_000), hit, "the same seed, the same messages");
    }

    #[test]
    fn provider_recipient_and_stage_must_match() {
        let registry = Registry::default();
        registry.add(Fault::new("smtp", HANG).to("*@slow.example")).unwrap();
        let to = ["ada@fast.example".to_owned(), "bob@slow.example".to_owned()];
        assert_eq!(registry.fire("ses", None, &to), Fired::default());
        assert_eq!(registry.fire("smtp", Some(Stage::Message), &to[..1]), Fired::default());
        assert_eq!(registry.fire("smtp", Some(Stage::Rcpt), &to), Fired::default());
        assert_eq!(registry.fire("smtp", Some(Stage::Message), &to).kind, Some(HANG));
        let reject = FaultKind::Reject { status: 550, code: None, message: None, body: None };
        registry.add(Fault::new("smtp", reject.clone())).unwrap();
        assert_eq!(registry.fire("smtp", Some(Stage::Rcpt), &to).kind, Some(reject));
    }

    #[test]
    fn a_delay_comes_together_with_another_fault() {
        let registry = Registry::default();
        registry.add(Fault::new("*", FaultKind::Delay { ms: 5 })).unwrap();
        registry.add(Fault::new("*", HANG)).unwrap();
        assert_eq!(registry.fire("ses", None, &[]), Fired { id: Some(2), delay_ms: 5, kind: Some(HANG) });
    }

    #[test]
    fn json_is_read_strictly() {
        let fault = Fault::from_json(&json!({"kind": "bounce", "to": "*@x", "times": 1})).unwrap();
        assert_eq!(fault.kind, FaultKind::Bounce { after_ms: 0, hard: true, code: None });
        let error = |json| Fault::from_json(&json).unwrap_err();
        assert_eq!(error(json!({"kind": "delay", "ms": 1, "when": "after"})), InvalidFault::UnknownKey("when".into()));
        assert!(matches!(error(json!({"kind": "reject", "status": 200})), InvalidFault::Range(_)));
        assert!(matches!(error(json!({"kind": "explode"})), InvalidFault::Shape(_)));
        assert!(matches!(error(json!({"kind": "close", "percent": 101})), InvalidFault::Range(_)));
    }
}
