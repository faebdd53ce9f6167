//! The kernel's contract, and what happens when the store is away.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

use bytes::Bytes;
use octavo_adapters_blobs::{Options, S3Blobs};
use octavo_domain_kernel::{BlobKey, BlobStore, PortErrorKind};
use octavo_testing::build::tenant;
use octavo_testing::faults::{Proxy, address_of};
use octavo_testing::s3::{self, S3};
use octavo_testing::{contract, engines};
use std::time::{Duration, Instant};

/// How long a write may take in a store that hangs.
const HANGS: Duration = Duration::from_millis(300);
/// How long a request may take, in a store that answers or not.
const PATIENCE: Duration = Duration::from_secs(4);
/// Enough that a write is not done in one piece.
const OBJECT_BYTES: usize = 256 * 1024;
/// Reads of each round, through each of two ways.
const READS: u32 = 10;

fn options(server: &S3, url: &str) -> Options {
    let (access, secret) = server.credentials();
    let options = Options::new(Some(url.parse().unwrap()), "us-east-1", server.bucket());
    Options {
        // Longer than a busy machine takes for three megabytes.
        connect_timeout: PATIENCE,
        request_timeout: PATIENCE,
        retry_timeout: PATIENCE,
        retries: 1,
        ..options.with_credentials(access, secret)
    }
}

fn key() -> BlobKey {
    BlobKey::content(&tenant(), &"a".repeat(64).parse().unwrap())
}

#[tokio::test]
async fn contract_on_the_emulators_s3() {
    let server = s3::server().await;
    contract::blobs(async || S3Blobs::new(options(&server, &server.url()))).await;
}

/// `OCTAVO_TEST_S3_URL=http://key:secret@host:port/bucket`.
#[tokio::test]
async fn contract_on_a_real_s3() {
    // Not `engines::real`: CI has no real S3 to require; where one is given, it is judged.
    let Some(url) = engines::optional("S3", "OCTAVO_TEST_S3_URL") else { return };
    let url: url::Url = url.parse().unwrap();
    let endpoint = format!("{}://{}:{}", url.scheme(), url.host_str().unwrap(), url.port_or_known_default().unwrap());
    let options = Options::new(Some(endpoint.parse().unwrap()), "us-east-1", url.path().trim_start_matches('/'))
        .with_credentials(url.username(), url.password().unwrap());
    contract::blobs(async || S3Blobs::new(options.clone())).await;
}

#[tokio::test]
async fn away_is_unavailable_and_back_is_well() {
    let server = s3::server().await;
    let proxy = Proxy::start(address_of(&server.url()).await).await;
    let (store, key) = (S3Blobs::new(options(&server, &proxy.url(&server.url()))), key());
    assert_eq!(proxy.accepted(), 0, "nothing is connected before the first use");
    store.put(&key, Bytes::from_static(b"kept"), "text/plain").await.unwrap();
    proxy.refuse().await;
    let began = Instant::now();
    assert_eq!(store.get(&key).await.unwrap_err().kind, PortErrorKind::Unavailable);
    assert_eq!(store.ping().await.unwrap_err().kind, PortErrorKind::Unavailable);
    assert!(began.elapsed() < 6 * PATIENCE, "soon");
    proxy.pass().await;
    assert_eq!(store.get(&key).await.unwrap().as_deref(), Some(&b"kept"[..]));
    proxy.black_hole().await;
    assert_eq!(store.get(&key).await.unwrap_err().kind, PortErrorKind::Timeout);
    proxy.pass().await;
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_store_that_hangs_is_given_up_within_the_limit() {
    let server = s3::server().await;
    let proxy = Proxy::start(address_of(&server.url()).await).await;
    let limit = Duration::from_secs(4);
    let (access, secret) = server.credentials();
    let options = Options::new(Some(proxy.url(&server.url()).parse().unwrap()), "us-east-1", server.bucket());
    let store = S3Blobs::new(options.with_credentials(access, secret).within(limit));
    store.put(&key(), Bytes::from_static(b"kept"), "text/plain").await.unwrap();
    proxy.black_hole().await;
    let began = Instant::now();
    let error = store.put(&key(), Bytes::from_static(b"more"), "text/plain").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Timeout, "{error}");
    // What is beyond the limit is the machine's: without one a request would wait 30 s.
    assert!(began.elapsed() < 5 * limit, "{:?}", began.elapsed());
    proxy.pass().await;
    store.ping().await.unwrap();
}

/// How often an object is written again into a store that hangs; `OCTAVO_TEST_BLOBS_ROUNDS` says another number.
const ROUNDS: u32 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_stays_whatever_becomes_of_writes_that_hang() {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings")]
    let rounds = std::env::var("OCTAVO_TEST_BLOBS_ROUNDS").ok().map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let server = s3::server().await;
    let proxy = Proxy::start(address_of(&server.url()).await).await;
    let (access, secret) = server.credentials();
    let patient = |url: String| {
        let options = Options::new(Some(url.parse().unwrap()), "us-east-1", server.bucket());
        options.with_credentials(access, secret)
    };
    let (direct, behind) = (S3Blobs::new(patient(server.url())), S3Blobs::new(patient(proxy.url(&server.url()))));
    let hurried = S3Blobs::new(patient(proxy.url(&server.url())).within(HANGS));
    let (first, second) = (Bytes::from(vec![b'1'; OBJECT_BYTES]), Bytes::from(vec![b'2'; OBJECT_BYTES]));
    let key = key();
    direct.put(&key, first.clone(), "text/plain").await.unwrap();
    for round in 0..rounds {
        behind.ping().await.unwrap();
        proxy.black_hole().await;
        let puts = [&second, &first].map(|bytes| hurried.put(&key, bytes.clone(), "text/plain"));
        for put in futures::future::join_all(puts).await {
            put.unwrap_err();
        }
        // What was held goes on to the store, whose clients have gone: each of these writes is done or it is not.
        proxy.pass().await;
        for _ in 0..READS {
            for store in [&direct, &behind] {
                let read = store.get(&key).await.unwrap().unwrap_or_else(|| panic!("round {round}: it is gone"));
                assert!(read == first || read == second, "round {round}: it is neither of the two");
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_is_denied() {
    let server = s3::server().await;
    let store = S3Blobs::new(options(&server, &server.url()).with_credentials("octavo", "guessed"));
    assert_eq!(store.put(&key(), Bytes::new(), "text/plain").await.unwrap_err().kind, PortErrorKind::Denied);
    assert_eq!(store.ping().await.unwrap_err().kind, PortErrorKind::Denied);
}
