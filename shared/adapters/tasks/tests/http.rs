//! HTTP endpoints, against real servers on this machine.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use octavo_adapters_tasks::HttpEndpoints;
use octavo_domain_kernel::trace;
use octavo_domain_workflow::engine::outside::{HttpCall, HttpCaller, HttpRefusal, HttpReply};
use std::net::SocketAddr;
use std::time::Duration;
use url::Url;

async fn answer(request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let one: Vec<&str> = request.headers().get_all("x-one").iter().map(|value| value.to_str().unwrap()).collect();
    let one = one.join("|");
    let response = Response::builder();
    match path.as_str() {
        "/echo" => {
            let told = format!("{} {} {one}", request.method(), request.uri());
            let body = axum::body::to_bytes(request.into_body(), 1_000).await.unwrap();
            let told = format!("{told} {}", String::from_utf8_lossy(&body));
            response.status(201).header("X-Two", "a").header("X-Two", "b").body(Body::from(told)).unwrap()
        }
        "/trace" => {
            let trace: Vec<_> =
                request.headers().get_all("traceparent").iter().map(|value| value.to_str().unwrap()).collect();
            response.body(Body::from(trace.join("|"))).unwrap()
        }
        "/away" => response.status(302).header("location", "/echo").body(Body::empty()).unwrap(),
        "/long" => response.body(Body::from(vec![b'x'; 5_000])).unwrap(),
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            response.body(Body::empty()).unwrap()
        }
        _ => response.status(404).body(Body::empty()).unwrap(),
    }
}

async fn server() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
    address
}

#[expect(clippy::needless_pass_by_value, reason = "it is given what `format!` makes")]
fn call(url: String) -> HttpCall {
    let url = Url::parse(&url).unwrap();
    HttpCall {
        method: "GET".to_owned(),
        url,
        headers: Vec::new(),
        body: None,
        public_only: false,
        time: Duration::from_secs(10),
        reply_bytes_max: 1_000,
    }
}

async fn ask(call: HttpCall) -> Result<HttpReply, HttpRefusal> {
    HttpEndpoints::new().http_call(call).await
}

#[tokio::test]
async fn a_request_arrives_whole_and_so_does_its_answer() {
    let address = server().await;
    let headers = vec![("x-one".to_owned(), "a".to_owned()), ("x-one".to_owned(), "b".to_owned())];
    let body = Some(Bytes::from_static(b"{}"));
    let reply = ask(HttpCall { method: "PUT".to_owned(), headers, body, ..call(format!("http://{address}/echo?q=1")) });
    let reply = reply.await.unwrap();
    assert_eq!((reply.status, &*reply.body), (201, b"PUT /echo?q=1 a|b {}".as_slice()));
    let two: Vec<&str> =
        reply.headers.iter().filter(|(name, _)| name == "x-two").map(|(_, value)| value.as_str()).collect();
    assert_eq!(two, ["a", "b"]);
}

#[tokio::test]
async fn a_request_is_in_the_callers_trace_unless_it_names_another() {
    let address = server().await;
    let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (given, expected) in [(None, own), (Some("another"), "another")] {
        let headers = given.map(|given| ("traceparent".to_owned(), given.to_owned())).into_iter().collect();
        let call = HttpCall { headers, ..call(format!("http://{address}/trace")) };
        let reply = trace::within(Some(own.parse().unwrap()), ask(call)).await.unwrap();
        assert_eq!(&*reply.body, expected.as_bytes());
    }
    assert_eq!(&*ask(call(format!("http://{address}/trace"))).await.unwrap().body, b"");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let address = server().await;
    assert_eq!(ask(call(format!("http://{address}/away"))).await.unwrap().status, 302);
}

#[tokio::test]
async fn what_is_too_long_or_too_slow_is_given_up() {
    let address = server().await;
    assert_eq!(ask(call(format!("http://{address}/long"))).await, Err(HttpRefusal::TooLarge(1_000)));
    let whole = HttpCall { reply_bytes_max: 5_000, ..call(format!("http://{address}/long")) };
    assert_eq!(ask(whole).await.unwrap().body.len(), 5_000);
    let time = Duration::from_millis(100);
    let slow = ask(HttpCall { time, ..call(format!("http://{address}/slow")) }).await;
    assert_eq!(slow, Err(HttpRefusal::NoAnswer(time)));
}

#[tokio::test]
async fn a_private_address_is_not_connected_to_by_whatever_name() {
    let port = server().await.port();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let public = HttpCall { public_only: true, ..call(format!("http://{host}:{port}/echo")) };
        assert!(matches!(ask(public).await, Err(HttpRefusal::PrivateAddress(_))), "{host}");
    }
}

#[tokio::test]
async fn a_host_that_nobody_answers_at_is_said_without_its_query() {
    // Nobody listens on a port that is bound and no more, and nobody else gets it.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = bound.local_addr().unwrap();
    let Err(HttpRefusal::Socket(why)) = ask(call(format!("http://{address}/?key=s3cret"))).await else { panic!() };
    assert!(why.contains("127.0.0.1") && why.contains("refused") && !why.contains("s3cret"), "{why}");
}

#[tokio::test]
async fn headers_that_are_none_are_named_without_their_value() {
    let address = server().await;
    for (name, value) in [("x y", "s3cret"), ("x", "s3cret\n")] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let Err(HttpRefusal::Malformed(why)) = ask(HttpCall { headers, ..call(format!("http://{address}/")) }).await
        else {
            panic!("{name}")
        };
        assert!(why.contains(name) && !why.contains("s3cret"), "{why}");
    }
}
