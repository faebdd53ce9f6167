//! Which beginnings of prompts were seen before, as the providers' prompt caches have it.
//!
//! A prefix counts from 1,024 tokens on, in steps of 128, per provider and model. It is kept until it is pushed out.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use parking_lot::Mutex;

use crate::prompt::{Part, Prompt};
use crate::tokens;

/// Shorter prompts are never cached.
pub(crate) const PREFIX_TOKENS_MIN: usize = 1_024;

/// Prefixes grow by this many tokens.
const STEP_TOKENS: usize = 128;

/// Prefixes that are remembered at most; the oldest go first.
const PREFIXES_MAX: usize = 65_536;

#[derive(Debug, Default)]
pub(crate) struct PrefixCache {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    set: HashSet<u64>,
    order: VecDeque<u64>,
}

/// What the cache had, and what it has now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cached {
    /// Tokens of the longest prefix that was seen before.
    pub(crate) read: usize,
    /// Tokens of the longest prefix that is remembered from now on, beyond those read.
    pub(crate) written: usize,
}

impl PrefixCache {
    /// Looks the prompt's prefixes up and remembers them.
    pub(crate) fn look_up(&self, provider: &str, model: &str, prompt: &Prompt) -> Cached {
        let prefixes = prefixes(provider, model, prompt);
        let mut known = self.known.lock();
        let read = prefixes.iter().rev().find(|(hash, _)| known.set.contains(hash)).map_or(0, |(_, length)| *length);
        for (hash, _) in &prefixes {
            if known.set.insert(*hash) {
                known.order.push_back(*hash);
            }
        }
        while known.order.len() > PREFIXES_MAX {
            if let Some(oldest) = known.order.pop_front() {
                known.set.remove(&oldest);
            }
        }
        let longest = prefixes.last().map_or(0, |(_, length)| *length);
        Cached { read, written: longest - read }
    }
}

/// Hash and length of each prefix, shortest first.
fn prefixes(provider: &str, model: &str, prompt: &Prompt) -> Vec<(u64, usize)> {
    let mut chain = Chain::new(provider, model);
    for tool in &prompt.tools {
        chain.text(&tool.name);
        chain.text(&tool.description);
        chain.text(&tool.schema.to_string());
    }
    for message in &prompt.messages {
        // Who speaks is a token of its own, above those of the vocabulary.
        chain.token(u64::from(u32::MAX) + message.role as u64);
        for part in &message.parts {
            match part {
                Part::Text(text) | Part::Output(text) => chain.text(text),
                Part::Call { name, arguments } => {
                    chain.text(name);
                    chain.text(arguments);
                }
                Part::Image(image) => {
                    let mut hasher = DefaultHasher::new();
                    format!("{image:?}").hash(&mut hasher);
                    (0..image.tokens()).for_each(|_| chain.token(hasher.finish()));
                }
            }
        }
    }
    chain.found
}

struct Chain {
    state: u64,
    length: usize,
    found: Vec<(u64, usize)>,
}

impl Chain {
    fn new(provider: &str, model: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (provider, model).hash(&mut hasher);
        Self { state: hasher.finish(), length: 0, found: Vec::new() }
    }

    fn text(&mut self, text: &str) {
        for token in tokens::encode(text).iter() {
            self.token(u64::from(*token));
        }
    }

    fn token(&mut self, token: u64) {
        self.state = crate::chance::mix(self.state ^ token);
        self.length += 1;
        if self.length >= PREFIX_TOKENS_MIN && (self.length - PREFIX_TOKENS_MIN).is_multiple_of(STEP_TOKENS) {
            self.found.push((self.state, self.length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::{Message, Role};

    fn prompt(words: usize, end: &str) -> Prompt {
        let text = format!("{}{end}", "word ".repeat(words));
        Prompt { messages: vec![Message::text(Role::User, text)], ..Prompt::default() }
    }

    #[test]
    fn a_prefix_is_read_the_second_time_in_steps() {
        let cache = PrefixCache::default();
        assert_eq!(cache.look_up("openai", "m", &prompt(1_500, "a")), Cached { read: 0, written: 1_408 });
        assert_eq!(cache.look_up("openai", "m", &prompt(1_500, "b")), Cached { read: 1_408, written: 0 });
        assert_eq!(cache.look_up("openai", "other", &prompt(1_500, "b")), Cached { read: 0, written: 1_408 });
        assert_eq!(cache.look_up("openai", "m", &prompt(1_600, "b")), Cached { read: 1_408, written: 128 });
        assert_eq!(cache.look_up("openai", "m", &prompt(900, "b")), Cached::default());
    }
}
