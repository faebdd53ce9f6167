//! Tokens of a real issuer over HTTP, good and bad.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use aws_lc_rs::signature::Ed25519KeyPair;
use axum::{Json, Router, routing::get};
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use octavo_adapters_oidc::{Options, Verifier};
use octavo_domain_kernel::{AuthenticateError, Authenticator, Clock, Reader};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const NOW: i64 = 1_800_000_000;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(NOW, 0).unwrap()
    }
}

struct Issuer {
    key: EncodingKey,
    served: Arc<Mutex<JwkSet>>,
    asked: Arc<AtomicUsize>,
    verifier: Verifier,
}

fn new_key() -> EncodingKey {
    EncodingKey::from_ed_der(Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap().as_ref())
}

fn jwk(key: &EncodingKey, id: &str) -> Jwk {
    let mut jwk = Jwk::from_encoding_key(key, Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some(id.to_owned());
    jwk
}

async fn issuer() -> Issuer {
    let key = new_key();
    let served = Arc::new(Mutex::new(JwkSet { keys: vec![jwk(&key, "k1")] }));
    let asked = Arc::new(AtomicUsize::new(0));
    let (set, count) = (served.clone(), asked.clone());
    let app = Router::new().route(
        "/jwks",
        get(move || {
            count.fetch_add(1, Ordering::SeqCst);
            let set = set.lock().clone();
            async move { Json(set) }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let jwks_url = format!("http://{}/jwks", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let options = Options {
        issuer: "https://issuer.test".to_owned(),
        audience: "octavo".to_owned(),
        jwks_url,
        tenant_claim: "tenant".to_owned(),
    };
    Issuer { key, served, asked, verifier: Verifier::new(options, Arc::new(Fixed)) }
}

fn claims() -> Value {
    json!({
        "iss": "https://issuer.test", "aud": ["octavo", "other"], "exp": NOW + 60, "sub": "ada", "tenant": "acme",
        "groups": ["legal"], "roles": ["admin"], "name": "Ada"
    })
}

fn sign(key: &EncodingKey, id: Option<&str>, claims: &Value) -> String {
    let header = Header { kid: id.map(str::to_owned), ..Header::new(Algorithm::EdDSA) };
    encode(&header, claims, key).unwrap()
}

#[tokio::test]
async fn a_good_token_names_its_principal() {
    let issuer = issuer().await;
    let token = sign(&issuer.key, Some("k1"), &claims());
    let principal = issuer.verifier.authenticate(&token).await.unwrap();
    assert_eq!((principal.tenant.as_str(), principal.user.as_str()), ("acme", "ada"));
    assert!(principal.has_role("admin"));
    let readers: Vec<String> = principal.readers().iter().map(Reader::to_string).collect();
    assert_eq!(readers, ["user:ada", "group:legal"]);
}

#[tokio::test]
async fn a_bad_token_is_refused_with_its_reason() {
    let issuer = issuer().await;
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        sign(&issuer.key, Some("k1"), &claims)
    };
    let mut without = claims();
    without.as_object_mut().unwrap().remove("tenant");
    let cases = [
        ("garbage".to_owned(), "no JSON Web Token"),
        ("x".repeat(20_000), "too long"),
        (sign(&new_key(), Some("k1"), &claims()), "signature"),
        (sign(&issuer.key, None, &claims()), "names no key"),
        (sign(&issuer.key, Some("k9"), &claims()), "no key with that id"),
        (with("iss", json!("https://else.test")), "another issuer"),
        (with("aud", json!("else")), "another audience"),
        (with("exp", json!(NOW - 31)), "expired"),
        (with("exp", json!("soon")), "exp"),
        (with("nbf", json!(NOW + 31)), "not valid yet"),
        (with("tenant", json!("../other")), "tenant"),
        (with("sub", json!("")), "sub"),
        (with("groups", json!(["a b"])), "groups"),
        (with("groups", json!("legal")), "groups"),
        (sign(&issuer.key, Some("k1"), &without), "tenant"),
        (
            encode(
                &Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) },
                &claims(),
                &EncodingKey::from_secret(b"guess"),
            )
            .unwrap(),
            "algorithm",
        ),
    ];
    for (token, reason) in cases {
        let error = issuer.verifier.authenticate(&token).await.unwrap_err().to_string();
        assert!(error.contains(reason), "expected {reason}, got {error}");
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_strangers_cannot_make_us_ask_more() {
    let issuer = issuer().await;
    let token = sign(&issuer.key, Some("k1"), &claims());
    for _ in 0..5 {
        issuer.verifier.authenticate(&token).await.unwrap();
        let unknown = sign(&issuer.key, Some("unknown"), &claims());
        assert!(matches!(issuer.verifier.authenticate(&unknown).await, Err(AuthenticateError::Invalid(_))));
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_issuer_that_is_away_is_not_the_tokens_fault() {
    let options = Options {
        issuer: "https://issuer.test".to_owned(),
        audience: "octavo".to_owned(),
        jwks_url: "http://127.0.0.1:1/jwks".parse().unwrap(),
        tenant_claim: "tenant".to_owned(),
    };
    let verifier = Verifier::new(options, Arc::new(Fixed));
    let token = sign(&new_key(), Some("k1"), &claims());
    assert!(matches!(verifier.authenticate(&token).await, Err(AuthenticateError::Unavailable(_))));
}

#[tokio::test]
async fn a_shared_secret_in_the_key_set_is_no_key() {
    let issuer = issuer().await;
    let secret = json!({"kty": "oct", "kid": "s1", "alg": "HS256", "k": "c2VjcmV0"});
    issuer.served.lock().keys.push(serde_json::from_value(secret).unwrap());
    let forged = sign(&issuer.key, Some("s1"), &claims());
    assert!(matches!(issuer.verifier.authenticate(&forged).await, Err(AuthenticateError::Invalid(_))));
}
