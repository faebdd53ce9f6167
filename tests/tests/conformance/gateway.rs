//! The stock SDKs of OpenAI and Anthropic against the AI gateway: what they send is understood, what comes back is what
//! they expect of their own services, and what goes wrong is their own exception.
//!
//! Each script of `clients/` is a list of named checks over all upstreams; it writes a line for each and ends with an
//! error if one failed. One platform serves all scripts, one after the other: the faults of the fake providers are for
//! whoever asks.

use crate::program::{Said, run_within};
use octavo_testing::engines;
use octavo_tests::World;
use serde_json::json;
use std::time::Duration;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");

const PYTHON: &str = "OCTAVO_TEST_PYTHON";
const PYTHON_OLD_ANTHROPIC: &str = "OCTAVO_TEST_PYTHON_OLD_ANTHROPIC";
const NODE_CLIENTS: &str = "OCTAVO_TEST_NODE_CLIENTS";

/// A script waits for the gateway's own retries, one failing provider after the other.
const WITHIN: Duration = Duration::from_secs(600);

/// A script, and what it needs.
struct Script {
    name: &'static str,
    /// The variable that says where its SDKs are.
    installed: &'static str,
}

const SCRIPTS: &[Script] = &[
    Script { name: "openai_client.py", installed: PYTHON },
    Script { name: "openai_responses.py", installed: PYTHON },
    Script { name: "openai_refusals.py", installed: PYTHON },
    Script { name: "openai_faults.py", installed: PYTHON },
    Script { name: "anthropic_client.py", installed: PYTHON },
    Script { name: "anthropic_refusals.py", installed: PYTHON },
    Script { name: "anthropic_faults.py", installed: PYTHON },
    Script { name: "anthropic_client.py", installed: PYTHON_OLD_ANTHROPIC },
    Script { name: "anthropic_refusals.py", installed: PYTHON_OLD_ANTHROPIC },
    Script { name: "openai_client.mjs", installed: NODE_CLIENTS },
    Script { name: "openai_faults.mjs", installed: NODE_CLIENTS },
    Script { name: "anthropic_client.mjs", installed: NODE_CLIENTS },
    Script { name: "anthropic_faults.mjs", installed: NODE_CLIENTS },
    Script { name: "langchain_client.mjs", installed: NODE_CLIENTS },
];

impl Script {
    /// Runs it with SDKs that are installed at `place`.
    async fn run(&self, place: &str, settings: &str) -> Said {
        let script = format!("{CLIENTS}/{}", self.name);
        match self.installed {
            NODE_CLIENTS => run_within(WITHIN, "node", &[&script, settings, place], "").await,
            // -B: nothing is written beside the scripts.
            _ => run_within(WITHIN, place, &["-B", &script, settings], "").await,
        }
    }
}

/// What a script is told, as `gateway_under_test.py` and `gateway_under_test.mjs` read it. The tenants whose policies a
/// script changes are its own.
fn settings(world: &World, number: usize, key: &str) -> String {
    let token = |tenant: &str, roles: &[&str]| world.with_roles(tenant, "ada", roles).token().to_owned();
    json!({
        "url": world.emulator.url(),
        "fakes": world.emulator.fakes().url(),
        "token": token("acme", &[]),
        "key": key,
        "operator": token("acme", &["operator"]),
        "rated": token(&format!("rated-{number}"), &["admin"]),
        "spent": token(&format!("spent-{number}"), &["admin"]),
        "other": token("other", &[]),
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stock_sdks_take_the_gateway_for_their_own_service() {
    let places = [
        (PYTHON, engines::real("Python SDKs of OpenAI and Anthropic", PYTHON)),
        (PYTHON_OLD_ANTHROPIC, engines::real("Python SDK of Anthropic, version 0", PYTHON_OLD_ANTHROPIC)),
        (NODE_CLIENTS, engines::real("Node SDKs of OpenAI, Anthropic and LangChain", NODE_CLIENTS)),
    ];
    let place = |variable: &str| places.iter().find(|(name, _)| *name == variable).and_then(|(_, place)| place.clone());
    let scripts: Vec<(&Script, String)> =
        SCRIPTS.iter().filter_map(|script| place(script.installed).map(|place| (script, place))).collect();
    if scripts.is_empty() {
        return;
    }
    let world = World::start().await;
    let made = world.person("acme", "ada").post("/v1/ai/keys", json!({ "name": "stock SDKs" })).await.expect(201);
    let key = made.json()["key"].as_str().expect("a new key is shown").to_owned();
    let mut failed = Vec::new();
    for (number, (script, place)) in scripts.into_iter().enumerate() {
        let Said { succeeded, stdout, stderr } = script.run(&place, &settings(&world, number, &key)).await;
        let last = stdout.lines().last().unwrap_or_default();
        println!("{} ({}): {last}", script.name, script.installed);
        if !succeeded {
            failed.push(format!("{} with {place}:\n{stdout}\n{stderr}", script.name));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
