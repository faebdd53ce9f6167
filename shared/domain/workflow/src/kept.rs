//! What was read from a text is kept, so that the next state of the same definition need not read it again.
//!
//! A thread keeps its own: the JSONata engine's values do not cross threads. What is kept is bounded by the number of
//! texts and by their length together; past that all are forgotten, which costs time and nothing else.

use std::collections::HashMap;
use std::rc::Rc;

/// How many texts of one kind a thread keeps.
const TEXTS_MAX: usize = 2_048;
/// How long they may be together, in bytes. What is read from a text is some ten times as large.
const BYTES_MAX: usize = 512 * 1024;

/// What was read, by its text.
pub(crate) struct Kept<T> {
    by_text: HashMap<Box<str>, Rc<T>>,
    bytes: usize,
}

impl<T> Kept<T> {
    pub(crate) fn new() -> Self {
        Self { by_text: HashMap::new(), bytes: 0 }
    }

    /// What `text` says: as it was read before, or read now. What cannot be read is not kept.
    pub(crate) fn get<E>(&mut self, text: &str, read: impl FnOnce(&str) -> Result<T, E>) -> Result<Rc<T>, E> {
        if let Some(kept) = self.by_text.get(text) {
            return Ok(Rc::clone(kept));
        }
        let new = Rc::new(read(text)?);
        if text.len() > BYTES_MAX {
            return Ok(new);
        }
        if self.by_text.len() >= TEXTS_MAX || self.bytes + text.len() > BYTES_MAX {
            self.by_text.clear();
            self.bytes = 0;
        }
        self.bytes += text.len();
        self.by_text.insert(text.into(), Rc::clone(&new));
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once_and_not_all_are_kept() {
        let (mut kept, mut reads) = (Kept::new(), 0);
        let mut get = |text: &str| {
            let read = |text: &str| {
                reads += 1;
                text.parse::<usize>()
            };
            kept.get(text, read).map(|number| *number)
        };
        assert_eq!((get("7"), get("7")), (Ok(7), Ok(7)));
        assert!(get("x").is_err() && get("x").is_err());
        for number in 0..TEXTS_MAX * 3 {
            get(&number.to_string()).unwrap();
        }
        assert!(reads > TEXTS_MAX * 3, "what is no number was read twice");
        assert!(kept.by_text.len() <= TEXTS_MAX);
    }
}
