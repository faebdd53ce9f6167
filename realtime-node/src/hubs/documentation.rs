//! `infra/hubs.md`: made from the declarations, and compared with them by a test.

use super::{collaboration, conformance, notifications};
use realtime_node_server::HubDocumentation;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// Set to write the list anew.
const WRITE: &str = "OCTAVO_WRITE_HUBS";

const PREFACE: &str = "# The hubs

What the realtime node offers at `/hubs/{hub}` to SignalR clients, over any transport and in either encoding. Written by the
test `infra_hubs_is_what_the_hubs_declare` from the declarations in `realtime-node/src/hubs`; to write it anew:

    OCTAVO_WRITE_HUBS=1 cargo test -p realtime-node --lib hubs::documentation

Methods may be written in any case. Identifiers are UUIDs as text, times RFC 3339, absent members of an argument may be left out
or null. A method that refuses says why in its error; what is none of the caller's business is only \"unexpected\". A kept push
has its position `{epoch, offset}` as the last argument: a client that was away asks with the last one it saw.
";

struct Entry {
    declared: HubDocumentation,
    arguments: &'static [(&'static str, &'static str)],
    pushes: &'static [(&'static str, &'static str, &'static str)],
}

fn entries() -> Vec<Entry> {
    let declared = super::set::tests::documentation();
    let tables = [
        (notifications::ARGUMENTS, notifications::PUSHES),
        (collaboration::ARGUMENTS, collaboration::PUSHES),
        (conformance::ARGUMENTS, conformance::PUSHES),
    ];
    assert_eq!(declared.len(), tables.len());
    let entry = |(declared, (arguments, pushes))| Entry { declared, arguments, pushes };
    declared.into_iter().zip(tables).map(entry).collect()
}

fn list() -> String {
    let mut text = PREFACE.to_owned();
    for Entry { declared, arguments, pushes } in entries() {
        let _ = write!(
            text,
            "\n## `{}`\n\n{}\n\n| method | arguments | what it does |\n|---|---|---|\n",
            declared.name, declared.summary
        );
        for method in &declared.methods {
            let found = arguments.iter().find(|(name, _)| *name == method.name);
            let (_, arguments) =
                found.unwrap_or_else(|| panic!("ARGUMENTS of {} lacks {}", declared.name, method.name));
            let stream = if method.streams { " (stream)" } else { "" };
            let _ = writeln!(text, "| `{}`{stream} | {} | {} |", method.name, cell(arguments), cell(&method.summary));
        }
        text.push_str("\n| push | arguments | what it says |\n|---|---|---|\n");
        for (target, arguments, summary) in pushes {
            let _ = writeln!(text, "| `{target}` | {} | {} |", cell(arguments), cell(summary));
        }
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn every_method_says_what_it_takes_and_nothing_else_does() {
    for Entry { declared, arguments, .. } in entries() {
        let methods: BTreeSet<&str> = declared.methods.iter().map(|method| method.name.as_str()).collect();
        let described: BTreeSet<&str> = arguments.iter().map(|(name, _)| *name).collect();
        assert_eq!(methods, described, "{}", declared.name);
        assert!(declared.methods.iter().all(|method| method.summary.ends_with('.')), "sentences");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the test says so, not a setting of the node")]
fn infra_hubs_is_what_the_hubs_declare() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/hubs.md");
    let list = list();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &list).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == list,
        "infra/hubs.md is not what the hubs declare: run `{WRITE}=1 cargo test -p realtime-node --lib hubs::documentation`"
    );
}
