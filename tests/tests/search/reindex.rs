//! A new version of the index while the platform is used.

use local_emulator::SearchEngine;
use octavo_adapters_elasticsearch::reindex::{Event, Phase, Ran};
use octavo_adapters_elasticsearch::{Reindex, ReindexSettings};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_tests::World;
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::Arc;

pub(crate) async fn reindex(world: &World) -> Reindex {
    let SearchEngine { options, aliasing, truth, generations } = world.emulator.search_engine().unwrap();
    let settings = ReindexSettings::default().waits_for(&options, aliasing);
    Reindex::new(options, settings, Arc::new(SystemClock), Arc::new(SystemIds), Some(generations)).with_truth(truth)
}

fn on(_: Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_made_anew_while_it_is_used_and_the_way_back_shows_nobody_what_they_lost() {
    let world = World::start().await;
    let (ada, grace) = (world.person("acme", "ada"), world.person("acme", "grace"));
    let plan = ada.writes("Plan", "A marmalade of tangerines.").await;
    let gone = ada.writes("Draft", "A marmalade of nettles.").await;
    ada.shares(&plan, "user:grace", "viewer").await;
    grace.comes_to_find("marmalade", &[&plan]).await;
    ada.comes_to_find("marmalade", &[&plan, &gone]).await;

    // Documents come, go and are read meanwhile.
    let reindexing = reindex(&world).await;
    let meanwhile = async {
        let mut made = Vec::new();
        for n in 0..10 {
            made.push(ada.writes(&format!("Recipe {n}"), "A chutney of quinces.").await);
            assert_eq!(grace.finds("marmalade").await, [plan.as_str()], "it is found at all times");
        }
        ada.delete(&format!("/v1/documents/{gone}")).await.expect(204);
        made
    };
    let (ran, made) = tokio::join!(reindexing.run(&on), meanwhile);
    let Ran::Kept(state) = ran.unwrap() else { panic!("it is over") };
    assert!(matches!(state.phase, Phase::Kept { .. }), "{state:?}");
    let made: Vec<&str> = made.iter().map(String::as_str).collect();
    ada.comes_to_find("chutney", &made).await;
    assert_eq!(ada.finds("marmalade").await, [plan.as_str()], "what was deleted meanwhile does not come back");

    // She loses it after the swap, and the old index is read again.
    ada.delete(&format!("/v1/documents/{plan}/shares/user:grace")).await;
    let late = ada.writes("Late", "A relish of rhubarb.").await;
    ada.comes_to_find("rhubarb", &[&late]).await;
    reindex(&world).await.roll_back(&on).await.unwrap();
    assert_eq!(grace.finds("marmalade").await, [""; 0]);
    ada.comes_to_find("rhubarb", &[&late]).await;
    ada.comes_to_find("chutney", &made).await;

    // Forward again, for good.
    reindex(&world).await.run(&on).await.unwrap();
    let Ran::Ended { index, .. } = reindex(&world).await.finish(&on).await.unwrap() else { panic!("it is kept") };
    assert_eq!(index, state.target);
    let after = ada.writes("After", "A compote of medlars.").await;
    ada.comes_to_find("medlars", &[&after]).await;
    assert_eq!(grace.finds("marmalade").await, [""; 0]);
    assert_eq!(ada.post("/v1/search", json!({"text": "chutney"})).await.expect(200).json()["total"]["value"], 10);
}
