use super::*;
use bytes::Bytes;
use std::time::Duration;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const OTHER: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_000 + ms).unwrap()
}

fn request(span: &str, from: i64, status: u16) -> Arc<Requested> {
    Arc::new(Requested {
        request_id: format!("request-{span}"),
        trace_id: TRACE.to_owned(),
        span_id: span.to_owned(),
        parent_id: None,
        at: at(from),
        what: "POST /v1/documents".to_owned(),
        status,
        duration_ms: 50.0,
    })
}

fn invocation(function: &str, span: &str, parent: Option<&str>, from: i64) -> Record {
    Record {
        number: 1,
        request_id: format!("request-{span}"),
        trace_id: TRACE.to_owned(),
        span_id: span.to_owned(),
        parent_id: parent.map(str::to_owned),
        links: Vec::new(),
        at: at(from),
        function: function.to_owned(),
        what: "queue batch".to_owned(),
        event: Bytes::new(),
        whole: true,
        response: Bytes::from_static(b"{}"),
        failed: false,
        duration_ms: 40.0,
        wait_ms: 30.0,
        cold: true,
        log: Vec::new(),
    }
}

fn none() -> Calls<'static> {
    Box::new(|_| Vec::new())
}

fn link(trace: &str, parent: &str, message: &str, sent: i64, receive_count: u32) -> Link {
    Link {
        trace_id: trace.to_owned(),
        parent_id: parent.to_owned(),
        message_id: message.to_owned(),
        what: "document.changed".to_owned(),
        queue: "index".to_owned(),
        sent_at: at(sent),
        receive_count,
    }
}

/// Depth, kind, name and when each piece begins and ends, in the order of reading.
fn read(spans: &[Span]) -> Vec<(usize, Kind, &str, i64, i64)> {
    let ms = |time: DateTime<Utc>| (time - at(0)).num_milliseconds();
    spans.iter().map(|span| (span.depth, span.kind, span.name.as_str(), ms(span.at), ms(span.ends()))).collect()
}

#[test]
fn a_trace_goes_from_the_request_through_the_queue_to_who_takes_its_message() {
    let mut index = invocation("index", "c", Some("b"), 100);
    index.links = vec![link(TRACE, "b", "m", 45, 1)];
    let mut again = invocation("index", "d", Some("b"), 200);
    again.links = vec![link(TRACE, "b", "m", 45, 2)];
    let beside = Record { trace_id: OTHER.to_owned(), ..invocation("search", "e", None, 5) };
    let records = vec![again, beside, index, invocation("documents", "b", Some("a"), 2)];
    let seen = Seen {
        requests: vec![request("a", 0, 201)],
        records: records.into_iter().map(Arc::new).collect(),
        underway: Vec::new(),
        calls: none(),
    };
    let spans = seen.spans(TRACE);
    let expected = [
        (0, Kind::Request, "", 0, 50),
        (1, Kind::Invocation, "documents", 2, 42),
        (2, Kind::Message, "index", 45, 100),
        (3, Kind::Invocation, "index", 100, 140),
        (2, Kind::Message, "index", 45, 200),
        (3, Kind::Invocation, "index", 200, 240),
    ];
    assert_eq!(read(&spans), expected);
    assert_eq!((spans[4].result.as_str(), spans[1].cold, spans[1].wait_ms), ("delivered, try 2", true, 30.0));
    let summary = summary(TRACE, &spans);
    assert_eq!((&summary["what"], &summary["duration_ms"]), (&json!("POST /v1/documents"), &json!(240.0)));
    assert_eq!((&summary["functions"], &summary["invocations"]), (&json!(["documents", "index"]), &json!(3)));
    assert_eq!(seen.traces(), [TRACE, OTHER], "the latest first");
}

#[test]
fn a_batch_for_several_traces_is_in_each_of_them_with_its_own_messages() {
    let mut batch = Record { trace_id: "f".repeat(32), ..invocation("index", "c", None, 100) };
    batch.links =
        vec![link(TRACE, "b", "one", 10, 1), link(OTHER, "x", "two", 20, 1), link(TRACE, "b", "three", 30, 1)];
    let seen = Seen { requests: Vec::new(), records: vec![Arc::new(batch)], underway: Vec::new(), calls: none() };
    let expected = [
        (0, Kind::Message, "index", 10, 100),
        (1, Kind::Invocation, "index", 100, 140),
        (0, Kind::Message, "index", 30, 100),
    ];
    assert_eq!(read(&seen.spans(TRACE)), expected);
    assert_eq!(seen.spans(OTHER).len(), 2);
    assert_eq!(seen.spans(&"f".repeat(32)).len(), 1);
    assert!(seen.spans("nobody's").is_empty());
}

#[test]
fn what_goes_on_is_there_once_and_what_failed_says_why() {
    let mut failed = invocation("documents", "b", Some("a"), 2);
    failed.failed = true;
    failed.response = Bytes::from_static(br#"{"errorMessage":"it broke"}"#);
    let goes_on = |span: &str| Underway {
        request_id: format!("request-{span}"),
        function: "documents".to_owned(),
        what: "GET /v1/documents".to_owned(),
        at: at(60),
        trace_id: TRACE.to_owned(),
        span_id: span.to_owned(),
        parent_id: None,
        links: Vec::new(),
        running: false,
    };
    let seen = Seen {
        requests: vec![request("a", 0, 502)],
        records: vec![Arc::new(failed)],
        underway: vec![goes_on("b"), goes_on("g")],
        calls: none(),
    };
    let spans = seen.spans(TRACE);
    let told: Vec<_> = spans.iter().map(|span| (span.id.as_str(), span.failed, span.result.as_str())).collect();
    assert_eq!(told, [("a", true, "502"), ("b", true, "failed"), ("g", false, "waits")]);
    assert_eq!((spans[1].fault.as_deref(), spans[2].duration_ms), (Some("it broke"), None));
    let summary = summary(TRACE, &spans);
    assert_eq!((&summary["failed"], &summary["underway"]), (&json!(true), &json!(true)));
}

#[test]
fn a_client_that_says_nonsense_of_its_parents_loses_nothing() {
    // Each a part of the other, and one of itself.
    let mut one = invocation("documents", "b", Some("c"), 2);
    one.cold = false;
    let records = [one, invocation("documents", "c", Some("b"), 1), invocation("documents", "d", Some("d"), 9)];
    let seen = Seen {
        requests: Vec::new(),
        records: records.into_iter().map(Arc::new).collect(),
        underway: Vec::new(),
        calls: none(),
    };
    let depths: Vec<_> = seen.spans(TRACE).iter().map(|span| (span.id.clone(), span.depth)).collect();
    assert_eq!(depths, [("d".to_owned(), 0), ("c".to_owned(), 0), ("b".to_owned(), 1)]);
}

#[test]
fn a_trace_is_known_by_each_of_its_names() {
    for name in [
        TRACE,
        &TRACE.to_uppercase(),
        "1-0af76519-16cd43dd8448eb211c80319c",
        "Root=1-0af76519-16cd43dd8448eb211c80319c",
        "Sampled=1; Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ] {
        assert_eq!(trace_id(name).as_deref(), Some(TRACE), "{name}");
    }
    for name in
        ["", "1-2-3", "nobody", &TRACE[1..], &format!("{TRACE}0"), "Root=", "1-0af76519-16cd43dd8448eb211c8031ö"]
    {
        assert_eq!(trace_id(name), None, "{name}");
    }
}

#[test]
fn what_a_function_asks_a_provider_is_a_part_of_it() {
    let call = |number, status, outcome, took| TracedRequest {
        number,
        traceparent: format!("00-{TRACE}-b-01"),
        at: at(10 * i64::try_from(number).unwrap()),
        took,
        provider: "openai".to_owned(),
        model: Some("gpt-4.1".to_owned()),
        status,
        outcome,
    };
    let calls = vec![
        call(1, Some(503), Outcome::Sent, Some(Duration::from_millis(5))),
        call(2, Some(200), Outcome::UnderWay, None),
        call(3, None, Outcome::Cut, Some(Duration::from_millis(1))),
    ];
    let seen = Seen {
        requests: Vec::new(),
        records: vec![Arc::new(invocation("ai", "b", None, 0))],
        underway: Vec::new(),
        calls: Box::new(move |trace| if trace == TRACE { calls.clone() } else { Vec::new() }),
    };
    let spans = seen.spans(TRACE);
    let told: Vec<_> =
        spans.iter().map(|span| (span.depth, span.name.as_str(), span.failed, span.result.as_str())).collect();
    let expected = [
        (0, "ai", false, "ok"),
        (1, "openai", true, "503"),
        (1, "openai", false, "200"),
        (1, "openai", true, "cut off"),
    ];
    assert_eq!(told, expected);
    assert_eq!((spans[2].duration_ms, summary(TRACE, &spans)["invocations"].as_u64()), (None, Some(1)));
}
