//! The console's files, served from the program itself: nothing to build, nothing from elsewhere.
//!
//! To add a file: `assets/console/`, and its line in [`FILES`]. What others wrote is in `assets/vendor/`, made by
//! `infra/editor/build`.

use super::problem::Problem;
use super::{packed, realtime};
use crate::demo;
use crate::emulator::Parts;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde_json::json;
use std::sync::{Arc, LazyLock};

/// Scripts, styles, frames and questions of the page's own origin, and nothing else: no script in the markup, no style in it,
/// no frame around it. The page also asks the realtime node, by its [`policy`].
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// A file's name, media type and content.
type File = (&'static str, &'static str, &'static str);

macro_rules! file {
    ($name:literal, $kind:expr) => {
        ($name, $kind, include_str!(concat!("../../assets/console/", $name)))
    };
}

const INDEX: &str = include_str!("../../assets/console/index.html");
const FILES: [File; 119] = [
    file!("style.css", STYLE),
    file!("approvals.css", STYLE),
    file!("prose.css", STYLE),
    file!("app.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("ago.js", SCRIPT),
    file!("settings_theme.js", SCRIPT),
    file!("document.js", SCRIPT),
    file!("document_about.js", SCRIPT),
    file!("document_diff.js", SCRIPT),
    file!("document_docx.js", SCRIPT),
    file!("document_markdown.js", SCRIPT),
    file!("document_preview.js", SCRIPT),
    file!("document_sharing.js", SCRIPT),
    file!("document_versions.js", SCRIPT),
    file!("document_words.js", SCRIPT),
    file!("documents.css", STYLE),
    file!("documents.js", SCRIPT),
    file!("documents_list.js", SCRIPT),
    file!("documents_upload.js", SCRIPT),
    file!("search.js", SCRIPT),
    file!("search_address.js", SCRIPT),
    file!("search_analytics.js", SCRIPT),
    file!("search_box.js", SCRIPT),
    file!("search_facets.js", SCRIPT),
    file!("search_find.js", SCRIPT),
    file!("search_hits.js", SCRIPT),
    file!("search_kept.js", SCRIPT),
    file!("search_saved.js", SCRIPT),
    file!("search_saver.js", SCRIPT),
    file!("search_similar.js", SCRIPT),
    file!("search_synonyms.js", SCRIPT),
    file!("search_words.js", SCRIPT),
    file!("settings.js", SCRIPT),
    file!("tokens.js", SCRIPT),
    file!("models.js", SCRIPT),
    file!("sources.js", SCRIPT),
    file!("platform.css", STYLE),
    file!("chart.js", SCRIPT),
    file!("overview.js", SCRIPT),
    file!("overview_summary.js", SCRIPT),
    file!("overview_seen.js", SCRIPT),
    file!("functions.js", SCRIPT),
    file!("functions_list.js", SCRIPT),
    file!("functions_one.js", SCRIPT),
    file!("functions_invocation.js", SCRIPT),
    file!("functions_log.js", SCRIPT),
    file!("functions_messages.js", SCRIPT),
    file!("traces.js", SCRIPT),
    file!("traces_one.js", SCRIPT),
    file!("traces_bars.js", SCRIPT),
    file!("queues.js", SCRIPT),
    file!("queues_one.js", SCRIPT),
    file!("queues_letter.js", SCRIPT),
    file!("faults.js", SCRIPT),
    file!("assistant.js", SCRIPT),
    file!("generations.js", SCRIPT),
    file!("use.js", SCRIPT),
    file!("policy.js", SCRIPT),
    file!("providers.js", SCRIPT),
    file!("keys.js", SCRIPT),
    file!("approvals.js", SCRIPT),
    file!("approvals_badge.js", SCRIPT),
    file!("approval_list.js", SCRIPT),
    file!("approval_words.js", SCRIPT),
    file!("approval.js", SCRIPT),
    file!("approval_decide.js", SCRIPT),
    file!("approval_document.js", SCRIPT),
    file!("approval_templates.js", SCRIPT),
    file!("substitutions.js", SCRIPT),
    file!("calendars.js", SCRIPT),
    file!("mailbox.js", SCRIPT),
    file!("notifications.js", SCRIPT),
    file!("notification_words.js", SCRIPT),
    file!("notification_mine.js", SCRIPT),
    file!("notification_sent.js", SCRIPT),
    file!("notification_send.js", SCRIPT),
    file!("notification_message.js", SCRIPT),
    file!("notification_templates.js", SCRIPT),
    file!("notification_template.js", SCRIPT),
    file!("notification_preview.js", SCRIPT),
    file!("notification_targets.js", SCRIPT),
    file!("notification_people.js", SCRIPT),
    file!("notification_suppressions.js", SCRIPT),
    file!("notification_settings.js", SCRIPT),
    file!("zone_input.js", SCRIPT),
    file!("hub.js", SCRIPT),
    file!("bell.js", SCRIPT),
    file!("collaborate.js", SCRIPT),
    file!("room.js", SCRIPT),
    file!("session.js", SCRIPT),
    file!("editing.js", SCRIPT),
    file!("comments.js", SCRIPT),
    file!("realtime.js", SCRIPT),
    file!("hubs.js", SCRIPT),
    file!("workflows.css", STYLE),
    file!("graph.js", SCRIPT),
    file!("layout.js", SCRIPT),
    file!("layout_order.js", SCRIPT),
    file!("layout_place.js", SCRIPT),
    file!("drawing.js", SCRIPT),
    file!("journal.js", SCRIPT),
    file!("sfn.js", SCRIPT),
    file!("templates.js", SCRIPT),
    file!("definition_editor.js", SCRIPT),
    file!("workflows.js", SCRIPT),
    file!("workflow_list.js", SCRIPT),
    file!("machine.js", SCRIPT),
    file!("machine_start.js", SCRIPT),
    file!("machine_versions.js", SCRIPT),
    file!("state_test.js", SCRIPT),
    file!("execution.js", SCRIPT),
    file!("execution_events.js", SCRIPT),
    file!("execution_state.js", SCRIPT),
    file!("executions.js", SCRIPT),
    file!("dead_executions.js", SCRIPT),
    file!("map_run.js", SCRIPT),
    file!("workflow_access.js", SCRIPT),
];

macro_rules! vendored {
    ($name:literal, $kind:expr) => {
        ($name, $kind, include_str!(concat!("../../assets/vendor/", $name)))
    };
}

const VENDORED: [File; 3] = [
    vendored!("editor.js", SCRIPT),
    vendored!("signalr.js", SCRIPT),
    vendored!("LICENSES.txt", "text/plain; charset=utf-8"),
];

/// The page of a demonstration: it says as whom it opens.
static DEMO_INDEX: LazyLock<String> = LazyLock::new(|| {
    let host = demo::host();
    let identity =
        json!({ "tenant": host.tenant, "user": host.user, "groups": host.groups, "roles": host.roles }).to_string();
    let meta = format!("<meta name=\"octavo-identity\" content=\"{}\">\n<title>", identity.replace('"', "&quot;"));
    INDEX.replacen("<title>", &meta, 1)
});

/// The page.
pub(super) async fn index(State(parts): State<Arc<Parts>>, headers: HeaderMap) -> Response {
    let page = if parts.demo.opens { DEMO_INDEX.as_str() } else { INDEX };
    let mut response = answer("text/html; charset=utf-8", page, &headers);
    if let Ok(policy) = HeaderValue::from_str(&policy(realtime::address(&parts))) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// One of its files.
pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    find(&FILES, &name, &headers)
}

/// One of the files that others wrote.
pub(super) async fn vendored(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    find(&VENDORED, &name, &headers)
}

fn find(files: &[File], name: &str, asked: &HeaderMap) -> Result<Response, Problem> {
    let found = files.iter().find(|(known, ..)| *known == name).ok_or_else(|| Problem::not_found("file"))?;
    Ok(answer(found.1, found.2, asked))
}

/// The policy of a page that may ask the node at `address`, over HTTP and WebSockets.
fn policy(address: Option<&str>) -> String {
    match address.and_then(|address| address.parse::<url::Url>().ok()) {
        Some(url) => {
            let http = url.origin().ascii_serialization();
            let sockets = http.replacen("http", "ws", 1);
            POLICY.replace("connect-src 'self'", &format!("connect-src 'self' {http} {sockets}"))
        }
        None => POLICY.to_owned(),
    }
}

fn answer(kind: &'static str, content: &'static str, asked: &HeaderMap) -> Response {
    let mut response = packed::answer(content, asked);
    let set = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in set {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What stands between each `before` and the next `after`.
    fn between<'a>(text: &'a str, before: &'a str, after: char) -> impl Iterator<Item = &'a str> {
        text.split(before).skip(1).filter_map(move |rest| rest.split(after).next())
    }

    #[test]
    fn every_file_of_the_folder_is_served_and_every_import_is_one() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/console");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut served: BTreeSet<String> = FILES.iter().map(|(name, ..)| (*name).to_owned()).collect();
        served.insert("index.html".to_owned());
        assert_eq!(names.collect::<BTreeSet<_>>(), served);
        let linked = between(INDEX, "\"/console/", '"');
        let imported = ["from './", "import('./"]
            .map(|before| FILES.iter().flat_map(move |(.., content)| between(content, before, '\'')));
        let styles =
            FILES.iter().flat_map(|(.., content)| between(content, " = '", '\'')).filter(|name| name.ends_with(".css"));
        for name in linked.chain(imported.into_iter().flatten()).chain(styles) {
            assert!(served.contains(name), "{name}");
        }
        for name in FILES.iter().flat_map(|(.., content)| between(content, "import('/vendor/", '\'')) {
            assert!(VENDORED.iter().any(|(vendored, ..)| *vendored == name), "{name}");
        }
    }

    #[test]
    fn every_page_has_its_link_and_every_link_its_page() {
        let app = FILES.iter().find(|(name, ..)| *name == "app.js").unwrap().2;
        let pages = between(app, "const PAGES = {\n", ';').next().unwrap().lines();
        let pages = pages.filter_map(|line| line.trim().split_once(": {")).map(|(name, _)| name);
        let links = between(INDEX, "<a href=\"#", '"').filter(|name| *name != "page");
        assert_eq!(links.collect::<BTreeSet<_>>(), pages.collect::<BTreeSet<_>>());
    }

    #[test]
    fn the_page_may_ask_its_own_origin_and_the_node_and_nobody_else() {
        let of = |address| {
            let policy = policy(address);
            between(&policy, "connect-src ", ';').next().unwrap().to_owned()
        };
        assert_eq!(of(None), "'self'");
        assert_eq!(of(Some("http://127.0.0.1:81")), "'self' http://127.0.0.1:81 ws://127.0.0.1:81");
        assert_eq!(of(Some("https://node.example/x; script-src *")), "'self' https://node.example wss://node.example");
        assert_eq!(of(Some("*")), "'self'");
    }

    #[tokio::test]
    async fn a_file_has_one_type_and_the_policy() {
        let response =
            file(Path("app.js".to_owned()), HeaderMap::new()).await.unwrap_or_else(|_| panic!("it is there"));
        let values = |name| response.headers().get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(values(header::CONTENT_TYPE), [SCRIPT]);
        assert_eq!(values(header::CONTENT_SECURITY_POLICY), [POLICY]);
        assert!(file(Path("../console.rs".to_owned()), HeaderMap::new()).await.is_err());
    }

    #[test]
    fn nothing_in_them_could_become_markup() {
        for (name, _, content) in FILES {
            for banned in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
                assert!(!content.contains(banned), "{name}: {banned}");
            }
        }
        let attributes = [" on", " style="].map(|start| INDEX.contains(start));
        assert_eq!((INDEX.matches("<script").count(), attributes), (1, [false; 2]), "the policy would refuse it");
    }
}
