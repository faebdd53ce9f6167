//! Which trace an invocation is in.
//!
//! AWS names the invocation and, where X-Ray made it, a trace (`Lambda-Runtime-Trace-Id`). Whoever caused it may have named
//! another: a client by `traceparent`, the sender of a message by `AWSTraceHeader`. Then the work belongs to that one, and the
//! invocation keeps its own name in it.

use crate::queue_event::Record;
use http::{HeaderMap, HeaderName, HeaderValue};
use octavo_domain_kernel::TraceContext;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The context of an invocation that AWS calls `own` and that `cause` led to.
fn joined(own: Option<&str>, cause: Option<TraceContext>) -> Option<TraceContext> {
    match (own.and_then(TraceContext::from_xray), cause) {
        (Some(own), Some(cause)) => Some(own.for_cause(cause)),
        (own, cause) => own.or(cause),
    }
}

/// The context of a request. It takes the place of the header that the client sent, so that what the function calls names the
/// function as its parent.
pub(crate) fn of_request(own: Option<&str>, headers: &mut HeaderMap) -> Option<TraceContext> {
    let cause = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()?.parse().ok());
    let context = joined(own, cause)?;
    if let Ok(value) = HeaderValue::try_from(context.to_string()) {
        headers.insert(TRACEPARENT, value);
    }
    Some(context)
}

/// The context of a batch: that of its messages if all are of one trace, else the invocation's own.
pub(crate) fn of_batch(own: Option<&str>, records: &[Record]) -> Option<TraceContext> {
    let mut causes = records.iter().map(|record| record.trace().and_then(TraceContext::from_xray));
    let first = causes.next().flatten();
    let common = first.filter(|first| causes.all(|cause| cause.is_some_and(|cause| cause.is_of(*first))));
    joined(own, common)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    const CAUSE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const JOINED: &str = "00-0af7651916cd43dd8448eb211c80319c-53995c3f42cd8ad8-01";
    const ALONE: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";

    #[test]
    fn a_request_goes_on_in_the_clients_trace_under_the_invocations_name() {
        for (own, client, expected) in [
            (Some(OWN), Some(CAUSE), Some(JOINED)),
            (Some(OWN), None, Some(ALONE)),
            (Some(OWN), Some("nonsense"), Some(ALONE)),
            (Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"), Some(CAUSE), Some(CAUSE)),
            (None, None, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(client.map(|client| (TRACEPARENT, HeaderValue::from_static(client))));
            let context = of_request(own, &mut headers).map(|context| context.to_string());
            assert_eq!(context.as_deref(), expected, "{own:?} {client:?}");
            assert_eq!(headers.get(TRACEPARENT).map(|value| value.to_str().unwrap()), expected.or(client));
        }
    }

    #[test]
    fn a_batch_is_in_the_trace_of_its_messages_if_that_is_one() {
        let record = |attributes: &str| serde_json::from_str(&format!(r#"{{"attributes":{attributes}}}"#)).unwrap();
        let of = |trace: &str, span: &str| {
            record(&format!(r#"{{"AWSTraceHeader":"Root=1-{trace};Parent={span};Sampled=1"}}"#))
        };
        let one = || of("0af76519-16cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let nearer = || of("0af76519-16cd43dd8448eb211c80319c", "00f067aa0ba902b7");
        let other = || of("4bf92f35-77b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        for (records, expected) in [
            (vec![one(), nearer()], JOINED),
            (vec![one(), other()], ALONE),
            (vec![one(), record("{}")], ALONE),
            (vec![record("null")], ALONE),
        ] {
            let context = of_batch(Some(OWN), &records).map(|context| context.to_string());
            assert_eq!(context.as_deref(), Some(expected), "{records:?}");
        }
    }
}
