//! Which crate may depend on which.
//!
//! `domain/kernel` <- `domain/*` <- `functions/*`; adapters implement ports; functions and adapters meet only in
//! `lambda/`, `spin/`, the node, the emulator and the tests: those in `tests` and, by dev-dependencies, those of a
//! function, of wiring and of another adapter.

use super::finding::Finding;
use super::graph::Graph;

/// Where a crate stands, by its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    Kernel,
    Domain,
    Edge,
    Wiring,
    Adapter,
    Function(&'a str),
    /// `lambda/` or `spin/` of a function.
    Entry(&'a str),
    Testing,
    /// An engine of the emulator, useful without Octavo.
    Engine,
    Emulator,
    Node,
    /// A protocol or a part of the node, over ports; the node puts them together.
    NodePart,
    Task,
    Tests,
    /// A folder that the design does not name; `top_level` and `crate_names` speak of it.
    Unknown,
}

/// A crate that uses another one than its place allows: from, to, why it may.
type Exception = (&'static str, &'static str, &'static str);

const CALENDAR: &str =
    "business hours and quiet hours are one arithmetic of time zones, which the kernel's other users need not build";

const EGRESS: &str = "which addresses a tenant may make us call is one rule for all that call them, and no port: it speaks the client's own types";

const EXCEPTIONS: &[Exception] = &[
    (
        "octavo-domain-extraction",
        "octavo-domain-documents",
        "its answer is about a document's MediaType; a second list of the formats would drift from the first",
    ),
    ("octavo-domain-approvals", "octavo-domain-calendar", CALENDAR),
    ("octavo-domain-notify", "octavo-domain-calendar", CALENDAR),
    ("octavo-adapters-channels", "octavo-adapters-egress", EGRESS),
    ("octavo-adapters-tasks", "octavo-adapters-egress", EGRESS),
    (
        "octavo-generate-lambda",
        "octavo-ai",
        "its conversations go through the same gateway, budgets and ledger as everybody's, in its own process: over HTTP \
         two functions would wait for one provider, and it would need a token of whoever asked hours ago",
    ),
    ("octavo-generate-lambda", "octavo-ai-lambda", "the gateway is wired in one place, for both of them"),
];

/// Input and output: a rule takes what it needs as an argument or asks a port. Names and prefixes (`aws-*`).
const IO: &[&str] = &[
    "sqlx",
    "reqwest",
    "redis",
    "elasticsearch",
    "object_store",
    "hyper",
    "hyper-util",
    "axum",
    "lambda_runtime",
    "aws-config",
    "aws-sdk-*",
];

/// A domain crate must also run where there is no event loop (WebAssembly).
const DOMAIN_REFUSED: &[&str] = &["tokio", "tokio-util", "tokio-stream"];

pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    check_with(graph, EXCEPTIONS)
}

fn check_with(graph: &Graph, exceptions: &[Exception]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &graph.members {
        let from = place(&member.folder);
        for dependency in &member.dependencies {
            let refusal = match graph.named(&dependency.name) {
                Some(target) => {
                    let to = place(&target.folder);
                    let excepted =
                        exceptions.iter().any(|(user, used, _)| *user == member.name && *used == dependency.name);
                    (!excepted && !allowed(from, to, dependency.dev)).then(|| rule(from))
                }
                None => (!dependency.dev && io_refused(from, &dependency.name)).then_some(
                    "it does no input or output of its own: declare a port and implement it in shared/adapters",
                ),
            };
            if let Some(refusal) = refusal {
                let kind = if dependency.dev { "dev-dependency" } else { "dependency" };
                let message = format!("{} may not have {} as a {kind}: {refusal}", member.name, dependency.name);
                findings.push(Finding::new(&member.manifest(), 1, message));
            }
        }
    }
    findings
}

fn place(folder: &str) -> Place<'_> {
    let parts: Vec<&str> = folder.split('/').collect();
    match parts.as_slice() {
        ["shared", "domain", "kernel"] => Place::Kernel,
        ["shared", "domain", _] => Place::Domain,
        ["shared", "wiring", "edge"] => Place::Edge,
        ["shared", "wiring", _] => Place::Wiring,
        ["shared", "adapters", _] => Place::Adapter,
        ["shared", "testing"] => Place::Testing,
        ["functions", name] => Place::Function(name),
        ["functions", name, "lambda" | "spin"] => Place::Entry(name),
        ["local-emulator"] => Place::Emulator,
        ["local-emulator", _] => Place::Engine,
        ["realtime-node"] => Place::Node,
        ["realtime-node", _] => Place::NodePart,
        ["infra", _] => Place::Task,
        ["tests"] | ["tests", _] => Place::Tests,
        _ => Place::Unknown,
    }
}

fn allowed(from: Place<'_>, to: Place<'_>, dev: bool) -> bool {
    use Place::{
        Adapter, Domain, Edge, Emulator, Engine, Entry, Function, Kernel, Node, NodePart, Task, Testing, Tests,
        Unknown, Wiring,
    };
    // Tests may use the suites and the engines from anywhere; what runs over ports is tested over real adapters too.
    if dev {
        let over_adapters = matches!(from, Function(_) | Edge | Wiring | Adapter | NodePart) && to == Adapter;
        let over_wiring = from == Adapter && matches!(to, Wiring | Edge);
        if matches!(to, Testing | Engine) || over_adapters || over_wiring {
            return true;
        }
    }
    // A library that is only for tests never comes into a program.
    if to == Testing {
        return from == Tests;
    }
    match from {
        Unknown => true,
        Kernel => false,
        Domain => to == Kernel,
        Edge | Wiring => matches!(to, Kernel | Domain | Edge | Wiring),
        Adapter => matches!(to, Kernel | Domain),
        Function(_) => matches!(to, Kernel | Domain | Edge),
        Entry(name) => matches!(to, Kernel | Domain | Edge | Wiring | Adapter) || to == Function(name),
        Testing => matches!(to, Kernel | Domain | Edge | Wiring | Adapter | Engine),
        Engine => to == Engine,
        Node => matches!(to, Kernel | Domain | Edge | Wiring | Adapter | Function(_) | NodePart),
        NodePart => matches!(to, Kernel | Domain | NodePart),
        Emulator => !matches!(to, Tests | Task | Entry(_)),
        Task => !matches!(to, Tests | Entry(_)),
        Tests => !matches!(to, Task | Entry(_)),
    }
}

/// What the crate at this place may use, for the person who reads the finding.
fn rule(from: Place<'_>) -> &'static str {
    match from {
        Place::Kernel => "the kernel uses no other crate of ours",
        Place::Domain => {
            "a domain crate uses only domain/kernel; an exception is written down with its reason in tidy/arrows.rs"
        }
        Place::Edge | Place::Wiring => "wiring uses domain and wiring only, and adapters in its tests",
        Place::Adapter => "an adapter uses domain crates only, and tests with octavo-testing",
        Place::Function(_) => {
            "a function uses domain crates and wiring/edge only; it meets adapters in its lambda/ and in tests"
        }
        Place::Entry(_) => "an entry point wires its own function with domain, wiring and adapters",
        Place::Testing => "octavo-testing knows ports, adapters and engines, never a function",
        Place::NodePart => "a part of the node uses domain crates and other parts, and adapters in its tests",
        Place::Engine => "an engine of the emulator is useful without Octavo and knows nothing of it",
        _ => "nothing uses the tasks or an entry point, and octavo-testing is a dev-dependency",
    }
}

fn io_refused(from: Place<'_>, name: &str) -> bool {
    let listed = |list: &[&str]| {
        list.iter().any(|entry| match entry.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *entry,
        })
    };
    match from {
        Place::Kernel | Place::Domain => listed(IO) || listed(DOMAIN_REFUSED),
        Place::Function(_) => listed(IO),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::sample;
    use super::*;

    const OTHERS: &[(&str, &str, &[&str])] = &[
        ("shared/domain/kernel", "octavo-domain-kernel", &[]),
        ("shared/domain/search", "octavo-domain-search", &[]),
        ("shared/wiring/edge", "octavo-wiring-edge", &[]),
        ("shared/wiring/settings", "octavo-wiring-settings", &[]),
        ("shared/adapters/redis", "octavo-adapters-redis", &[]),
        ("shared/testing", "octavo-testing", &[]),
        ("functions/search", "octavo-search", &[]),
        ("functions/search/lambda", "octavo-search-lambda", &[]),
        ("local-emulator", "local-emulator", &[]),
        ("local-emulator/redis", "local-emulator-redis", &[]),
        ("realtime-node", "realtime-node", &[]),
        ("realtime-node/server", "realtime-node-server", &[]),
        ("tests", "octavo-tests", &[]),
    ];

    fn findings_of(folder: &str, dependency: &str) -> usize {
        let mut members = OTHERS.to_vec();
        let dependencies = [dependency];
        members.push((folder, "octavo-x", &dependencies));
        check(&sample(&members)).len()
    }

    #[test]
    fn arrows_against_the_direction_are_found() {
        let wrong = [
            ("shared/domain/x", "octavo-domain-search"),
            ("shared/domain/x", "octavo-wiring-edge"),
            ("shared/domain/x", "tokio"),
            ("shared/domain/x", "sqlx"),
            ("shared/domain/x", "octavo-testing"),
            ("shared/domain/x", "dev:octavo-adapters-redis"),
            ("shared/domain/kernel", "octavo-domain-search"),
            ("functions/x", "octavo-search"),
            ("functions/x", "octavo-adapters-redis"),
            ("functions/x", "octavo-wiring-settings"),
            ("functions/x", "dev:octavo-search"),
            ("functions/x", "dev:octavo-wiring-settings"),
            ("functions/x", "reqwest"),
            ("functions/x", "aws-sdk-sqs"),
            ("functions/x/lambda", "octavo-search"),
            ("functions/x/lambda", "octavo-testing"),
            ("functions/x", "local-emulator-redis"),
            ("shared/adapters/x", "octavo-wiring-settings"),
            ("shared/adapters/x", "octavo-search"),
            ("shared/adapters/x", "local-emulator-redis"),
            ("shared/wiring/x", "octavo-adapters-redis"),
            ("shared/wiring/x", "octavo-search"),
            ("shared/wiring/x", "dev:octavo-search"),
            ("local-emulator/x", "dev:octavo-adapters-redis"),
            ("local-emulator/x", "octavo-domain-kernel"),
            ("realtime-node", "local-emulator"),
            ("realtime-node/x", "octavo-search"),
            ("realtime-node/x", "octavo-adapters-redis"),
            ("local-emulator", "octavo-search-lambda"),
            ("local-emulator", "octavo-tests"),
        ];
        for (folder, dependency) in wrong {
            assert_eq!(findings_of(folder, dependency), 1, "{folder} -> {dependency}");
        }
    }

    #[test]
    fn an_exception_holds_for_its_two_crates_only() {
        let documents: (&str, &str, &[&str]) = ("shared/domain/documents", "octavo-domain-documents", &[]);
        let extraction = ("shared/domain/extraction", "octavo-domain-extraction", &["octavo-domain-documents"][..]);
        let other = ("shared/domain/search", "octavo-domain-search", &["octavo-domain-documents"][..]);
        let exceptions = [("octavo-domain-extraction", "octavo-domain-documents", "a reason")];
        let findings = check_with(&sample(&[documents, extraction, other]), &exceptions);
        let paths: Vec<_> = findings.into_iter().map(|f| f.path).collect();
        assert_eq!(paths, ["shared/domain/search/Cargo.toml"]);
    }

    #[test]
    fn generate_alone_has_its_conversations_through_the_gateway() {
        let gateway: [(&str, &str, &[&str]); 2] =
            [("functions/ai", "octavo-ai", &[]), ("functions/ai/lambda", "octavo-ai-lambda", &[])];
        let uses = &["octavo-ai", "octavo-ai-lambda"][..];
        let generate = ("functions/generate/lambda", "octavo-generate-lambda", uses);
        let core = ("functions/generate", "octavo-generate", uses);
        let other = ("functions/notify/lambda", "octavo-notify-lambda", uses);
        let paths: Vec<_> = check(&sample(&[gateway[0], gateway[1], generate, core, other]))
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        let (core, other) = ("functions/generate/Cargo.toml", "functions/notify/lambda/Cargo.toml");
        assert_eq!(paths, [core, core, other, other], "its entry point may, its operations and others may not");
    }

    #[test]
    fn arrows_of_the_design_are_allowed() {
        let right = [
            ("shared/domain/x", "octavo-domain-kernel"),
            ("shared/domain/x", "dev:tokio"),
            ("shared/domain/x", "serde"),
            ("functions/x", "octavo-domain-search"),
            ("functions/x", "octavo-wiring-edge"),
            ("functions/x", "dev:octavo-testing"),
            ("functions/x", "dev:octavo-adapters-redis"),
            ("functions/x", "dev:local-emulator-redis"),
            ("functions/x", "tokio"),
            ("functions/search/lambda", "octavo-search"),
            ("functions/x/lambda", "octavo-adapters-redis"),
            ("shared/adapters/x", "sqlx"),
            ("shared/adapters/x", "dev:local-emulator-redis"),
            ("shared/wiring/x", "octavo-wiring-settings"),
            ("shared/wiring/x", "dev:octavo-adapters-redis"),
            ("shared/wiring/x", "dev:local-emulator-redis"),
            ("shared/wiring/edge", "dev:octavo-adapters-redis"),
            ("local-emulator", "octavo-search"),
            ("local-emulator", "realtime-node"),
            ("local-emulator/x", "dev:octavo-testing"),
            ("realtime-node", "octavo-adapters-redis"),
            ("realtime-node", "realtime-node-server"),
            ("realtime-node/x", "dev:octavo-adapters-redis"),
            ("tests", "local-emulator"),
            ("tests", "octavo-testing"),
        ];
        for (folder, dependency) in right {
            assert_eq!(findings_of(folder, dependency), 0, "{folder} -> {dependency}");
        }
    }
}
