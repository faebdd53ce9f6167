//! Which request gets which fault.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::fault::{Fault, FaultKind, FaultState, InvalidFault};
use crate::chance;

/// Faults that are kept at most; those that are spent make room.
const FAULTS_MAX: usize = 256;

/// What a fault makes the usage say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cached: u64,
}

/// How long an answer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) first_token_ms: u64,
    pub(crate) per_token_ms: u64,
    pub(crate) jitter_ms: u64,
    pub(crate) seed: u64,
}

/// What one request gets: at most one latency, one usage, and one of the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fired {
    /// The fault that is named in the record.
    pub(crate) id: Option<u64>,
    pub(crate) pace: Option<Pace>,
    pub(crate) reported: Option<Reported>,
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

    /// The faults of a request. Of those that would fire, the one that was added first does.
    pub(crate) fn fire(&self, provider: &str, model: Option<&str>) -> Fired {
        let mut fired = Fired::default();
        if !self.any.load(Ordering::Acquire) {
            return fired;
        }
        for state in self.states.lock().iter_mut() {
            let fault = &state.fault;
            let matches = (fault.provider == "*" || fault.provider == provider)
                && fault.model.as_deref().is_none_or(|wanted| Some(wanted) == model);
            if !matches || state.spent {
                continue;
            }
            let taken = match fault.kind {
                FaultKind::Latency { .. } => fired.pace.is_some(),
                FaultKind::Usage { .. } => fired.reported.is_some(),
                _ => fired.kind.is_some(),
            };
            if taken {
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
                FaultKind::Latency { first_token_ms, per_token_ms, jitter_ms } => {
                    let seed = chance::mix(fault.seed ^ chance::mix(state.fired));
                    let (first_token_ms, per_token_ms, jitter_ms) = (*first_token_ms, *per_token_ms, *jitter_ms);
                    fired.pace = Some(Pace { first_token_ms, per_token_ms, jitter_ms, seed });
                    fired.id = fired.id.or(Some(state.id));
                }
                FaultKind::Usage { input, output, cached } => {
                    fired.reported = Some(Reported { input: *input, output: *output, cached: *cached });
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

    fn kinds(registry: &Registry, requests: usize) -> Vec<bool> {
        (0..requests).map(|_| registry.fire("openai", Some("m")).kind.is_some()).collect()
    }

    #[test]
    fn times_every_and_percent_choose_the_requests() {
        let registry = Registry::default();
        registry.add(Fault::new("openai", FaultKind::Hang).times(2)).unwrap();
        assert_eq!(kinds(&registry, 4), [true, true, false, false]);
        assert!(registry.list()[0].spent);
        registry.clear();
        registry.add(Fault::new("*", FaultKind::Hang).every(3)).unwrap();
        assert_eq!(kinds(&registry, 6), [false, false, true, false, false, true]);
        registry.clear();
        registry.add(Fault::new("openai", FaultKind::Hang).percent(30.0, 7)).unwrap();
        let hits = kinds(&registry, 1_000).into_iter().filter(|hit| *hit).count();
        assert!((250..350).contains(&hits), "{hits}");
    }

    #[test]
    fn provider_and_model_must_match() {
        let registry = Registry::default();
        registry.add(Fault::new("anthropic", FaultKind::Hang)).unwrap();
        registry.add(Fault::new("*", FaultKind::Empty).model("other")).unwrap();
        assert_eq!(registry.fire("openai", Some("m")), Fired::default());
        assert_eq!(registry.fire("openai", Some("other")).kind, Some(FaultKind::Empty));
        assert_eq!(registry.fire("anthropic", Some("other")).kind, Some(FaultKind::Hang));
    }

    #[test]
    fn latency_comes_together_with_another_fault() {
        let registry = Registry::default();
        registry.add(Fault::new("*", FaultKind::Latency { first_token_ms: 5, per_token_ms: 0, jitter_ms: 0 })).unwrap();
        registry.add(Fault::new("*", FaultKind::Empty)).unwrap();
        let fired = registry.fire("openai", None);
        assert_eq!((fired.pace.map(|pace| pace.first_token_ms), fired.kind), (Some(5), Some(FaultKind::Empty)));
    }

    #[test]
    fn json_is_read_strictly() {
        let fault = Fault::from_json(&serde_json::json!({"kind": "status", "status": 429, "retry_after_ms": 5}));
        assert!(matches!(fault, Ok(Fault { kind: FaultKind::Status { status: 429, .. }, .. })), "{fault:?}");
        let error = |json| Fault::from_json(&json).unwrap_err();
        assert_eq!(error(serde_json::json!({"kind": "hang", "chunks": 1})), InvalidFault::UnknownKey("chunks".into()));
        assert!(matches!(error(serde_json::json!({"kind": "status", "status": 200})), InvalidFault::Range(_)));
        assert!(matches!(error(serde_json::json!({"kind": "explode"})), InvalidFault::Shape(_)));
        assert_eq!(Fault::from_json(&serde_json::json!({"kind": "error_in_200"})).unwrap().kind, FaultKind::ErrorIn200);
    }
}
