//! The console's files, served from the program itself: nothing to build, nothing from elsewhere.
//!
//! To add a file: `assets/console/`, and its line in [`FILES`].

use super::problem::Problem;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// Scripts, styles and questions of the page's own origin, and nothing else: no script in the markup, no style in it, no
/// frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
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
const FILES: [File; 13] = [
    file!("style.css", STYLE),
    file!("app.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("models.js", SCRIPT),
    file!("sources.js", SCRIPT),
    file!("status.js", SCRIPT),
    file!("assistant.js", SCRIPT),
    file!("generations.js", SCRIPT),
    file!("use.js", SCRIPT),
    file!("policy.js", SCRIPT),
    file!("providers.js", SCRIPT),
    file!("keys.js", SCRIPT),
];

/// The page.
pub(super) async fn index() -> Response {
    answer("text/html; charset=utf-8", INDEX)
}

/// One of its files.
pub(super) async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = FILES.iter().find(|(known, ..)| *known == name).ok_or_else(|| Problem::not_found("file"))?;
    Ok(answer(found.1, found.2))
}

fn answer(kind: &'static str, content: &'static str) -> Response {
    let mut response = content.into_response();
    let set = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
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
        let imported = FILES.iter().flat_map(|(.., content)| between(content, "from './", '\''));
        for name in linked.chain(imported) {
            assert!(served.contains(name), "{name}");
        }
    }

    #[tokio::test]
    async fn a_file_has_one_type_and_the_policy() {
        let response = file(Path("app.js".to_owned())).await.unwrap_or_else(|_| panic!("it is there"));
        let values = |name| response.headers().get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(values(header::CONTENT_TYPE), [SCRIPT]);
        assert_eq!(values(header::CONTENT_SECURITY_POLICY), [POLICY]);
        assert!(file(Path("../console.rs".to_owned())).await.is_err());
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
