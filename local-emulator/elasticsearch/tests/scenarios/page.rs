//! What came of the scenarios, as a page: `infra/engines/search.md`.

use std::fmt::Write as _;

use crate::engine::{Judged, Report};

pub(crate) const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/engines/search.md");

fn cell(judged: &Judged) -> String {
    if judged.difference.is_none() { "same" } else { "differs" }.to_owned()
}

pub(crate) fn page(reports: &[&Report]) -> String {
    let [embedded, opensearch, elasticsearch] = reports else { panic!("three engines") };
    let count = embedded.judged.len();
    let same = |report: &Report| report.judged.iter().filter(|one| one.difference.is_none()).count();
    let mut out = format!(
        "# The embedded search engine beside OpenSearch {} and Elasticsearch {}\n\n\
         Written by `OCTAVO_WRITE_TABLES=1 cargo test -p local-emulator-elasticsearch --test scenarios`, with real engines at \
         `OCTAVO_TEST_OPENSEARCH_URL` and `OCTAVO_TEST_ELASTICSEARCH_URL`; the same test compares it. The scenarios are data \
         (`local-emulator/elasticsearch/tests/scenarios`): requests, and what of the answer matters.\n\n\
         The embedded engine says that it is Elasticsearch {}. Of {count} scenarios it answers {} as they say, OpenSearch {}, \
         Elasticsearch {} (the distribution for tests that Maven has, without its modules).\n\n",
        opensearch.version,
        elasticsearch.version,
        embedded.version,
        same(embedded),
        same(opensearch),
        same(elasticsearch),
    );
    out.push_str("## Differences\n\n| scenario | engine | what differs | why |\n|---|---|---|---|\n");
    for report in reports {
        let differing: Vec<&Judged> = report.judged.iter().filter(|one| one.difference.is_some()).collect();
        // What an engine lacks as a whole is said once.
        for alike in
            differing.chunk_by(|a, b| (&a.file, &a.difference, &a.reason) == (&b.file, &b.difference, &b.reason))
        {
            let [one, others @ ..] = alike else { continue };
            let difference = one.difference.as_deref().unwrap_or_default().replace('|', "\\|");
            let reason = one.reason.as_deref().unwrap_or("unknown");
            let scenario = match others.len() {
                0 => one.scenario.clone(),
                others => format!("{} scenarios, from \"{}\" on", others + 1, one.scenario),
            };
            let _ = writeln!(out, "| {}: {scenario} | {} | {difference} | {reason} |", one.file, report.engine.name());
        }
    }
    let mut title = "";
    for (here, (one, other)) in embedded.judged.iter().zip(opensearch.judged.iter().zip(&elasticsearch.judged)) {
        if here.title != title {
            title = &here.title;
            let head = "| scenario | embedded | OpenSearch | Elasticsearch |\n|---|---|---|---|\n";
            let _ = write!(out, "\n## {title} (`{}`)\n\n{head}", here.file);
        }
        let _ = writeln!(out, "| {} | {} | {} | {} |", here.scenario, cell(here), cell(one), cell(other));
    }
    out
}
