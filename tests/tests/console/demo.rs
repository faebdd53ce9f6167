//! The demonstration: what each page has to show, that a filling which was cut short is completed, that a second one adds
//! nothing, and that nobody else sees any of it.

use local_emulator::demo::{HOST, TENANT};
use local_emulator::{Options, TokenRequest};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use octavo_testing::engines;
use octavo_tests::{Person, World, asked};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// The pictures that the README shows.
const README_SHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/screenshots");

/// A filling on a busy machine, in a debug build.
const WITHIN: Duration = Duration::from_secs(400);

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_has_something_for_every_page_and_is_filled_once() {
    let world = World::with(Options { demo: true, ..Options::default() }).await;
    let page = world.stranger().get("/").await.expect(200);
    let page = String::from_utf8_lossy(&page.bytes).into_owned();
    assert!(page.contains("octavo-identity") && page.contains("&quot;mira&quot;"), "the console opens as {HOST}");

    // The first one is cut short among the documents, the second goes on there.
    let begun = Arc::new(Notify::new());
    let tells = begun.clone();
    let first = tokio::spawn(world.emulator.demo(move |made| {
        if made.ends_with("people") {
            tells.notify_one();
        }
    }));
    timeout(WITHIN, begun.notified()).await.expect("people are made");
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()), "it was not done yet");
    let said = fill(&world).await;
    assert!(said.iter().any(|made| made.ends_with("documents and versions of them")), "{said:?}");

    let host = host(&world);
    let seen = seen(&host).await;
    // Each page has something, and of the kinds that it tells apart.
    for (what, least) in [
        ("people", 11),
        ("documents", 50),
        ("documents changed", 15),
        ("search: frost", 8),
        ("search: Kündigung", 1),
        ("approvals that wait for the host", 4),
        ("approvals that the host asked for", 1),
        ("approvals that are decided", 3),
        ("substitutions", 2),
        ("state machines", 8),
        ("executions RUNNING", 7),
        ("executions SUCCEEDED", 3),
        ("executions FAILED", 1),
        ("AI calls", 600),
        ("AI calls answered by the cache", 60),
        ("AI models", 6),
        ("AI users", 8),
        ("generations that are done", 1),
        ("inbox, unread", 3),
        ("inbox, read", 3),
        ("messages that failed", 1),
        ("addresses that bounced", 1),
        ("synonyms", 6),
        ("saved searches", 2),
    ] {
        assert!(seen.get(what).is_some_and(|count| *count >= least), "{what}: at least {least} in {seen:#?}");
    }
    let budgets = host.get("/v1/ai/budgets").await.expect(200).json();
    let month = budgets.as_array().unwrap().iter().find(|line| line["name"].as_str().unwrap().starts_with("month:"));
    let dollars = |member: &str| month.unwrap()[member].as_str().unwrap().parse::<f64>().unwrap();
    // Early in a month little of it is used.
    assert!(dollars("dollars") > 0.0 && dollars("dollars_max") - dollars("dollars") < 40.0, "{budgets:#}");
    let mails = world.emulator.sent().messages(&Default::default());
    assert!(mails.iter().any(|sent| sent.provider == "twilio"), "an alarm goes to the telephone");
    assert!(mails.iter().any(|sent| sent.refused.is_some()), "a provider refuses one");

    // Whoever fills it again finds it full.
    assert_eq!(fill(&world).await, Vec::<String>::new());
    let again = self::seen(&host).await;
    let still = ["people", "documents", "state machines", "approvals that the host asked for", "substitutions"];
    for what in still.into_iter().chain(["saved searches", "generations that are done"]) {
        assert_eq!(again[what], seen[what], "{what}");
    }
    nobody_else_sees_it(&world).await;
}

async fn fill(world: &World) -> Vec<String> {
    let said = Arc::new(Mutex::new(Vec::new()));
    let tells = said.clone();
    let filling = world.emulator.demo(move |made| {
        println!("{made}");
        tells.lock().push(made.to_owned());
    });
    timeout(WITHIN, filling).await.expect("it is filled in time").expect("all of it can be made");
    let said = said.lock();
    said.clone()
}

fn host(world: &World) -> Person {
    let groups = ["everyone", "management", "board", "finance", "editors"];
    let mut request = TokenRequest::new(TENANT, HOST).in_groups(&groups);
    request.roles = vec!["admin".to_owned(), "workflows".to_owned()];
    world.holding(&request)
}

/// What the pages show, counted through the APIs that they ask.
async fn seen(host: &Person) -> BTreeMap<&'static str, usize> {
    let mut seen = BTreeMap::new();
    let ask = async |path: &str| host.get(path).await.expect(200).json();
    let all = |body: &Value, name: &str| body[name].as_array().cloned().unwrap_or_default();
    seen.insert("people", all(&ask("/v1/people").await, "people").len());

    let (mut documents, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ask(&format!("/v1/documents?limit=100{cursor}")).await;
        documents.extend(all(&page, "documents"));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    // Workflows and generations write further ones, in their time.
    documents.retain(|one| one["metadata"]["demo"].is_string());
    let names: BTreeSet<String> = documents.iter().map(|one| one["metadata"]["demo"].to_string()).collect();
    assert_eq!(names.len(), documents.len(), "each is made once");
    seen.insert("documents", documents.len());
    seen.insert("documents changed", documents.iter().filter(|one| one["version"].as_u64() > Some(1)).count());
    for (what, words) in [("search: frost", "frost"), ("search: Kündigung", "K%C3%BCndigung")] {
        seen.insert(what, all(&ask(&format!("/v1/search?q={words}&limit=50")).await, "hits").len());
    }

    for (what, query) in [
        ("approvals that wait for the host", "box=to_decide&open=true"),
        ("approvals that the host asked for", "box=requested"),
        ("approvals that are decided", "box=all&open=false"),
    ] {
        seen.insert(what, all(&ask(&format!("/v1/approvals?{query}")).await, "approvals").len());
    }
    seen.insert("substitutions", all(&ask("/v1/substitutions?user=*").await, "substitutions").len());
    let machines = host.request(reqwest::Method::POST, "/v1/states").body("{}");
    let machines = machines
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "AWSStepFunctions.ListStateMachines");
    seen.insert("state machines", all(&host.send(machines).await.expect(200).json(), "stateMachines").len());
    for (what, status) in
        [("executions RUNNING", "RUNNING"), ("executions SUCCEEDED", "SUCCEEDED"), ("executions FAILED", "FAILED")]
    {
        seen.insert(what, all(&ask(&format!("/v1/executions?status={status}")).await, "executions").len());
    }

    let month_ago = SystemClock.now().date_naive() - chrono::TimeDelta::days(45);
    let usage = ask(&format!("/v1/ai/usage?from={month_ago}&by=model,user")).await;
    let count = |name: &str| usize::try_from(usage["total"][name].as_u64().unwrap_or(0)).expect("a count fits");
    seen.insert("AI calls", count("calls"));
    seen.insert("AI calls answered by the cache", count("cache_hits"));
    for (what, member) in [("AI models", "model"), ("AI users", "user")] {
        let named = all(&usage, "rows").iter().map(|row| row[member].to_string()).collect::<BTreeSet<_>>();
        seen.insert(what, named.len());
    }
    let generations = all(&ask("/v1/generations").await, "generations");
    seen.insert("generations that are done", generations.iter().filter(|one| one["status"] == "done").count());

    let inbox = all(&ask("/v1/inbox?limit=100").await, "notifications");
    let read = inbox.iter().filter(|one| one["read_at"].is_string()).count();
    seen.insert("inbox, read", read);
    seen.insert("inbox, unread", inbox.len() - read);
    let failed = ask("/v1/notification-messages?status=failed").await;
    seen.insert("messages that failed", all(&failed, "messages").len());
    let bounced = all(&ask("/v1/notification-suppressions").await, "suppressions");
    seen.insert("addresses that bounced", bounced.iter().filter(|one| one["why"] == "bounce").count());

    seen.insert("synonyms", all(&ask("/v1/search/synonyms").await, "equivalents").len());
    seen.insert("saved searches", all(&ask("/v1/search/saved").await, "saved").len());
    seen
}

async fn nobody_else_sees_it(world: &World) {
    let mut request = TokenRequest::new("acme", HOST).in_groups(&["everyone", "management", "board", "legal"]);
    request.roles = vec!["admin".to_owned(), "workflows".to_owned()];
    let stranger = world.holding(&request);
    for (path, name) in [
        ("/v1/documents", "documents"),
        ("/v1/search?q=frost", "hits"),
        ("/v1/people", "people"),
        ("/v1/approvals?box=all", "approvals"),
        ("/v1/substitutions?user=*", "substitutions"),
        ("/v1/executions", "executions"),
        ("/v1/notifications", "notifications"),
        ("/v1/notification-messages", "messages"),
        ("/v1/inbox", "notifications"),
        ("/v1/generations", "generations"),
        ("/v1/search/saved", "saved"),
    ] {
        let body = stranger.get(path).await.expect(200).json();
        assert_eq!(body[name].as_array().map(Vec::len), Some(0), "{path}: {body:#}");
    }
    let usage = stranger.get("/v1/ai/usage").await.expect(200).json();
    assert_eq!(usage["total"]["calls"], 0, "{usage:#}");
    assert_eq!(stranger.get("/v1/ai/policy").await.expect(200).json()["revision"], 0);
}

/// The README's tour, step by step as it is written there. With `OCTAVO_WRITE_SCREENSHOTS=1` its pictures are written.
#[tokio::test(flavor = "multi_thread")]
async fn the_tour_of_the_readme_goes_as_it_is_written_in_the_browser() {
    let chromium = engines::real("Chromium", "OCTAVO_TEST_CHROMIUM");
    let clients = engines::real("Node clients, for Chromium", "OCTAVO_TEST_NODE_CLIENTS");
    let (Some(chromium), Some(clients)) = (chromium, clients) else { return };
    let shots = if asked("OCTAVO_WRITE_SCREENSHOTS").is_some() { README_SHOTS } else { super::SHOTS };
    std::fs::create_dir_all(shots).expect("the folder of pictures can be made");
    let world = World::with(Options { demo: true, ..Options::default() }).await;
    fill(&world).await;
    let settings = json!({ "url": world.emulator.url(), "chromium": chromium, "shots": shots });
    super::script("console_tour.mjs", &settings, &clients).await;
}
