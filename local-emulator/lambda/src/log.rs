//! What a sandbox writes to its standard output and error, by lines.

use crate::limits::{LOG_LINE_BYTES_MAX, LOG_LINES_MAX};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time::{Instant, sleep};

/// How long is waited for lines that a process has written already. One that writes on without end is not waited for.
const HEARD_WITHIN: Duration = Duration::from_millis(250);
/// Between two looks.
const LOOKS_EVERY: Duration = Duration::from_millis(1);

/// Sees each line of a function's standard output first, without its end and at most [`LOG_LINE_BYTES_MAX`] long, and says
/// whether it takes it: what is taken is no line of the log. Called for one line at a time of each sandbox; must be quick.
#[derive(Clone)]
pub struct OutputTap(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl OutputTap {
    /// One that asks `takes`.
    pub fn new(takes: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(takes))
    }
}

impl std::fmt::Debug for OutputTap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OutputTap")
    }
}

/// The last lines of a sandbox.
#[derive(Clone, Default)]
pub(crate) struct Log {
    lines: Arc<Mutex<Lines>>,
    /// Where they come from.
    outputs: Arc<Mutex<Vec<OwnedFd>>>,
}

#[derive(Default)]
struct Lines {
    kept: VecDeque<String>,
    /// Lines before those that are kept.
    dropped: u64,
}

impl Log {
    pub(crate) fn add(&self, line: String) {
        let mut lines = self.lines.lock();
        if lines.kept.len() == LOG_LINES_MAX {
            lines.kept.pop_front();
            lines.dropped += 1;
        }
        lines.kept.push_back(line);
    }

    /// The number of the next line.
    pub(crate) fn position(&self) -> u64 {
        let lines = self.lines.lock();
        lines.dropped + lines.kept.len() as u64
    }

    /// The lines from number `from` on that are still kept. Where several invocations run at a time these are the lines of
    /// all of them: a process has one output.
    pub(crate) fn since(&self, from: u64) -> Vec<String> {
        let lines = self.lines.lock();
        let skipped = usize::try_from(from.saturating_sub(lines.dropped)).unwrap_or(usize::MAX);
        lines.kept.iter().skip(skipped).cloned().collect()
    }

    /// All lines that are kept.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.since(0)
    }

    /// Waits, for a moment at most, until what was written so far is here: a process's lines come by another way than its
    /// answer, and those before it are the ones that say why it is what it is.
    pub(crate) async fn heard(&self) {
        let until = Instant::now() + HEARD_WITHIN;
        while self.is_behind() && Instant::now() < until {
            sleep(LOOKS_EVERY).await;
        }
        // Whoever reads may have the last of them in its hands, and not here yet.
        tokio::task::yield_now().await;
    }

    /// Whether something was written that nobody has read yet.
    fn is_behind(&self) -> bool {
        let outputs = self.outputs.lock();
        let mut asked: Vec<PollFd<'_>> =
            outputs.iter().map(|one| PollFd::new(one.as_fd(), PollFlags::POLLIN)).collect();
        let told = poll(&mut asked, PollTimeout::ZERO);
        told.is_ok() && asked.iter().any(|one| one.revents().is_some_and(|seen| seen.contains(PollFlags::POLLIN)))
    }

    /// Follows the output of a process. Where it is a pipe, [`heard`](Self::heard) knows what is in it.
    pub(crate) async fn follow_process(
        self,
        stream: impl AsyncRead + AsFd + Unpin,
        function: String,
        tap: Option<OutputTap>,
    ) {
        if let Ok(output) = stream.as_fd().try_clone_to_owned() {
            self.outputs.lock().push(output);
        }
        self.follow(stream, function, tap).await;
    }

    /// Reads `stream` to its end, line by line. A line without end does not grow without end.
    pub(crate) async fn follow(self, stream: impl AsyncRead + Unpin, function: String, tap: Option<OutputTap>) {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            let (used, ended) = match reader.fill_buf().await {
                Ok([]) | Err(_) => break,
                Ok(bytes) => {
                    let end = bytes.iter().position(|&byte| byte == b'\n');
                    let piece = &bytes[..end.unwrap_or(bytes.len())];
                    line.extend_from_slice(&piece[..piece.len().min(LOG_LINE_BYTES_MAX - line.len())]);
                    (end.map_or(bytes.len(), |end| end + 1), end.is_some())
                }
            };
            reader.consume(used);
            if ended {
                self.take(&mut line, &function, tap.as_ref());
            }
        }
        if !line.is_empty() {
            self.take(&mut line, &function, tap.as_ref());
        }
    }

    fn take(&self, line: &mut Vec<u8>, function: &str, tap: Option<&OutputTap>) {
        let text = String::from_utf8_lossy(line).into_owned();
        line.clear();
        if tap.is_some_and(|tap| (tap.0)(&text)) {
            return;
        }
        tracing::debug!(function, "{text}");
        self.add(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_the_last_lines_and_cuts_long_ones() {
        let log = Log::default();
        let mut text = format!("{}\n", "x".repeat(LOG_LINE_BYTES_MAX * 3));
        for number in 0..LOG_LINES_MAX {
            text.push_str(&format!("line {number}\n"));
        }
        text.push_str("unfinished");
        log.clone().follow(text.as_bytes(), "f".to_owned(), None).await;
        let lines = log.lines();
        assert_eq!(lines.len(), LOG_LINES_MAX);
        assert_eq!(lines.last().map(String::as_str), Some("unfinished"));
        assert_eq!(lines[0], "line 1");
        let position = log.position();
        log.add("later".to_owned());
        assert_eq!((log.since(position), log.since(position - 1).len()), (vec!["later".to_owned()], 2));
        assert_eq!(log.since(1).len(), LOG_LINES_MAX, "what was dropped is not there");

        let log = Log::default();
        log.clone().follow("y".repeat(LOG_LINE_BYTES_MAX * 2).as_bytes(), "f".to_owned(), None).await;
        assert_eq!(log.lines()[0].len(), LOG_LINE_BYTES_MAX);
    }

    #[tokio::test]
    async fn what_was_written_is_heard_before_what_comes_after_it() {
        let mut child = tokio::process::Command::new("sh");
        child.args(["-c", "for n in $(seq 100); do echo line $n; done; echo done >&2; exec sleep 60"]);
        let piped = std::process::Stdio::piped;
        let mut child = child.stdout(piped()).stderr(piped()).kill_on_drop(true).spawn().unwrap();
        let (log, mut answer) = (Log::default(), BufReader::new(child.stderr.take().unwrap()));
        let reading = log.clone().follow_process(child.stdout.take().unwrap(), "f".to_owned(), None);
        let reading = tokio::spawn(reading);
        let mut told = String::new();
        answer.read_line(&mut told).await.unwrap();
        log.heard().await;
        assert_eq!((told.as_str(), log.lines().len()), ("done\n", 100));
        // One that says nothing is not waited for.
        let began = Instant::now();
        log.heard().await;
        assert!(!log.is_behind() && began.elapsed() < Duration::from_secs(20));
        reading.abort();
    }

    #[tokio::test]
    async fn what_is_taken_is_no_line_of_the_log() {
        let log = Log::default();
        let tap = OutputTap::new(|line| line.starts_with('{'));
        log.clone().follow("one\n{two}\nthree".as_bytes(), "f".to_owned(), Some(tap)).await;
        assert_eq!(log.lines(), ["one", "three"]);
    }
}
