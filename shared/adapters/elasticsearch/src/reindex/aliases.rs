//! The aliases of a phase, set in one request.

use super::call::Caller;
use super::error::ReindexError;
use crate::Options;
use crate::targets::{Alias, Aliases, aliases};
use elasticsearch::http::Method;
use octavo_domain_kernel::PortError;
use serde::Deserialize;
use serde_json::{Value, json};

/// Which index is read, and which are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) read: &'a str,
    /// The old one and the new one; none: the one that is read is written, and no other.
    pub(super) both: Option<(&'a str, &'a str)>,
}

impl Wanted<'_> {
    /// Each alias with the index that it belongs on, and whether that is written by it.
    fn places(&self, options: &Options) -> [(String, &str, Option<bool>); 4] {
        let (old, new) = self.both.unwrap_or((self.read, self.read));
        let double = self.both.is_some();
        // An alias that takes no writes tells whoever uses it that it is not the time for it. One that is not there would not:
        // the engines make an index of that name when something is deleted by it with an external version.
        [
            (options.read_alias(), self.read, None),
            (options.write_alias(), self.read, Some(!double)),
            (options.old_alias(), old, Some(double)),
            (options.new_alias(), new, Some(double)),
        ]
    }

    /// What is to be done so that `present` becomes this. Nothing if it is so.
    fn actions(&self, options: &Options, present: &Aliases) -> Vec<Value> {
        let mut actions = Vec::new();
        for (alias, wanted, is_write_index) in self.places(options) {
            let mut there = false;
            for (index, has) in present {
                let Some(has) = has.aliases.get(&alias) else { continue };
                if wanted == index {
                    there = *has == Alias { is_write_index };
                } else {
                    actions.push(json!({"remove": {"index": index, "alias": alias}}));
                }
            }
            if !there {
                let mut add = json!({"index": wanted, "alias": alias});
                if let Some(is_write_index) = is_write_index {
                    add["is_write_index"] = json!(is_write_index);
                }
                actions.push(json!({"add": add}));
            }
        }
        actions
    }
}

#[derive(Debug, Deserialize)]
struct Acknowledged {
    acknowledged: bool,
}

/// Sets the aliases as `wanted`, all at once.
pub(super) async fn set(caller: Caller<'_>, options: &Options, wanted: Wanted<'_>) -> Result<(), ReindexError> {
    let present = aliases(caller.engine, &format!("{}-*", options.name)).await?;
    let actions = wanted.actions(options, &present);
    if actions.is_empty() {
        return Ok(());
    }
    let body = json!({"actions": actions});
    let answer: Acknowledged = caller.send(Method::Post, "/_aliases", &[], Some(&body)).await?.json()?;
    if answer.acknowledged {
        Ok(())
    } else {
        // Some node may still go by the aliases of before.
        Err(PortError::unavailable("not every node of the engine has confirmed the change of aliases").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(wanted: Wanted<'_>, present: Value) -> Value {
        let options = Options::new("http://127.0.0.1:1".parse().unwrap());
        json!(wanted.actions(&options, &serde_json::from_value(present).unwrap()))
    }

    const DOUBLE: Wanted<'_> = Wanted { read: "docs-v1", both: Some(("docs-v1", "docs-v2")) };
    const SWAPPED: Wanted<'_> = Wanted { read: "docs-v2", both: Some(("docs-v1", "docs-v2")) };
    const SINGLE: Wanted<'_> = Wanted { read: "docs-v2", both: None };

    #[test]
    fn each_phase_is_one_request() {
        let before = json!({"docs-v1": {"aliases": {"docs-read": {}, "docs-write": {"is_write_index": true}}}});
        insta::assert_json_snapshot!("double", actions(DOUBLE, before));
        let double = json!({
            "docs-v1": {"aliases": {"docs-read": {}, "docs-write": {"is_write_index": false}, "docs-write-old": {"is_write_index": true}}},
            "docs-v2": {"aliases": {"docs-write-new": {"is_write_index": true}}}
        });
        insta::assert_json_snapshot!("swap", actions(SWAPPED, double));
        let swapped = json!({
            "docs-v1": {"aliases": {"docs-write-old": {"is_write_index": true}}},
            "docs-v2": {"aliases": {"docs-read": {}, "docs-write": {"is_write_index": false}, "docs-write-new": {"is_write_index": true}}}
        });
        insta::assert_json_snapshot!("single", actions(SINGLE, swapped));
    }

    #[test]
    fn what_is_so_already_is_left() {
        let double = json!({
            "docs-v1": {"aliases": {"docs-read": {}, "docs-write": {"is_write_index": false}, "docs-write-old": {"is_write_index": true}}},
            "docs-v2": {"aliases": {"docs-write-new": {"is_write_index": true}}}
        });
        assert_eq!(actions(DOUBLE, double), json!([]));
    }
}
