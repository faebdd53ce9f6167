//! Where an answer ends: at a stop sequence, or at the token limit.

use super::compose::Finish;
use crate::tokens;

/// A text that was cut where it must end.
pub(super) struct Ended {
    pub(super) text: String,
    pub(super) tokens: usize,
    pub(super) finish: Finish,
}

/// Cuts before the first stop sequence, and then at the limit. Reaching the limit exactly is no cut.
pub(super) fn end(mut text: String, stop: &[String], limit: Option<usize>) -> Ended {
    let mut finish = Finish::Stop;
    let first = stop
        .iter()
        .filter(|stop| !stop.is_empty())
        .filter_map(|stop| text.find(stop.as_str()).map(|at| (at, stop)))
        .min();
    if let Some((at, sequence)) = first {
        text.truncate(at);
        finish = Finish::StopSequence(sequence.clone());
    }
    let Some(limit) = limit else {
        return Ended { tokens: tokens::count_tokens(&text), text, finish };
    };
    let (kept, count) = tokens::cut(&text, limit);
    if kept.len() < text.len() {
        finish = Finish::Length;
        let kept = kept.len();
        text.truncate(kept);
    }
    Ended { text, tokens: count, finish }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_stop_and_limit_ends_it() {
        let ended = end("1 2 3 4".into(), &["4".into(), " 3".into()], Some(100));
        assert_eq!((ended.text.as_str(), ended.tokens, ended.finish), ("1 2", 3, Finish::StopSequence(" 3".into())));
        let ended = end("1 2 3 4".into(), &["4".into()], Some(2));
        assert_eq!((ended.text.as_str(), ended.tokens, ended.finish), ("1 ", 2, Finish::Length));
        let ended = end("1 2".into(), &[], Some(3));
        assert_eq!((ended.tokens, ended.finish), (3, Finish::Stop));
    }
}
