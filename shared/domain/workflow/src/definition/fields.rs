//! Which fields a state may have, by type and language.

use super::{Language, StateType};

const ALWAYS: &[&str] = &["Type", "Comment", "QueryLanguage"];
const FLOW: &[&str] = &["Next", "End"];
const PATHS: &[&str] = &["InputPath", "OutputPath"];
const FAULTS: &[&str] = &["Retry", "Catch"];

/// Fields of the whole.
pub(super) const MACHINE: &[&str] =
    &["Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage", "SearchAttributes"];

/// All fields that a state of this type may have in this language.
pub(super) fn allowed(kind: StateType, language: Language) -> Vec<&'static str> {
    let path = language == Language::JsonPath;
    let mut all = ALWAYS.to_vec();
    let mut add = |when: bool, names: &[&'static str]| {
        if when {
            all.extend_from_slice(names);
        }
    };
    let (task, pass, map) = (kind == StateType::Task, kind == StateType::Pass, kind == StateType::Map);
    let works = matches!(kind, StateType::Task | StateType::Parallel | StateType::Map);
    add(!matches!(kind, StateType::Choice | StateType::Succeed | StateType::Fail), FLOW);
    add(path && kind != StateType::Fail, PATHS);
    add(!path && kind != StateType::Fail, &["Output"]);
    add(!matches!(kind, StateType::Succeed | StateType::Fail), &["Assign"]);
    add(works, FAULTS);
    add(path && (works || pass), &["ResultPath", "Parameters"]);
    add(path && works, &["ResultSelector"]);
    add(!path && matches!(kind, StateType::Task | StateType::Parallel), &["Arguments"]);
    add(task, &["Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"]);
    add(task && path, &["TimeoutSecondsPath", "HeartbeatSecondsPath"]);
    add(pass && path, &["Result"]);
    add(kind == StateType::Choice, &["Choices", "Default"]);
    add(kind == StateType::Wait, &["Seconds", "Timestamp"]);
    add(kind == StateType::Wait && path, &["SecondsPath", "TimestampPath"]);
    add(kind == StateType::Fail, &["Error", "Cause"]);
    add(kind == StateType::Fail && path, &["ErrorPath", "CausePath"]);
    add(kind == StateType::Parallel, &["Branches"]);
    let mapping = [
        "ItemProcessor",
        "Iterator",
        "ItemSelector",
        "MaxConcurrency",
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "Label",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
    ];
    add(map, &mapping);
    add(map && !path, &["Items"]);
    let paths = ["ItemsPath", "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"];
    add(map && path, &paths);
    all
}

/// The name among these that a wrong one was probably meant to be.
pub(super) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (distance(&wrong.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(far, name)| *far <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be changed, added or taken away. Long texts are far from everything.
fn distance(left: &str, right: &str) -> usize {
    const LETTERS_MAX: usize = 80;
    let right: Vec<char> = right.chars().collect();
    if left.chars().count() > LETTERS_MAX || right.len() > LETTERS_MAX {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_a_strange_word_is_not() {
        let fields = allowed(StateType::Task, Language::JsonPath);
        assert_eq!(nearest("Resorce", fields.iter().copied()), Some("Resource"));
        assert_eq!(nearest("next", fields.iter().copied()), Some("Next"));
        assert_eq!(nearest("Colour", fields.iter().copied()), None);
    }

    #[test]
    fn each_language_has_its_own_fields() {
        assert!(allowed(StateType::Map, Language::Jsonata).contains(&"Items"));
        assert!(!allowed(StateType::Map, Language::Jsonata).contains(&"ItemsPath"));
        assert!(!allowed(StateType::Pass, Language::Jsonata).contains(&"Result"));
    }
}
