//! API keys over time: what a whole system would have to wait days for.

use crate::ports::Ports;
use chrono::{DateTime, TimeDelta};
use octavo_ai::ApiKeys;
use octavo_domain_ai::ports::ApiKey;
use octavo_domain_kernel::{AuthenticateError, Authenticator};
use octavo_testing::time::ManualClock;
use std::sync::Arc;
use uuid::Uuid;

#[tokio::test]
async fn a_key_ends_at_its_very_moment_also_while_it_is_remembered() {
    let began = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let (ports, clock) = (Arc::new(Ports::default()), Arc::new(ManualClock::at(began)));
    let id = Uuid::from_u128(7);
    *ports.key.lock() = Some(ApiKey {
        id,
        tenant: "acme".parse().unwrap(),
        user: "ada".parse().unwrap(),
        name: "a script".to_owned(),
        // SHA-256 of `s3cret`.
        secret_hash: sha256(b"s3cret"),
        hint: "cret".to_owned(),
        groups: ["legal".to_owned()].into(),
        roles: Default::default(),
        created_at: began,
        expires_at: Some(began + TimeDelta::days(30)),
        revoked_at: None,
    });
    let keys = ApiKeys::new(Arc::new(crate::stage::Ada), ports.clone(), clock.clone());
    let text = format!("oct-acme.{}.s3cret", id.simple());
    let principal = keys.authenticate(&text).await.unwrap();
    assert_eq!((principal.user.as_str(), principal.api_key), ("ada", Some(id)));
    assert!(principal.groups.iter().any(|group| group.as_str() == "legal"));
    for wrong in [format!("oct-acme.{}.s3crets", id.simple()), format!("oct-globex.{}.s3cret", id.simple())] {
        assert!(matches!(keys.authenticate(&wrong).await, Err(AuthenticateError::Invalid(_))), "{wrong}");
    }
    clock.set(began + TimeDelta::days(30) - TimeDelta::milliseconds(1));
    assert!(keys.authenticate(&text).await.is_ok());
    clock.set(began + TimeDelta::days(30));
    assert!(matches!(keys.authenticate(&text).await, Err(AuthenticateError::Expired)));
    // Another's token is another's matter.
    assert!(keys.authenticate("a token").await.is_ok());
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).to_vec()
}
