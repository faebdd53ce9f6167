//! Which trace work belongs to: W3C Trace Context (`traceparent`), and the same as AWS X-Ray writes it.
//!
//! The context of what runs is ambient, since it belongs to no rule and nobody decides by it: whoever takes an event sets it
//! ([`within`], [`caused_by`]), and only those read it who hand something on, [`Message::to_json`](crate::Message::to_json)
//! and the adapters that call others. A task that is spawned has none.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

/// A place in a trace: the trace, and the piece of work in it that is the parent of what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
}

/// What is no trace context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a W3C traceparent: 00-(32 hexadecimal digits)-(16)-(2), neither of the first two all zeros")]
pub struct InvalidTraceContext;

impl TraceContext {
    /// `Root=1-(8 hexadecimal digits)-(24);Parent=(16);Sampled=1`, as X-Ray has it in `X-Amzn-Trace-Id`, in
    /// `Lambda-Runtime-Trace-Id` and in `AWSTraceHeader`. None where root or parent are missing or malformed; further members
    /// are passed over. What does not say that it is sampled is not.
    pub fn from_xray(header: &str) -> Option<Self> {
        let (mut trace, mut span, mut sampled) = (None, None, false);
        for (name, value) in header.split(';').filter_map(|member| member.trim().split_once('=')) {
            match name {
                "Root" => {
                    let (seconds, rest) = value.strip_prefix("1-")?.split_once('-')?;
                    let (seconds, rest) = (digits::<8>(seconds)?, digits::<24>(rest)?);
                    trace = Some(seconds << 96 | rest).filter(|trace| *trace != 0);
                }
                "Parent" => span = u64::try_from(digits::<16>(value)?).ok().filter(|span| *span != 0),
                "Sampled" => sampled = value == "1",
                _ => {}
            }
        }
        Some(Self { trace: trace?, span: span?, sampled })
    }

    /// The same as X-Ray writes it.
    pub fn to_xray(self) -> String {
        let trace = format!("{:032x}", self.trace);
        let (seconds, rest) = trace.split_at(8);
        format!("Root=1-{seconds}-{rest};Parent={:016x};Sampled={}", self.span, u8::from(self.sampled))
    }

    /// The trace's name: 32 hexadecimal digits.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The name of the piece of work: 16 hexadecimal digits.
    pub fn span_id(self) -> String {
        format!("{:016x}", self.span)
    }

    /// Whether both are of one trace.
    pub fn is_of(self, other: Self) -> bool {
        self.trace == other.trace
    }

    /// This piece of work in the trace of what caused it: an invocation that does several messages has a name of its own, and
    /// does each of them for the trace that the message is of.
    #[must_use]
    pub fn for_cause(self, cause: Self) -> Self {
        Self { span: self.span, ..cause }
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTraceContext;

    /// W3C Trace Context, section 3.2: a version that is newer than 00 is read by what it has in common with 00.
    fn from_str(text: &str) -> Result<Self, InvalidTraceContext> {
        let parse = || {
            let mut parts = text.split('-');
            let version = digits::<2>(parts.next()?)?;
            let (trace, span, flags) =
                (digits::<32>(parts.next()?)?, digits::<16>(parts.next()?)?, digits::<2>(parts.next()?)?);
            let ended = version > 0 || parts.next().is_none();
            let span = u64::try_from(span).ok()?;
            let valid = version != 0xff && ended && trace != 0 && span != 0;
            valid.then_some(Self { trace, span, sampled: flags & 1 == 1 })
        };
        parse().ok_or(InvalidTraceContext)
    }
}

/// Exactly `N` hexadecimal digits in lower case.
fn digits<const N: usize>(text: &str) -> Option<u128> {
    let valid = text.len() == N && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    valid.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

thread_local! {
    static CURRENT: Cell<Option<TraceContext>> = const { Cell::new(None) };
}

/// The context of what runs.
pub fn current() -> Option<TraceContext> {
    CURRENT.get()
}

/// Does `work` in `context`, whichever threads it runs on.
pub async fn within<F: Future>(context: Option<TraceContext>, work: F) -> F::Output {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|task| {
        let _entered = Entered(CURRENT.replace(context));
        work.as_mut().poll(task)
    })
    .await
}

/// Does `work` for the trace of the message that caused it (`traceparent`), as the present piece of work. Without either it is
/// done in the other's.
pub async fn caused_by<F: Future>(traceparent: Option<&str>, work: F) -> F::Output {
    let cause = traceparent.and_then(|text| text.parse::<TraceContext>().ok());
    let context = match (current(), cause) {
        (Some(current), Some(cause)) => Some(current.for_cause(cause)),
        (current, cause) => current.or(cause),
    };
    within(context, work).await
}

/// Puts back what was there before, however a piece of work leaves its thread.
struct Entered(Option<TraceContext>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::task::{Context, Poll, Waker};

    const W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const XRAY: &str = "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1";

    fn context(text: &str) -> TraceContext {
        text.parse().unwrap()
    }

    #[test]
    fn both_forms_say_the_same() {
        assert_eq!(TraceContext::from_xray(XRAY), Some(context(W3C)));
        assert_eq!((context(W3C).to_xray().as_str(), context(W3C).to_string().as_str()), (XRAY, W3C));
        // As Lambda writes it: members that mean nothing here, and any order.
        let lambda = "Sampled=0; Parent=b7ad6b7169203331;Root=1-0af76519-16cd43dd8448eb211c80319c;Lineage=a:1";
        assert_eq!(TraceContext::from_xray(lambda), Some(context(&W3C.replace("-01", "-00"))));
        assert_eq!(context(W3C).trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context(W3C).span_id(), "b7ad6b7169203331");
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "00",
            &W3C.to_uppercase(),
            &W3C.replace("00-", "ff-"),
            &format!("{W3C}-more"),
            &W3C.replace("b7ad6b7169203331", "0000000000000000"),
            &W3C.replace("0af7651916cd43dd8448eb211c80319c", "00000000000000000000000000000000"),
            &W3C.replace("0af7", "+af7"),
        ] {
            assert_eq!(text.parse::<TraceContext>(), Err(InvalidTraceContext), "{text}");
        }
        assert_eq!(context(&format!("cc-{}-what-the-future-will-be", &W3C[3..])), context(W3C));
        for header in
            ["", "Root=1-0af76519-16cd43dd8448eb211c80319c", "Parent=b7ad6b7169203331", &XRAY.replace("1-0", "2-0")]
        {
            assert_eq!(TraceContext::from_xray(header), None, "{header}");
        }
    }

    #[test]
    fn a_context_is_that_of_the_work_and_of_nothing_beside_it() {
        let (one, other) = (context(W3C), context("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
        let mut task = Context::from_waker(Waker::noop());
        let mut yields = true;
        let pause =
            std::future::poll_fn(move |_| if std::mem::take(&mut yields) { Poll::Pending } else { Poll::Ready(()) });
        let work = within(Some(one), async move {
            pause.await;
            let inner = caused_by(Some(&other.to_string()), async { current() }).await;
            (current(), inner, caused_by(Some("nonsense"), async { current() }).await)
        });
        let mut work = std::pin::pin!(work);
        assert!(work.as_mut().poll(&mut task).is_pending());
        assert_eq!(current(), None, "while it waits it is nobody's");
        let Poll::Ready((outer, inner, without)) = work.poll(&mut task) else { panic!("it does not end") };
        assert_eq!((outer, without, current()), (Some(one), Some(one), None));
        let inner = inner.unwrap();
        assert!(inner.is_of(other) && inner.span_id() == one.span_id(), "{inner}");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in "\\PC{0,80}", trace in 1_u128.., span in 1_u64.., sampled: bool) {
            let _ = (text.parse::<TraceContext>(), TraceContext::from_xray(&text));
            let context = TraceContext { trace, span, sampled };
            prop_assert_eq!(context.to_string().parse(), Ok(context));
            prop_assert_eq!(TraceContext::from_xray(&context.to_xray()), Some(context));
        }
    }
}
