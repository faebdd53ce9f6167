//! Switches of outside services: each fake AI provider and each fake notification channel away, hanging or slow, as one thing
//! that a person turns on and off. It is a fault of the fake's own kind; here is kept which one.

use local_emulator_ai as ai;
use local_emulator_notify as notify;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// What a switch does, and the number of the fault that does it.
pub(crate) type Switched = (&'static str, u64);

/// What is switched, by name.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    providers: Mutex<BTreeMap<String, Switched>>,
    channels: Mutex<BTreeMap<String, Switched>>,
}

/// What a service is switched to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Its connections are closed without an answer.
    Away,
    /// It never answers.
    Hang,
    /// It answers so many milliseconds later.
    Slow(u64),
}

impl Trouble {
    /// As the console calls it.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Hang => "hang",
            Self::Slow(_) => "slow",
        }
    }
}

impl Switches {
    /// What an AI provider is switched to do.
    pub(crate) fn provider(&self, name: &str) -> Option<Switched> {
        self.providers.lock().get(name).copied()
    }

    /// What a notification channel is switched to do.
    pub(crate) fn channel(&self, name: &str) -> Option<Switched> {
        self.channels.lock().get(name).copied()
    }

    /// Switches an AI provider; none: back.
    pub(crate) fn switch_provider(
        &self,
        fakes: &ai::Server,
        name: &str,
        trouble: Option<Trouble>,
    ) -> Result<(), ai::InvalidFault> {
        let mut switched = self.providers.lock();
        if let Some((_, id)) = switched.remove(name) {
            fakes.remove_fault(id);
        }
        let Some(trouble) = trouble else { return Ok(()) };
        let kind = match trouble {
            Trouble::Away => ai::FaultKind::RefuseConnection,
            Trouble::Hang => ai::FaultKind::Hang,
            Trouble::Slow(ms) => ai::FaultKind::Latency { first_token_ms: ms, per_token_ms: 0, jitter_ms: 0 },
        };
        let id = fakes.add_fault(ai::Fault::new(name, kind))?;
        switched.insert(name.to_owned(), (trouble.kind(), id));
        Ok(())
    }

    /// Switches a notification channel; none: back.
    pub(crate) fn switch_channel(
        &self,
        fakes: &notify::Server,
        name: &str,
        trouble: Option<Trouble>,
    ) -> Result<(), notify::InvalidFault> {
        let mut switched = self.channels.lock();
        if let Some((_, id)) = switched.remove(name) {
            fakes.remove_fault(id);
        }
        let Some(trouble) = trouble else { return Ok(()) };
        let when = notify::When::Before;
        let kind = match trouble {
            Trouble::Away => notify::FaultKind::Close { when },
            Trouble::Hang => notify::FaultKind::Hang { when },
            Trouble::Slow(ms) => notify::FaultKind::Delay { ms },
        };
        let mut fault = notify::Fault::new(name, kind);
        if name == "smtp" {
            // A mail server that is away does not even greet.
            fault = fault.at(notify::Stage::Connect);
        }
        let id = fakes.add_fault(fault)?;
        switched.insert(name.to_owned(), (trouble.kind(), id));
        Ok(())
    }

    /// Forgets what was removed as a fault, by its number, elsewhere.
    pub(crate) fn keep(&self, providers: &[u64], channels: &[u64]) {
        self.providers.lock().retain(|_, (_, id)| providers.contains(id));
        self.channels.lock().retain(|_, (_, id)| channels.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_switch_is_one_fault_at_a_time_and_none_when_it_is_back() {
        let fakes = ai::Server::start(ai::Options::default()).await.unwrap();
        let switches = Switches::default();
        let of_others = fakes.add_fault(ai::Fault::new("openai", ai::FaultKind::Empty)).unwrap();
        for trouble in [Trouble::Away, Trouble::Hang, Trouble::Slow(5)] {
            switches.switch_provider(&fakes, "openai", Some(trouble)).unwrap();
            assert_eq!(switches.provider("openai").unwrap().0, trouble.kind());
            assert_eq!(fakes.faults().len(), 2);
        }
        switches.switch_provider(&fakes, "openai", None).unwrap();
        assert_eq!((switches.provider("openai"), fakes.faults()[0].id), (None, of_others));

        switches.switch_provider(&fakes, "azure", Some(Trouble::Away)).unwrap();
        let (_, id) = switches.provider("azure").unwrap();
        switches.keep(&[id], &[]);
        assert!(switches.provider("azure").is_some());
        switches.keep(&[of_others], &[]);
        assert!(switches.provider("azure").is_none(), "its fault was removed by its number");
    }
}
