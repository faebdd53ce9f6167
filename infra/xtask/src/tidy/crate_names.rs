//! A crate is called as its folder is.

use super::finding::Finding;
use super::graph::Graph;

pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &graph.members {
        match expected(&member.folder) {
            None => {
                let message = "a crate lies where the design has none; see \"The folders\" in ARCHITECTURE.md";
                findings.push(Finding::new(&member.manifest(), 1, message));
            }
            Some(name) if name != member.name => {
                let message = format!("the crate is called {}; its folder asks for {name}", member.name);
                findings.push(Finding::new(&member.manifest(), 1, message));
            }
            Some(_) => {}
        }
        // The binary's name is the function's name on AWS and in the emulator.
        let parts: Vec<&str> = member.folder.split('/').collect();
        if let ["functions", function, "lambda"] = parts.as_slice()
            && member.binaries != [*function]
        {
            let message = format!("has the binaries {:?}; it has one, called {function}", member.binaries);
            findings.push(Finding::new(&member.manifest(), 1, message));
        }
    }
    findings
}

fn expected(folder: &str) -> Option<String> {
    let parts: Vec<&str> = folder.split('/').collect();
    match parts.as_slice() {
        ["functions", name] => Some(format!("octavo-{name}")),
        ["functions", name, entry @ ("lambda" | "spin")] => Some(format!("octavo-{name}-{entry}")),
        ["shared", "testing"] => Some("octavo-testing".to_owned()),
        ["shared", layer @ ("domain" | "adapters" | "wiring"), name] => Some(format!("octavo-{layer}-{name}")),
        ["local-emulator"] | ["realtime-node"] => Some(folder.to_owned()),
        ["local-emulator", name] => Some(format!("local-emulator-{name}")),
        ["realtime-node", name] => Some(format!("realtime-node-{name}")),
        ["infra", name] => Some(format!("octavo-{name}")),
        ["tests"] => Some("octavo-tests".to_owned()),
        ["tests", name] => Some(format!("octavo-tests-{name}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::sample;
    use super::*;

    #[test]
    fn wrong_names_are_found() {
        let graph = sample(&[
            ("functions/search", "octavo-find", &[]),
            ("shared/adapters/redis", "octavo-redis", &[]),
            ("local-emulator/redis", "octavo-emulator-redis", &[]),
            ("libraries/x", "octavo-x", &[]),
        ]);
        let findings = check(&graph);
        assert_eq!(findings.len(), 4, "{findings:?}");
        assert!(findings[0].message.contains("octavo-search"));
    }

    #[test]
    fn a_lambda_has_one_binary_that_is_called_as_the_function() {
        let mut graph = sample(&[("functions/search/lambda", "octavo-search-lambda", &[])]);
        graph.members[0].binaries = vec!["bootstrap".to_owned()];
        assert_eq!(check(&graph).len(), 1);
        graph.members[0].binaries = vec!["search".to_owned()];
        assert_eq!(check(&graph), []);
    }

    #[test]
    fn right_names_pass() {
        let graph = sample(&[
            ("functions/search", "octavo-search", &[]),
            ("shared/wiring/lambda-kit", "octavo-wiring-lambda-kit", &[]),
            ("shared/testing", "octavo-testing", &[]),
            ("local-emulator", "local-emulator", &[]),
            ("local-emulator/redis", "local-emulator-redis", &[]),
            ("infra/xtask", "octavo-xtask", &[]),
            ("tests", "octavo-tests", &[]),
        ]);
        assert_eq!(check(&graph), []);
    }
}
