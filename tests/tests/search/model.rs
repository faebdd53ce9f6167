//! Another embedding model, and the index against the database.

use crate::reindex::reindex;
use local_emulator::{Options, SearchEngine};
use octavo_adapters_elasticsearch::check::{Check, CheckSettings, Difference, Report, Stage};
use octavo_adapters_elasticsearch::reindex::{Event, Ran};
use octavo_adapters_system::SystemIds;
use octavo_domain_search::{IndexWrite, SearchIndex};
use octavo_tests::World;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn of_model(data: &Path, name: &str, dimensions: u16) -> Options {
    let set = |what: &str, value: String| (format!("OCTAVO_SEARCH_EMBEDDINGS_{what}"), value);
    let variables = vec![set("MODEL", name.to_owned()), set("DIMENSIONS", dimensions.to_string())];
    Options { data: Some(data.to_owned()), variables, ..Options::default() }
}

async fn check(world: &World, mend: bool) -> Report {
    let SearchEngine { options, truth, generations, .. } = world.emulator.search_engine().unwrap();
    // Longer than a document takes on its way into the index on a busy machine.
    let settings = CheckSettings { settle: Duration::from_secs(20), compare_each: 1, ..CheckSettings::default() };
    let check = Check::new(options, settings, truth, generations, Arc::new(SystemIds));
    check.run(mend, &|_: Stage| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn by_another_model_everything_is_found_by_its_meaning_again_and_nobody_changed_anything() {
    let data = tempfile::tempdir().unwrap();
    let text = "marine whales sanctuary tourism";
    let hybrid = json!({"text": text, "mode": "hybrid"});
    let first = |answer: &Value| answer["hits"][0]["id"].as_str().unwrap_or_default().to_owned();

    let world = World::alone(of_model(data.path(), "words-and-stems", 256)).await;
    let ada = world.person("acme", "ada");
    let whales = ada.writes("Field notes", "A marine biologist counts whales in the fjord.").await;
    ada.writes("Tax return", "Forms are due in spring.").await;
    ada.comes_to_find("whales", &[&whales]).await;
    assert_eq!(first(&ada.post("/v1/search", hybrid.clone()).await.expect(200).json()), whales);
    let before = ada.get(&format!("/v1/documents/{whales}")).await.expect(200).json();
    world.emulator.stop().await;

    // It starts with the index that it has, and finds by words.
    let world = World::alone(of_model(data.path(), "words-and-stems-2", 128)).await;
    let ada = world.person("acme", "ada");
    let answer = ada.post("/v1/search", hybrid.clone()).await.expect(200).json();
    assert_eq!((&answer["hits"], &answer["degraded"]), (&json!([]), &json!("index_without_vectors")), "{answer}");
    let reindexing = reindex(&world).await;
    let begun = std::time::Instant::now();
    let Ran::Kept(state) = reindexing.run(&|_: Event| ControlFlow::Continue(())).await.unwrap() else {
        panic!("it is over")
    };
    println!("reindexed within {:?}", begun.elapsed());
    assert_eq!(state.vectors_asked, 1, "of one tenant: {state:?}");
    octavo_tests::eventually("it is found by its meaning", || async {
        let answer = ada.post("/v1/search", hybrid.clone()).await.expect(200).json();
        (first(&answer) == whales && answer.get("degraded").is_none()).then_some(())
    })
    .await;
    octavo_tests::eventually("no document lacks a vector", || async {
        (reindexing.lacking().await.unwrap() == Some(0)).then_some(())
    })
    .await;
    assert_eq!(ada.get(&format!("/v1/documents/{whales}")).await.expect(200).json(), before);
    let report = check(&world, false).await;
    assert!(report.agrees() && report.documents == 2 && report.vectors_unknown.is_none(), "{report:?}");
    world.emulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_index_lost_is_told_and_sent_again_while_people_write() {
    let world = World::start().await;
    let (ada, grace) = (world.person("acme", "ada"), world.person("globex", "grace"));
    let plan = ada.writes("Plan", "A marmalade of tangerines.").await;
    let other = grace.writes("Other", "A relish of rhubarb.").await;
    ada.comes_to_find("marmalade", &[&plan]).await;
    grace.comes_to_find("rhubarb", &[&other]).await;
    let sound = check(&world, false).await;
    assert!(sound.agrees() && (sound.documents, sound.tenants) == (2, 2), "{sound:?}");

    // The index loses one as nothing of ours would: by a removal at the very revision.
    let engine = world.emulator.search_engine().unwrap();
    let index = octavo_adapters_elasticsearch::ElasticsearchIndex::new(engine.options, Arc::new(SystemIds));
    let (tenant, id) = ("acme".parse().unwrap(), plan.parse().unwrap());
    let known = &engine.truth.known(&tenant, &[id]).await.unwrap()[0];
    // The engine takes a removal of a later revision only, so it stands beyond what is true until the document changes.
    index.write(vec![IndexWrite::Remove { tenant, id, revision: known.revision + 1 }]).await.remove(0).unwrap();
    let writing = async {
        for n in 0..6 {
            ada.writes(&format!("Recipe {n}"), "A chutney of quinces.").await;
        }
    };
    let (report, ()) = tokio::join!(check(&world, false), writing);
    let missing = &report.differing[&Difference::Missing];
    assert_eq!((missing.ids.as_slice(), report.differing.len()), (&[format!("acme:{plan}")][..], 1), "{report:?}");
    // Shared, it is at that revision and beyond.
    ada.shares(&plan, "user:grace", "viewer").await;
    ada.shares(&plan, "user:alan", "viewer").await;
    ada.comes_to_find("marmalade", &[&plan]).await;
    let report = check(&world, true).await;
    assert!(report.agrees(), "{report:?}");
}
