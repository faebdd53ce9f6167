//! The OpenAPI document, held against the running platform by schemathesis: no request that it makes of the document is
//! answered by a 5xx, by a status, a media type or a body that the document does not have, and none that the document
//! forbids is accepted.
//!
//! What is judged and what is not, each with its reason, stands in `clients/schemathesis.toml`.

use crate::program::{Said, run_within};
use octavo_testing::engines;
use octavo_tests::{Person, World, asked};
use std::time::Duration;

const VARIABLE: &str = "OCTAVO_TEST_SCHEMATHESIS";
/// Requests that are drawn for each operation, beside those that are made of its borders.
const EXAMPLES: &str = "OCTAVO_TEST_SCHEMATHESIS_EXAMPLES";
const EXAMPLES_USUAL: &str = "1";

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/schemathesis.toml");

/// Some 6,000 requests, each judged.
const WITHIN: Duration = Duration::from_secs(600);

/// The summary is at its end, and what a run of many failures says is longer than anybody reads.
const SHOWN_BYTES: usize = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_is_true() {
    let Some(program) = engines::real("schemathesis", VARIABLE) else { return };
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let root = world.with_roles("globex", "root", &["admin", "operator", "workflows"]);
    // Something to find under the paths that take an id.
    for person in [&ada, &root] {
        person.writes("Travel policy", "Never by helicopter.").await;
    }
    // An administrator may do all that a person may: the borders of every field are gone through once.
    let (person, administrator) = tokio::join!(
        judged(&program, &world, &ada, "examples,fuzzing"),
        judged(&program, &world, &root, "examples,coverage,fuzzing")
    );
    for (who, said) in [("a person", person), ("an administrator", administrator)] {
        let shown = said.stdout.len().saturating_sub(SHOWN_BYTES);
        let shown = (shown..said.stdout.len()).find(|at| said.stdout.is_char_boundary(*at)).unwrap_or_default();
        assert!(said.succeeded, "as {who}:\n{}\n{}", &said.stdout[shown..], said.stderr);
        // It would succeed over a document without operations too.
        let tested = said.stdout.lines().find(|line| line.trim_start().starts_with("Tested: ")).unwrap_or_default();
        let count: u32 = tested.trim().trim_start_matches("Tested: ").parse().unwrap_or_default();
        assert!(count > 100, "as {who}: {count} operations were judged\n{}", &said.stdout[shown..]);
        println!("schemathesis as {who}: {count} operations");
    }
}

async fn judged(program: &str, world: &World, person: &Person, phases: &str) -> Said {
    let folder = tempfile::tempdir().expect("a folder of its own: it writes where it runs");
    let (address, token) = (world.emulator.url(), format!("Authorization: Bearer {}", person.token()));
    let document = format!("{address}/openapi.json");
    let examples = asked(EXAMPLES).unwrap_or_else(|| EXAMPLES_USUAL.to_owned());
    let script = r#"cd "$1" && shift && exec "$@""#;
    let folder = folder.path().to_str().expect("a name that is text");
    let arguments = [
        "-c",
        script,
        "sh",
        folder,
        program,
        "--config-file",
        CONFIGURATION,
        "run",
        &document,
        "-H",
        &token,
        "--phases",
        phases,
        "--max-examples",
        &examples,
        "--continue-on-failure",
        "--no-color",
        "--request-timeout",
        "30",
    ];
    run_within(WITHIN, "sh", &arguments, "").await
}
