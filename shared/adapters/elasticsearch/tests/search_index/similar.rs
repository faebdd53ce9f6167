//! Documents like another one.

use crate::bench::{Bench, id};
use octavo_domain_search::{Scope, SearchIndex};

/// The numbers of what is like `n`; none if it is not there.
async fn like(bench: &Bench, scope: &Scope, n: u64) -> Option<Vec<u64>> {
    let hits = bench.index.similar(scope, id(n), 5).await.unwrap()?;
    Some(hits.iter().map(|hit| u64::try_from(hit.id.0.as_u128()).unwrap()).collect())
}

pub(crate) async fn what_says_the_same_is_alike(bench: &Bench) {
    // How rare a word is decides what is looked for.
    let bench = &bench.in_one_shard();
    let mut secret = bench.entry(4, "Bridge of the enemy", "suspension bridges, steel cables and rivets");
    secret.readers = vec!["user:eve".parse().unwrap()];
    bench
        .put([
            bench.entry(1, "Suspension bridges", "steel cables carry the deck of suspension bridges"),
            bench.entry(2, "Bridges and cables", "how steel cables of suspension bridges are made"),
            bench.entry(3, "Bread", "flour, water, salt and much patience"),
            secret,
            bench.entry(5, "More bread", "flour and water with salt"),
        ])
        .await;
    let ada = bench.scope("ada");
    assert_eq!(like(bench, &ada, 1).await, Some(vec![2]));
    assert_eq!(like(bench, &ada, 3).await, Some(vec![5]));
    // Whoever may not read it is not even told that it is there.
    assert_eq!(like(bench, &ada, 4).await, None);
    assert_eq!(like(bench, &ada, 99).await, None);
    let hits = bench.index.similar(&ada, id(1), 5).await.unwrap().unwrap();
    assert!(hits[0].score.is_some_and(|score| score > 0.0) && hits[0].highlights.is_empty(), "{hits:?}");
    let mut hidden = ada.clone();
    hidden.hidden = vec![id(2)];
    assert_eq!(like(bench, &hidden, 1).await, Some(vec![]));
    assert_eq!(like(bench, &hidden, 2).await, None);
    let mut other = ada.clone();
    other.tenant = "somebody-else".parse().unwrap();
    assert_eq!(like(bench, &other, 1).await, None);
}
