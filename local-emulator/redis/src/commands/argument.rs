//! Reading of arguments that many commands share.

use bytes::Bytes;

use crate::fault::Fault;
use crate::number::{float, integer};

/// Whether an argument is this word, in any case.
pub(crate) fn is(arg: &[u8], word: &str) -> bool {
    arg.eq_ignore_ascii_case(word.as_bytes())
}

/// The value behind an option word; without one the command's syntax is wrong.
pub(crate) fn following<'a>(args: &'a [Bytes], at: &mut usize) -> Result<&'a Bytes, Fault> {
    *at += 1;
    args.get(*at).ok_or(Fault::Syntax)
}

/// A count that may not be negative.
pub(crate) fn count(arg: &[u8]) -> Result<usize, Fault> {
    integer(arg).ok().and_then(|n| usize::try_from(n).ok()).ok_or(Fault::NotPositive)
}

/// Resolves start and stop, counted from either end, to a range of a sequence of `length`.
pub(crate) fn window(start: i64, stop: i64, length: usize) -> std::ops::Range<usize> {
    let length_signed = i64::try_from(length).unwrap_or(i64::MAX);
    let from = if start < 0 { (start + length_signed).max(0) } else { start };
    let to = if stop < 0 { stop + length_signed } else { stop.min(length_signed - 1) };
    if from > to || from >= length_signed {
        return 0..0;
    }
    usize::try_from(from).unwrap_or(0)..usize::try_from(to + 1).unwrap_or(0)
}

/// Seconds, with a fraction, of a blocking command; `None` waits for ever.
pub(crate) fn timeout_seconds(arg: &[u8]) -> Result<Option<u64>, Fault> {
    let seconds = float(arg).map_err(|_| Fault::text("ERR timeout is not a float or out of range"))?;
    if seconds < 0.0 {
        return Err(Fault::text("ERR timeout is negative"));
    }
    if seconds * 1000.0 > 9.0e15 {
        return Err(Fault::text("ERR timeout is out of range"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both ends were checked above")]
    let ms = (seconds * 1000.0).ceil() as u64;
    Ok((ms > 0).then_some(ms))
}

/// Builds a command for the log.
pub(crate) fn command<const N: usize>(parts: [&[u8]; N]) -> Vec<Bytes> {
    parts.iter().map(|part| Bytes::copy_from_slice(part)).collect()
}

/// An unknown subcommand, in Redis' words.
pub(crate) fn unknown_subcommand(container: &str, given: &[u8]) -> Fault {
    Fault::text(format!("ERR unknown subcommand '{}'. Try {container} HELP.", String::from_utf8_lossy(given)))
}

/// Refuses a subcommand with a wrong number of arguments (all of them, the two names included).
pub(crate) fn subcommand_arity(args: &[Bytes], least: usize, most: usize, name: &str) -> Result<(), Fault> {
    if (least..=most).contains(&args.len()) { Ok(()) } else { Err(Fault::Arity(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn windows_count_from_both_ends() {
        assert_eq!(window(0, -1, 5), 0..5);
        assert_eq!(window(-2, -1, 5), 3..5);
        assert_eq!(window(-100, 100, 5), 0..5);
        assert_eq!(window(3, 1, 5), 0..0);
        assert_eq!(window(5, 9, 5), 0..0);
        assert_eq!(window(0, -1, 0), 0..0);
    }
}
