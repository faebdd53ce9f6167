//! Which trace an invocation is in: as X-Ray names it (`Root=1-...;Parent=...;Sampled=1`), and as W3C does (`traceparent`).
//!
//! Both name a trace by 128 bits and a piece of work in it by 64: a trace is kept here as 32 hexadecimal digits, a piece of
//! work as 16.

use crate::clock::new_id;
use chrono::{DateTime, Utc};

/// A message, of whatever queue, that an invocation is for; it may be of another trace than the other messages of its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The trace of who sent it: 32 hexadecimal digits.
    pub trace_id: String,
    /// The piece of work that sent it: 16 hexadecimal digits.
    pub parent_id: String,
    /// Names the message.
    pub message_id: String,
    /// What it was, for people: `document.changed`.
    pub what: String,
    /// Where it waited.
    pub queue: String,
    /// When it was sent first.
    pub sent_at: DateTime<Utc>,
    /// How often it was delivered, this time included.
    pub receive_count: u32,
}

/// A place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) trace_id: String,
    /// None where nothing in the trace is known to have led here.
    pub(crate) parent_id: Option<String>,
    sampled: bool,
}

impl Place {
    /// A trace that begins at `at`: as X-Ray makes it, its name begins with the time.
    pub(crate) fn fresh(at: DateTime<Utc>) -> Self {
        let random = new_id().replace('-', "");
        Self { trace_id: format!("{:08x}{}", at.timestamp(), &random[..24]), parent_id: None, sampled: true }
    }

    /// X-Ray's header. None where it names no trace; one that is not for X-Ray to keep is kept here.
    pub(crate) fn from_xray(header: &str) -> Option<Self> {
        let member = |name: &str| {
            let mut members = header.split(';').filter_map(|member| member.trim().split_once('='));
            members.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let trace_id: String = member("Root")?.strip_prefix("1-")?.split('-').collect();
        let parent_id = member("Parent").filter(|parent| is_hex(parent, 16)).map(str::to_owned);
        is_hex(&trace_id, 32).then_some(Self { trace_id, parent_id, sampled: member("Sampled") != Some("0") })
    }

    /// W3C's header (Trace Context, section 3.2).
    pub(crate) fn from_w3c(header: &str) -> Option<Self> {
        let parts: Vec<&str> = header.split('-').collect();
        let [version, trace, parent, flags, ..] = parts[..] else { return None };
        let valid = is_hex(version, 2) && version != "ff" && (version != "00" || parts.len() == 4) && is_hex(flags, 2);
        let named = |text: &str| text.bytes().any(|byte| byte != b'0');
        let valid = valid && is_hex(trace, 32) && is_hex(parent, 16) && named(trace) && named(parent);
        valid.then(|| Self { trace_id: trace.to_owned(), parent_id: Some(parent.to_owned()), sampled: true })
    }

    /// The same place with `span` in it as X-Ray writes it: what is done from here has `span` as its parent.
    pub(crate) fn xray(&self, span: &str) -> String {
        format!("{};Parent={span};Sampled={}", self.root(), u8::from(self.sampled))
    }

    /// The trace alone.
    pub(crate) fn root(&self) -> String {
        let (seconds, rest) = self.trace_id.split_at(8);
        format!("Root=1-{seconds}-{rest}")
    }
}

/// Names a piece of work.
pub(crate) fn new_span_id() -> String {
    new_id().replace('-', "")[..16].to_owned()
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn both_forms_name_the_same_place() {
        let place = Place::from_w3c(W3C).unwrap();
        let xray = place.xray("b7ad6b7169203331");
        assert_eq!(xray, "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1");
        assert_eq!(Place::from_xray(&xray), Some(place));
        let alone = Place::from_xray("Sampled=0;Root=1-0af76519-16cd43dd8448eb211c80319c;Self=1-2-3").unwrap();
        assert_eq!((alone.parent_id.as_deref(), alone.root().as_str()), (None, &xray[..40]));
        assert!(alone.xray("b7ad6b7169203331").ends_with(";Sampled=0"));
        let fresh = Place::fresh(DateTime::UNIX_EPOCH);
        assert!(fresh.root().starts_with("Root=1-00000000-") && is_hex(&fresh.trace_id, 32), "{fresh:?}");
        assert!(is_hex(&new_span_id(), 16));
    }

    #[test]
    fn what_names_no_trace_is_none() {
        for header in ["", "00-1-2-3", &W3C.to_uppercase(), &format!("{W3C}-x"), &W3C.replace("00-0", "ff-0")] {
            assert_eq!(Place::from_w3c(header), None, "{header}");
        }
        let zeros = W3C.replace("b7ad6b7169203331", "0000000000000000");
        assert_eq!(Place::from_w3c(&zeros), None);
        for header in ["", "Root=", "Root=2-0af76519-16cd43dd8448eb211c80319c", "Root=1-0af76519-16cd", "Self=1-2-3"] {
            assert_eq!(Place::from_xray(header), None, "{header}");
        }
    }
}
