//! The contract of [`AnswerStore`].

use super::eventually::eventually;
use crate::build::tenant;
use crate::ids::unique;
use bytes::Bytes;
use futures::future::join_all;
use octavo_domain_ai::ports::{AnswerStore, Claim, Found};
use octavo_domain_kernel::CacheKey;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// Runs out soon.
const BRIEF: Duration = Duration::from_millis(40);
/// Does not run out before it is renewed.
const RENEWED: Duration = Duration::from_secs(5);

fn key() -> CacheKey {
    CacheKey::new(&tenant(), "ai", &unique().to_string())
}

async fn claimed(answers: &impl AnswerStore, key: &CacheKey, token: &str, lease: Duration) -> Claim {
    match answers.find_or_claim(key, token, lease).await.unwrap() {
        Found::Claimed(claim) => claim,
        other => panic!("expected the claim, got {other:?}"),
    }
}

/// Judges an answer store. `make` gives a handle; all handles are on the same store.
pub async fn answers<A: AnswerStore, F: Future<Output = A>>(make: impl Fn() -> F) {
    kept_and_forgotten(&make().await, &make().await).await;
    one_finds_it(&make().await, &make().await).await;
    one_claim_among_many(&make).await;
    a_lost_lease(&make().await, &make().await).await;
    tenants_are_apart(&make().await).await;
}

async fn kept_and_forgotten(first: &impl AnswerStore, second: &impl AnswerStore) {
    let key = key();
    assert_eq!(first.peek(&key).await.unwrap(), None, "nothing was kept yet");
    // Any bytes come back as they were: also none, NUL, what is not UTF-8, and what looks like a number.
    for answer in [
        Bytes::from_static(b""),
        Bytes::from_static(b"1"),
        Bytes::from_static(b"\0\r\n\xff"),
        Bytes::from(vec![7; 1 << 20]),
    ] {
        let claim = Claim { key: key.clone(), token: "t".to_owned() };
        first.fulfil(&claim, answer.clone(), MINUTE).await.unwrap();
        assert_eq!(second.peek(&key).await.unwrap().as_ref(), Some(&answer));
        assert_eq!(second.find_or_claim(&key, "b", MINUTE).await.unwrap(), Found::Kept(answer));
    }
    let claim = Claim { key: key.clone(), token: "t".to_owned() };
    first.fulfil(&claim, Bytes::from_static(b"brief"), BRIEF).await.unwrap();
    eventually("an answer is forgotten after its time", async || second.peek(&key).await.unwrap().is_none()).await;
    claimed(second, &key, "b", MINUTE).await;
    // Less than a millisecond is kept for one.
    first.fulfil(&claim, Bytes::from_static(b"brief"), Duration::from_micros(1)).await.unwrap();
}

async fn one_finds_it(first: &impl AnswerStore, second: &impl AnswerStore) {
    let key = key();
    let claim = claimed(first, &key, "a", MINUTE).await;
    assert_eq!((&claim.key, claim.token.as_str()), (&key, "a"));
    assert_eq!(second.find_or_claim(&key, "b", MINUTE).await.unwrap(), Found::UnderWay);
    assert_eq!(second.peek(&key).await.unwrap(), None);
    assert_eq!(claimed(first, &key, "a", MINUTE).await, claim, "who asks again has it still: an answer may get lost");
    assert!(first.renew(&claim, MINUTE).await.unwrap());

    let other = Claim { key: key.clone(), token: "b".to_owned() };
    assert!(!second.renew(&other, MINUTE).await.unwrap(), "not its holder");
    second.release(&other).await.expect("not being the holder is no error");
    assert_eq!(second.find_or_claim(&key, "b", MINUTE).await.unwrap(), Found::UnderWay, "only its holder gives it up");

    first.release(&claim).await.unwrap();
    let claim = claimed(second, &key, "b", MINUTE).await;
    assert!(!first.renew(&Claim { token: "a".to_owned(), ..claim.clone() }, MINUTE).await.unwrap(), "given up");
    second.fulfil(&claim, Bytes::from_static(b"found"), BRIEF).await.unwrap();
    assert!(!second.renew(&claim, MINUTE).await.unwrap(), "the claim went with the answer");
    eventually("an answer is forgotten after its time", async || first.peek(&key).await.unwrap().is_none()).await;
    claimed(first, &key, "c", MINUTE).await;
}

async fn one_claim_among_many<A: AnswerStore, F: Future<Output = A>>(make: &impl Fn() -> F) {
    let (key, handles) = (key(), [make().await, make().await]);
    let asked = join_all((0..50).map(|asker| {
        let (key, handle) = (&key, &handles[asker % 2]);
        async move { handle.find_or_claim(key, &asker.to_string(), MINUTE).await.unwrap() }
    }));
    let (mut claims, mut waiting) = (Vec::new(), 0);
    for found in asked.await {
        match found {
            Found::Claimed(claim) => claims.push(claim),
            Found::UnderWay => waiting += 1,
            Found::Kept(_) => panic!("nothing is kept"),
        }
    }
    assert_eq!((claims.len(), waiting), (1, 49));
    let waiters = join_all((0..49).map(|waiter| {
        let (key, handle) = (&key, &handles[waiter % 2]);
        eventually("a waiter gets the answer", async || {
            handle.peek(key).await.unwrap().as_deref() == Some(&b"for all"[..])
        })
    }));
    let (_, fulfilled) = tokio::join!(waiters, handles[0].fulfil(&claims[0], Bytes::from_static(b"for all"), MINUTE));
    fulfilled.unwrap();
}

async fn a_lost_lease(first: &impl AnswerStore, second: &impl AnswerStore) {
    let key = key();
    let lost = claimed(first, &key, "a", BRIEF).await;
    let taken = async || matches!(second.find_or_claim(&key, "b", MINUTE).await.unwrap(), Found::Claimed(_));
    eventually("a claim ends by itself", taken).await;
    assert!(!first.renew(&lost, MINUTE).await.unwrap(), "lost");
    first.release(&lost).await.unwrap();
    assert_eq!(first.find_or_claim(&key, "a", MINUTE).await.unwrap(), Found::UnderWay, "it is another's now");
    // What was found is kept all the same, and the other's claim stays the other's.
    first.fulfil(&lost, Bytes::from_static(b"late"), BRIEF).await.unwrap();
    let other = Claim { key: key.clone(), token: "b".to_owned() };
    assert!(second.renew(&other, MINUTE).await.unwrap());
    eventually("the answer is forgotten", async || first.peek(&key).await.unwrap().is_none()).await;
    assert_eq!(first.find_or_claim(&key, "a", MINUTE).await.unwrap(), Found::UnderWay);

    // A renewed one outlives its first lease: that of the witness, which was claimed later for as long.
    let (key, witness) = (self::key(), self::key());
    let claim = claimed(first, &key, "a", RENEWED).await;
    assert!(first.renew(&claim, MINUTE).await.unwrap());
    claimed(first, &witness, "a", RENEWED).await;
    let ended = async |key| matches!(second.find_or_claim(key, "b", MINUTE).await.unwrap(), Found::Claimed(_));
    eventually("the witness ends", async || ended(&witness).await).await;
    assert!(!ended(&key).await, "renewed");
    assert!(first.renew(&claim, BRIEF).await.unwrap());
    eventually("a claim that was renewed for less ends", async || ended(&key).await).await;
}

async fn tenants_are_apart(answers: &impl AnswerStore) {
    let (mine, theirs) = (CacheKey::new(&tenant(), "ai", "same"), CacheKey::new(&tenant(), "ai", "same"));
    let claim = claimed(answers, &mine, "a", MINUTE).await;
    claimed(answers, &theirs, "b", MINUTE).await;
    answers.fulfil(&claim, Bytes::from_static(b"mine"), MINUTE).await.unwrap();
    assert_eq!(answers.peek(&theirs).await.unwrap(), None, "a tenant does not see another's answer");
    assert_eq!(answers.find_or_claim(&theirs, "c", MINUTE).await.unwrap(), Found::UnderWay);
}
