//! Through a stock S3 client.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

use bytes::Bytes;
use local_emulator_s3::{Options, Server, StartError};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

fn client(server: &Server, secret: &str) -> AmazonS3 {
    AmazonS3Builder::new()
        .with_endpoint(server.url())
        .with_allow_http(true)
        .with_bucket_name("octavo")
        .with_region("us-east-1")
        .with_access_key_id("octavo")
        .with_secret_access_key(secret)
        .with_retry(object_store::RetryConfig { max_retries: 0, ..Default::default() })
        .build()
        .unwrap()
}

#[tokio::test]
async fn an_object_survives_a_restart_and_a_half_written_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let key = Path::from("tenants/acme/content/ab/cd");
    let server = Server::start(Options::new(folder.path())).await.unwrap();
    client(&server, "octavo-secret").put(&key, PutPayload::from(Bytes::from_static(b"kept"))).await.unwrap();
    server.shutdown().await;
    // What a kill in the middle of a write leaves behind.
    std::fs::write(folder.path().join(".tmp.7.internal.part"), b"ha").unwrap();

    let server = Server::start(Options::new(folder.path())).await.unwrap();
    let client = client(&server, "octavo-secret");
    assert_eq!(client.get(&key).await.unwrap().bytes().await.unwrap(), "kept");
    assert!(!folder.path().join(".tmp.7.internal.part").exists());
    assert!(matches!(client.head(&Path::from("none")).await, Err(object_store::Error::NotFound { .. })));
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Options::new(folder.path())).await.unwrap();
    let error = client(&server, "guessed").put(&Path::from("a"), PutPayload::from_static(b"x")).await.unwrap_err();
    assert!(matches!(error, object_store::Error::PermissionDenied { .. }), "{error:?}");
}

#[tokio::test]
async fn a_bucket_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for bucket in ["", "ab", "Capital", "../up", &"a".repeat(20)] {
        let options = Options { bucket: bucket.to_owned(), ..Options::new(folder.path()) };
        assert!(matches!(Server::start(options).await, Err(StartError::Bucket(_))), "{bucket}");
    }
}

#[tokio::test]
async fn a_stopped_server_gives_its_port_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Options::new(folder.path())).await.unwrap();
    let address = server.address();
    server.shutdown().await;
    let again = Server::start(Options { listen: address, ..Options::new(folder.path()) }).await.unwrap();
    assert_eq!(again.address(), address);
}
