//! What came of the cases, as a page: `infra/engines/redis.md`.

use crate::grammar::Grammar;
use crate::wire::{Client, Frame, words};
use crate::{asked, cases};
use local_emulator_redis::{Options, Server};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/engines/redis.md");

/// The real server belongs to one test at a time: patterns that somebody listens to are counted for all.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

/// The commands that a server knows, in order.
pub(crate) fn known(address: &str) -> BTreeSet<String> {
    let Frame::Array(names) = Client::connect(address).ask("COMMAND LIST") else { panic!("COMMAND LIST is an array") };
    let name = |name: Frame| match name {
        Frame::Bulk(name) => String::from_utf8(name).expect("a name is text"),
        other => panic!("not a name: {other}"),
    };
    names.into_iter().map(name).collect()
}

/// How many of a command's cases there are, and pass.
#[derive(Default)]
struct Count {
    cases: usize,
    embedded: usize,
    real: usize,
}

fn page(embedded: &str, real: &str) -> String {
    let (claimed, all, grammar) = (known(embedded), known(real), Grammar::read());
    let drawn = grammar.commands();
    let (here, there) = (cases::judge(embedded), cases::judge(real));
    let mut counts: BTreeMap<String, Count> = claimed.iter().map(|name| (name.clone(), Count::default())).collect();
    for (here, there) in here.iter().zip(&there) {
        let name = words(&here.command).first().map(|name| String::from_utf8_lossy(name).to_lowercase());
        let Some(count) = name.and_then(|name| counts.get_mut(&name)) else { continue };
        count.cases += 1;
        count.embedded += usize::from(here.difference.is_none());
        count.real += usize::from(there.difference.is_none());
    }
    let passed = |judged: &[cases::Judged]| judged.iter().filter(|judged| judged.difference.is_none()).count();
    let version = version(real);
    let mut out = format!(
        "# The embedded Redis beside Redis {version}\n\n\
         Written by `OCTAVO_WRITE_TABLES=1 cargo test -p local-emulator-redis --test conformance`, with a real Redis at \
         `OCTAVO_TEST_REDIS_URL`; the same test compares it.\n\n\
         {} of the {} commands of Redis are claimed. Of the {} commands in cases the embedded server answers {} as they say, \
         the real one {}.\n\n",
        claimed.len(),
        all.len(),
        here.len(),
        passed(&here),
        passed(&there),
    );
    out.push_str("## Differences\n\n");
    let differing =
        here.iter().zip(&there).filter(|(here, there)| here.difference.is_some() || there.difference.is_some());
    let mut none = true;
    for (here, there) in differing {
        none = false;
        let said = |judged: &cases::Judged| if judged.difference.is_none() { "passes" } else { "fails" };
        let _ = writeln!(out, "- `{}` `{}`: embedded {}, real {}", here.place, here.command, said(here), said(there));
    }
    if none {
        out.push_str("None in what is claimed.\n");
    }
    out.push_str(
        "\n## Commands that are claimed\n\n\
         *Drawn* are those that sequences drawn at random send to both servers; others say why they are not.\n\n\
         | command | cases | embedded | real | drawn |\n|---|---|---|---|---|\n",
    );
    for (name, Count { cases, embedded, real }) in &counts {
        let how = match grammar.apart(name) {
            _ if drawn.contains(name) => "yes",
            Some(reason) => reason,
            None => "no",
        };
        let _ = writeln!(out, "| `{}` | {cases} | {embedded} | {real} | {how} |", name.to_uppercase());
    }
    out.push_str("\n## Commands that are refused by name\n\n");
    let refused: Vec<String> = all.difference(&claimed).map(|name| format!("`{}`", name.to_uppercase())).collect();
    let _ = writeln!(out, "{}.", refused.join(", "));
    out
}

fn version(real: &str) -> String {
    let info = Client::connect(real).ask("INFO server");
    let Frame::Bulk(info) = info else { panic!("INFO is text: {info}") };
    let info = String::from_utf8_lossy(&info).into_owned();
    info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or_default().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_what_the_cases_say() {
    let Some(real) = crate::real("the table of commands") else { return };
    let server = Server::start(Options::default()).await.unwrap();
    let embedded = server.addr().to_string();
    let now = tokio::task::spawn_blocking(move || {
        let _alone = alone();
        page(&embedded, &real)
    });
    let now = now.await.unwrap();
    if asked("OCTAVO_WRITE_TABLES").is_some() {
        std::fs::create_dir_all(std::path::Path::new(PAGE).parent().unwrap()).unwrap();
        std::fs::write(PAGE, &now).unwrap();
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(kept == now, "infra/engines/redis.md is not as the cases say: OCTAVO_WRITE_TABLES=1 writes it anew");
    server.shutdown().await;
}
