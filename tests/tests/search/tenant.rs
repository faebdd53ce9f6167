//! What a tenant has of search, over HTTP: synonyms, saved searches that tell, analytics.

use octavo_tests::{Person, World, eventually};
use reqwest::Method;
use serde_json::{Value, json};

async fn set_synonyms(root: &Person, tag: &str, rules: &Value) -> octavo_tests::Answer {
    let request = root.request(Method::PUT, "/v1/search/synonyms").header("if-match", tag);
    root.send(request.json(rules)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn synonyms_of_a_tenant_are_used_by_its_next_search_and_by_no_other_tenants() {
    let world = World::start().await;
    let (ada, root) = (world.person("acme", "ada"), world.with_roles("acme", "root", &["admin"]));
    let eve = world.person("evil", "eve");
    let cluster = ada.writes("Kubernetes handbook", "How the cluster is run.").await;
    let fleet = ada.writes("Fleet", "Every motor vehicle has a log book.").await;
    let theirs = eve.writes("Kubernetes of evil", "Theirs.").await;
    ada.comes_to_find("cluster", &[&cluster]).await;
    ada.comes_to_find("log book", &[&fleet]).await;
    eve.comes_to_find("kubernetes", &[&theirs]).await;
    assert_eq!((ada.finds("k8s").await.len(), ada.finds("car").await.len()), (0, 0));

    ada.get("/v1/search/synonyms").await.expect_problem(403, "SEARCH_0011", "");
    let read = root.get("/v1/search/synonyms").await.expect(200);
    assert_eq!(read.header("etag"), "\"r0\"");
    let rules = json!({
        "equivalents": [["car", "automobile", "motor vehicle"]],
        "one_way": [{"from": "K8s", "to": ["kubernetes"]}],
    });
    let set = set_synonyms(&root, "\"r0\"", &rules).await.expect(200);
    assert_eq!((set.header("etag"), &set.json()["one_way"][0]["from"]), ("\"r1\"", &json!("k8s")));
    // The very next search, although what it finds without them was kept a moment ago.
    assert_eq!(ada.finds("k8s").await, [cluster.as_str()]);
    assert_eq!(ada.finds("car").await, [fleet.as_str()]);
    assert_eq!(ada.finds("Automobile").await, [fleet.as_str()]);
    assert!(eve.finds("k8s").await.is_empty(), "another tenant says it otherwise");

    set_synonyms(&root, "\"r0\"", &rules).await.expect_problem(412, "SEARCH_0012", "header:If-Match");
    root.put("/v1/search/synonyms", json!({})).await.expect_problem(428, "SEARCH_0013", "header:If-Match");
    let wrong = json!({"equivalents": [["alone"]]});
    set_synonyms(&root, "\"r1\"", &wrong).await.expect_problem(422, "SEARCH_0001", "equivalents[0]");
    set_synonyms(&root, "\"r1\"", &json!({})).await.expect(200);
    assert!(ada.finds("k8s").await.is_empty(), "what was taken away is not used any more");
}

/// What is new in a saved search, as running it says.
async fn new_in(person: &Person, id: &str) -> Vec<String> {
    let ran = person.post(&format!("/v1/search/saved/{id}/run"), json!({})).await.expect(200).json();
    ran["new"].as_array().unwrap().iter().map(|new| new["title"].as_str().unwrap().to_owned()).collect()
}

/// The titles of what somebody was told by saved searches.
async fn told(person: &Person) -> Vec<String> {
    let inbox = person.get("/v1/inbox").await.expect(200).json();
    let of_searches = inbox["notifications"].as_array().unwrap().iter();
    let of_searches = of_searches.filter(|notification| notification["category"] == "search.found");
    of_searches.map(|notification| notification["title"].as_str().unwrap().to_owned()).collect()
}

async fn save(person: &Person, name: &str, text: &str, notify: &str) -> String {
    let body = json!({"name": name, "search": {"text": text}, "notify": notify});
    let saved = person.post("/v1/search/saved", body).await.expect(201);
    let id = saved.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(saved.header("location"), format!("/v1/search/saved/{id}"));
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_search_tells_of_each_document_once_and_only_of_what_its_owner_may_read() {
    let world = World::start().await;
    let (ada, bob) = (world.person("acme", "ada"), world.person("acme", "bob"));
    let eve = world.person("evil", "ada");
    let old = bob.writes("Old lease", "A lease of long ago.").await;
    bob.shares(&old, "user:ada", "viewer").await;
    ada.comes_to_find("lease", &[&old]).await;
    let id = save(&ada, "Leases", "lease", "weekly").await;
    assert_eq!(new_in(&ada, &id).await, [""; 0], "what was there before is not new");

    let mine = ada.writes("My lease", "A lease of the office.").await;
    let hers = bob.writes("Bob's lease", "A lease that nobody else may see.").await;
    bob.comes_to_find("lease", &[&old, &hers]).await;
    ada.comes_to_find("lease", &[&old, &mine]).await;
    assert_eq!(new_in(&ada, &id).await, ["My lease"]);
    assert_eq!(new_in(&ada, &id).await, [""; 0]);
    bob.shares(&hers, "user:ada", "viewer").await;
    ada.comes_to_find("lease", &[&old, &mine, &hers]).await;
    assert_eq!(new_in(&ada, &id).await, ["Bob's lease"], "it is new to her since it was shared");
    bob.delete(&format!("/v1/documents/{hers}/shares/user:ada")).await;
    bob.shares(&hers, "user:ada", "viewer").await;
    ada.comes_to_find("lease", &[&old, &mine, &hers]).await;
    assert_eq!(new_in(&ada, &id).await, [""; 0], "each is told once");
    eventually("ada is told of both in her inbox", || async {
        let mut told = told(&ada).await;
        told.sort();
        (told == ["Leases: Bob's lease", "Leases: My lease"]).then_some(())
    })
    .await;

    // Nobody else's, in no tenant.
    let path = format!("/v1/search/saved/{id}");
    for other in [&bob, &eve] {
        other.get(&path).await.expect_problem(404, "SEARCH_0010", "");
        other.post(&format!("{path}/run"), json!({})).await.expect_problem(404, "SEARCH_0010", "");
        other.delete(&path).await.expect_problem(404, "SEARCH_0010", "");
        assert_eq!(other.get("/v1/search/saved").await.expect(200).json()["saved"], json!([]));
    }
    assert_eq!(ada.get(&path).await.expect(200).json()["told"], 2);
    ada.delete(&path).await.expect(204);
    ada.get(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_search_runs_by_itself_when_something_is_found() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let id = save(&ada, "Kumquats", "kumquat", "as_found").await;
    let (first, second) = tokio::join!(ada.writes("One", "A kumquat."), ada.writes("Two", "Another kumquat."));
    ada.comes_to_find("kumquat", &[&first, &second]).await;
    eventually("ada is told without running it", || async {
        let told = told(&ada).await;
        (!told.is_empty()).then_some(told)
    })
    .await;
    let saved = ada.get(&format!("/v1/search/saved/{id}")).await.expect(200).json();
    assert_eq!((&saved["told"], saved["last_run_at"].is_string()), (&json!(2), true), "{saved}");
    assert_eq!(new_in(&ada, &id).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_learn_what_is_looked_for_and_not_found() {
    let world = World::start().await;
    let (ada, root) = (world.person("acme", "ada"), world.with_roles("acme", "root", &["admin"]));
    let document = ada.writes("Holiday plan", "Where everybody is in August.").await;
    ada.comes_to_find("august", &[&document]).await;
    let search = async |text: &str| ada.post("/v1/search", json!({"text": text})).await.expect(200).json();
    let found = search("Holiday  PLAN").await;
    search("pension scheme").await;
    search("pension scheme").await;
    let click = |id: &Value, position: u32| json!({"search_id": id, "document": document, "position": position});
    for _ in 0..2 {
        ada.post("/v1/search/clicks", click(&found["search_id"], 1)).await.expect(204);
    }
    let bob = world.person("acme", "bob");
    bob.post("/v1/search/clicks", click(&found["search_id"], 1)).await.expect_problem(422, "SEARCH_0014", "search_id");
    ada.post("/v1/search/clicks", click(&found["search_id"], 0)).await.expect_problem(422, "EDGE_0002", "position");

    ada.get("/v1/search/analytics").await.expect_problem(403, "SEARCH_0011", "");
    let of = |list: &Value, text: &str| list.as_array().unwrap().iter().find(|one| one["text"] == text).cloned();
    let report = eventually("both searches are counted", || async {
        let report = root.get("/v1/search/analytics").await.expect(200).json();
        let counted =
            of(&report["top"], "holiday plan").is_some() && of(&report["without_results"], "pension scheme").is_some();
        counted.then_some(report)
    })
    .await;
    let plan = of(&report["top"], "holiday plan").unwrap();
    assert_eq!((&plan["searches"], &plan["clicked"], &plan["mean_position"]), (&json!(1), &json!(1), &json!(1.0)));
    // Searched twice within a second by one person it is one that is being typed.
    let pension = of(&report["without_results"], "pension scheme").unwrap();
    assert!(pension["searches"] == 1 || pension["searches"] == 2, "{pension}");
    assert_eq!(pension["without_results"], pension["searches"]);
    assert!(!report["days"].as_array().unwrap().is_empty(), "{report}");
    assert!(!report.to_string().contains("ada"), "nobody is named: {report}");
    let evil = world.with_roles("evil", "root", &["admin"]);
    assert_eq!(evil.get("/v1/search/analytics").await.expect(200).json()["totals"]["searches"], 0);
}
