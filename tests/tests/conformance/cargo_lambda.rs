//! `cargo lambda`: its `invoke` takes the emulator for AWS Lambda, and our functions run unchanged under its `watch`,
//! which knows the routes by the same table of the workspace.

use crate::program::{Running, Said, run};
use local_emulator::{AUDIENCE, ISSUER};
use octavo_testing::engines;
use octavo_tests::{Person, World};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

const VARIABLE: &str = "OCTAVO_TEST_CARGO_LAMBDA";

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What API Gateway would send for `GET path?query`.
fn event(path: &str, query: &str, token: Option<&str>) -> String {
    let headers = token.map_or_else(|| json!({}), |token| json!({"authorization": format!("Bearer {token}")}));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {"requestId": "request-1", "http": {"method": "GET", "path": path, "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": false
    })
    .to_string()
}

async fn invoke(program: &str, port: u16, function: &str, data: &str) -> Said {
    let port = port.to_string();
    let arguments = ["lambda", "invoke", function, "--invoke-address", "127.0.0.1", "-P", &port, "--data-ascii", data];
    run(program, &arguments, "").await
}

/// What the function answered, and the body of that.
fn answer(said: &Said) -> (Value, Value) {
    assert!(said.succeeded, "{said:?}");
    let answer: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("no JSON: {said:?}"));
    let body = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
    (answer, body)
}

fn is_refused_without_a_token(said: &Said) {
    let (answer, problem) = answer(said);
    assert_eq!((&answer["statusCode"], &problem["status"]), (&json!(401), &json!(401)), "{answer}");
    assert_eq!(answer["headers"]["content-type"], "application/problem+json", "{answer}");
    assert_eq!(problem["request_id"], "request-1", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invoke_takes_the_emulator_for_aws_lambda() {
    let Some(program) = engines::real("cargo-lambda", VARIABLE) else { return };
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let document = ada.writes("Travel policy", "Never by helicopter.").await;
    ada.comes_to_find("helicopter", &[&document]).await;
    let port = world.emulator.lambda().address().port();

    is_refused_without_a_token(&invoke(&program, port, "search", &event("/v1/search", "q=helicopter", None)).await);
    let token = Some(ada.token());
    let (found, hits) = answer(&invoke(&program, port, "search", &event("/v1/search", "q=helicopter", token)).await);
    assert_eq!((&found["statusCode"], &hits["hits"][0]["id"]), (&json!(200), &json!(document)), "{found}");
    let path = format!("/v1/documents/{document}");
    let (read, body) = answer(&invoke(&program, port, "documents", &event(&path, "", token)).await);
    assert_eq!((&read["statusCode"], &body["title"]), (&json!(200), &json!("Travel policy")), "{read}");

    // Its errors are AWS's: it reads them, and shows them as such.
    let unknown = invoke(&program, port, "nonsense", "{}").await;
    assert!(!unknown.succeeded && unknown.stderr.contains("ResourceNotFoundException"), "{unknown:?}");
    let fails = invoke(&program, port, "search", "[]").await;
    let fault: Value = serde_json::from_str(&fails.stdout).unwrap_or_default();
    assert!(fault["errorType"].is_string() && fault["errorMessage"].is_string(), "{fails:?}");
}

/// `cargo lambda watch` and functions of ours that it serves. Its own part is judged, not its build: the functions are
/// those that the emulator has built, with the environment that it asks for.
struct Watched {
    _functions: Vec<Running>,
    _watch: Running,
    port: u16,
    client: reqwest::Client,
    folder: tempfile::TempDir,
}

impl Watched {
    async fn start(program: &str, world: &World, functions: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let watch = |port: u16| {
            let mut command = Command::new(program);
            command.args([
                "lambda",
                "watch",
                "--only-lambda-apis",
                "--ignore-changes",
                "--invoke-address",
                "127.0.0.1",
            ]);
            command.args(["--invoke-port", &port.to_string()]).current_dir(WORKSPACE);
            command
        };
        let (watch, port) = Running::listening(watch, &folder.path().join("watch.log")).await;
        let function = |name: &&str| {
            let mut command = Command::new(binary(name));
            command.envs(environment(world)).current_dir(folder.path());
            command.env("AWS_LAMBDA_RUNTIME_API", format!("http://127.0.0.1:{port}/.rt/{name}"));
            command.env("AWS_LAMBDA_FUNCTION_NAME", name).env("AWS_LAMBDA_FUNCTION_VERSION", "1");
            command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
            Running::start(command, &folder.path().join(format!("{name}.log")))
        };
        let functions = functions.iter().map(function).collect();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client can be made");
        Self { _functions: functions, _watch: watch, port, client, folder }
    }

    async fn get(&self, path: &str, person: &Person) -> reqwest::Response {
        let mut request = self.client.get(format!("http://127.0.0.1:{}{path}", self.port));
        if !person.token().is_empty() {
            request = request.bearer_auth(person.token());
        }
        request.send().await.unwrap_or_else(|error| panic!("{path}: {error}; {}", self.logs()))
    }

    fn logs(&self) -> String {
        let logs =
            std::fs::read_dir(self.folder.path()).expect("the folder is there").flatten().map(|entry| entry.path());
        logs.map(|path| format!("{}:\n{}\n", path.display(), std::fs::read_to_string(&path).unwrap_or_default()))
            .collect()
    }
}

/// A function's binary: built by the emulator beside this test.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    test.parent().and_then(Path::parent).expect("a test lies in PROFILE/deps").join(name)
}

/// The world's engines, as production's environment would name its own.
fn environment(world: &World) -> Vec<(&'static str, String)> {
    let addresses = world.emulator.addresses();
    let address = |name: &str| addresses.iter().find(|(known, _)| *known == name).expect("it runs").1.clone();
    vec![
        ("OCTAVO_DATABASE_URL", address("PostgreSQL")),
        ("OCTAVO_REDIS_URL", address("Redis")),
        ("OCTAVO_ELASTICSEARCH_URL", address("Elasticsearch")),
        ("OCTAVO_TOKENS_ISSUER", ISSUER.to_owned()),
        ("OCTAVO_TOKENS_AUDIENCE", AUDIENCE.to_owned()),
        ("OCTAVO_TOKENS_JWKS_URL", format!("{}/.well-known/jwks.json", world.emulator.url())),
        ("OCTAVO_CURSOR_KEY", "0123456789abcdef".repeat(4)),
        // Nothing is read from or written to blobs here.
        ("OCTAVO_BLOBS_ENDPOINT", "http://127.0.0.1:9".to_owned()),
        ("OCTAVO_BLOBS_BUCKET", "none".to_owned()),
        ("OCTAVO_BLOBS_ACCESS_KEY", "none".to_owned()),
        ("OCTAVO_BLOBS_SECRET_KEY", "none".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_run_unchanged_under_watch() {
    let Some(program) = engines::real("cargo-lambda", VARIABLE) else { return };
    let world = World::start().await;
    let (ada, eve) = (world.person("acme", "ada"), world.person("evil", "eve"));
    let document = ada.writes("Travel policy", "Never by helicopter.").await;
    ada.comes_to_find("helicopter", &[&document]).await;
    let watched = Watched::start(&program, &world, &["search", "documents"]).await;

    // Over its HTTP, by the routes of the workspace.
    let refused = watched.get("/v1/search?q=helicopter", &world.stranger()).await;
    assert_eq!(refused.status(), 401, "{}", watched.logs());
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "EDGE_0003", "{problem}");
    let found = watched.get("/v1/search?q=helicopter", &ada).await;
    assert_eq!(found.status(), 200, "{}", watched.logs());
    let found: Value = found.json().await.unwrap();
    assert_eq!(found["hits"][0]["id"], document, "{found}");
    let path = format!("/v1/documents/{document}");
    let read = watched.get(&path, &ada).await;
    assert_eq!(read.status(), 200, "{}", watched.logs());
    assert_eq!(read.json::<Value>().await.unwrap()["title"], "Travel policy");
    assert_eq!(watched.get(&path, &eve).await.status(), 404, "nothing crosses a tenant here either");

    // And by its Invoke API.
    let said = invoke(&program, watched.port, "search", &event("/v1/search", "q=helicopter", None)).await;
    is_refused_without_a_token(&said);
}
