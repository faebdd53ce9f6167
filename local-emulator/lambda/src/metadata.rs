//! What manifests declare, read in the way that cargo-lambda reads it, so that `cargo lambda watch` sees the same routes.
//!
//! - `[workspace.metadata.lambda.watch.router]` and `[package.metadata.lambda.watch.router]`: a path to a function's name,
//!   or to a list of `{ function, methods }`;
//! - `[package.metadata.lambda.deploy]`: `memory` (MiB), `timeout` (seconds or text such as `"medium"` is not taken), `env`.

use crate::Route;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is declared of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// The paths that it answers.
    pub routes: Vec<Route>,
    /// MiB.
    pub memory_mb: Option<u32>,
    /// How long one invocation may take.
    pub timeout: Option<Duration>,
    /// Its environment variables.
    pub env: Vec<(String, String)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Root {
    lambda: Lambda,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Lambda {
    watch: Watch,
    deploy: Deploy,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Watch {
    router: BTreeMap<String, Target>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Deploy {
    memory: Option<u32>,
    timeout: Option<u64>,
    env: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Target {
    Name(String),
    ByMethod(Vec<ByMethod>),
}

#[derive(Deserialize)]
struct ByMethod {
    function: String,
    #[serde(default)]
    methods: Option<Vec<String>>,
}

/// What the metadata of the workspace and of its packages (a function's name with its package's metadata) declare, by
/// function. An error names what cannot be read.
pub fn declared(workspace: &Value, packages: &[(String, Value)]) -> Result<BTreeMap<String, Declared>, String> {
    let mut functions: BTreeMap<String, Declared> = BTreeMap::new();
    let parse = |what: &str, value: &Value| -> Result<Root, String> {
        if value.is_null() {
            return Ok(Root::default());
        }
        serde_json::from_value(value.clone()).map_err(|error| format!("metadata of {what}: {error}"))
    };
    let mut routers = vec![parse("the workspace", workspace)?.lambda.watch.router];
    for (name, metadata) in packages {
        let lambda = parse(name, metadata)?.lambda;
        let function = functions.entry(name.clone()).or_default();
        function.memory_mb = lambda.deploy.memory;
        function.timeout = lambda.deploy.timeout.map(Duration::from_secs);
        function.env = lambda.deploy.env.into_iter().collect();
        routers.push(lambda.watch.router);
    }
    for (path, target) in routers.into_iter().flatten() {
        let targets = match target {
            Target::Name(function) => vec![ByMethod { function, methods: None }],
            Target::ByMethod(targets) => targets,
        };
        for target in targets {
            let route = Route { path: path.clone(), methods: target.methods };
            functions.entry(target.function).or_default().routes.push(route);
        }
    }
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_both_forms_and_both_places() {
        let workspace = json!({"lambda": {"watch": {"router": {
            "/a/{id}": "one",
            "/b": [{"function": "one", "methods": ["GET"]}, {"function": "two", "methods": ["POST"]}]
        }}}});
        let two = json!({"lambda": {"watch": {"router": {"/c": "two"}}, "deploy": {"memory": 256, "timeout": 7, "env": {"X": "y"}}}});
        let functions = declared(&workspace, &[("two".to_owned(), two)]).unwrap();
        let paths = |name: &str| functions[name].routes.iter().map(|route| route.path.as_str()).collect::<Vec<_>>();
        assert_eq!((paths("one"), paths("two")), (vec!["/a/{id}", "/b"], vec!["/b", "/c"]));
        assert_eq!(functions["one"].routes[1].methods, Some(vec!["GET".to_owned()]));
        assert_eq!((functions["two"].memory_mb, functions["two"].timeout), (Some(256), Some(Duration::from_secs(7))));
        assert_eq!(functions["two"].env, [("X".to_owned(), "y".to_owned())]);
    }

    #[test]
    fn says_what_it_cannot_read() {
        let error = declared(&json!({"lambda": {"watch": {"router": {"/a": 5}}}}), &[]).unwrap_err();
        assert!(error.contains("the workspace"), "{error}");
    }
}
