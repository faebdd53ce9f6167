//! Analysis ahead of indexing, on another thread.
//!
//! Documents are indexed one after another by one thread, so that equal hits come in the order in which they were written. A
//! second thread analyses the texts that wait for it. Whoever comes first does the work: a text that nobody has looked at is
//! analysed by the thread that needs it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::{Analyzer, Token, VALUE_POSITION_GAP};

/// Texts whose tokens wait to be indexed, together: tokens are some twenty times as large. In bytes.
const AHEAD_BYTES_MAX: usize = 512 * 1024;

/// Texts that wait to be indexed, together: whoever adds one more waits. In bytes.
const UNINDEXED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long at most: an indexing thread that has died takes none, and says so to the next write.
const UNINDEXED_WAIT_MAX: Duration = Duration::from_secs(10);

/// A text that is shorter is analysed sooner than handed over. In bytes.
const TEXT_BYTES_MIN: usize = 512;

#[derive(Debug)]
enum State {
    Waiting,
    Running,
    Ready(Vec<Token>),
    Taken,
}

/// The values of one text field of one document, on their way to their tokens.
#[derive(Debug)]
pub(crate) struct Text {
    analyzer: Arc<Analyzer>,
    values: Vec<String>,
    state: Mutex<State>,
    done: Condvar,
    /// Who analyses it ahead; none where nobody does.
    queue: Mutex<Option<Arc<Queue>>>,
}

impl Text {
    pub(crate) fn new(analyzer: Arc<Analyzer>, values: Vec<String>) -> Self {
        Self { analyzer, values, state: Mutex::new(State::Waiting), done: Condvar::new(), queue: Mutex::new(None) }
    }

    fn bytes(&self) -> usize {
        self.values.iter().map(String::len).sum()
    }

    fn analyzed(&self) -> Vec<Token> {
        self.analyzer.analyze_values(self.values.iter().map(String::as_str), VALUE_POSITION_GAP)
    }

    /// Its tokens, for the thread that indexes them.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        let mut state = self.state.lock();
        while matches!(*state, State::Running) {
            self.done.wait(&mut state);
        }
        let found = std::mem::replace(&mut *state, State::Taken);
        drop(state);
        if let (Some(queue), false) = (&*self.queue.lock(), matches!(found, State::Taken)) {
            queue.taken(self.bytes(), matches!(found, State::Ready(_)));
        }
        match found {
            State::Ready(tokens) => tokens,
            _ => self.analyzed(),
        }
    }

    /// Analyses it unless somebody has; whether there are tokens now that wait.
    fn prepare(&self) -> bool {
        {
            let mut state = self.state.lock();
            if !matches!(*state, State::Waiting) {
                return false;
            }
            *state = State::Running;
        }
        // Whatever happens, nobody waits for ever: one that is not ready is analysed by who needs it.
        let mut finish = Finish { text: self, state: State::Waiting };
        finish.state = State::Ready(self.analyzed());
        true
    }
}

struct Finish<'a> {
    text: &'a Text,
    state: State,
}

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        *self.text.state.lock() = std::mem::replace(&mut self.state, State::Waiting);
        self.text.done.notify_all();
    }
}

#[derive(Debug, Default)]
struct Waiting {
    texts: VecDeque<Arc<Text>>,
    /// Of texts whose tokens are not indexed yet.
    ahead_bytes: usize,
    /// Of all texts that are not.
    unindexed_bytes: usize,
    closed: bool,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    fn taken(&self, bytes: usize, ahead: bool) {
        let mut waiting = self.waiting.lock();
        waiting.unindexed_bytes = waiting.unindexed_bytes.saturating_sub(bytes);
        if ahead {
            waiting.ahead_bytes = waiting.ahead_bytes.saturating_sub(bytes);
        }
        self.changed.notify_all();
    }

    fn add(&self, text: &Arc<Text>) {
        let mut waiting = self.waiting.lock();
        while waiting.unindexed_bytes > UNINDEXED_BYTES_MAX {
            if self.changed.wait_for(&mut waiting, UNINDEXED_WAIT_MAX).timed_out() {
                break;
            }
        }
        waiting.unindexed_bytes += text.bytes();
        waiting.texts.push_back(Arc::clone(text));
        self.changed.notify_all();
    }

    /// The next text, once there is one and room for its tokens; none when it is over.
    fn next_text(&self) -> Option<Arc<Text>> {
        let mut waiting = self.waiting.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if waiting.ahead_bytes < AHEAD_BYTES_MAX
                && let Some(text) = waiting.texts.pop_front()
            {
                waiting.ahead_bytes += text.bytes();
                return Some(text);
            }
            self.changed.wait(&mut waiting);
        }
    }

    fn run(&self) {
        while let Some(text) = self.next_text() {
            if !text.prepare() {
                let mut waiting = self.waiting.lock();
                waiting.ahead_bytes = waiting.ahead_bytes.saturating_sub(text.bytes());
            }
        }
    }
}

/// The thread that analyses ahead; it ends when this is dropped.
pub(super) struct Thread(Arc<Queue>);

/// Analysis ahead for one writer.
pub(crate) struct Ahead {
    thread: Option<Thread>,
}

impl Ahead {
    /// Starts the thread. Where none can be started, nothing is analysed ahead.
    pub(crate) fn start() -> Self {
        let queue = Arc::new(Queue::default());
        let its = Arc::clone(&queue);
        let started = std::thread::Builder::new().name("analysis".to_owned()).spawn(move || its.run());
        Self { thread: started.is_ok().then_some(Thread(queue)) }
    }

    /// Has `text` analysed before it is needed, if it is worth it. Waits while too much waits to be indexed.
    pub(crate) fn add(&self, text: &Arc<Text>) {
        let Some(Thread(queue)) = &self.thread else { return };
        if text.bytes() < TEXT_BYTES_MIN {
            return;
        }
        *text.queue.lock() = Some(Arc::clone(queue));
        queue.add(text);
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting.lock();
        waiting.closed = true;
        waiting.texts.clear();
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Registry;

    fn text(words: &str, times: usize) -> Arc<Text> {
        let registry = Registry::parse(&serde_json::Value::Null).unwrap();
        Arc::new(Text::new(registry.analyzer("standard").unwrap(), vec![words.repeat(times), words.to_owned()]))
    }

    #[test]
    fn tokens_are_the_same_whoever_makes_them() {
        let ahead = Ahead::start();
        // More than may be ahead, so that some are made by the one and some by the other.
        let texts: Vec<_> = (0..60).map(|_| text("Größe of a thing ", 4_000)).collect();
        let expected = texts[0].analyzed();
        for text in &texts {
            ahead.add(text);
        }
        for text in &texts {
            assert_eq!(text.tokens(), expected);
        }
        let Some(Thread(queue)) = &ahead.thread else { panic!("it runs") };
        while !queue.waiting.lock().texts.is_empty() {
            std::thread::yield_now();
        }
        // Asked again, they are made again.
        assert_eq!(texts[0].tokens(), expected);
    }

    #[test]
    fn a_text_that_nobody_takes_holds_up_no_more_than_itself() {
        let ahead = Ahead::start();
        let forgotten: Vec<_> = (0..4).map(|_| text("word ", AHEAD_BYTES_MAX / 5)).collect();
        forgotten.iter().for_each(|text| ahead.add(text));
        let wanted = text("other words ", 100);
        ahead.add(&wanted);
        assert_eq!(wanted.tokens().len(), 202);
    }
}
