//! What a person gives: a definition's file, and JSON on the command line or in a file.

use anyhow::{Context, bail};
use octavo_domain_workflow::definition::{DEFINITION_BYTES_MAX, Definition, Finding, parse};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The name under which the standard input is read.
const STANDARD_INPUT: &str = "-";
/// The longest input that is read from a file, in bytes: more than any execution takes.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A definition's text. `-` is the standard input.
pub(super) fn text(file: &Path) -> anyhow::Result<String> {
    read(file, DEFINITION_BYTES_MAX as u64)
}

fn read(file: &Path, bytes_max: u64) -> anyhow::Result<String> {
    let named = || format!("cannot read {}", file.display());
    let mut text = String::new();
    // One byte more than is taken, so that a longer one is found to be longer.
    let read = match file.as_os_str() == STANDARD_INPUT {
        true => std::io::stdin().take(bytes_max + 1).read_to_string(&mut text),
        false => std::fs::File::open(file).with_context(named)?.take(bytes_max + 1).read_to_string(&mut text),
    };
    let read = read.with_context(named)? as u64;
    if read > bytes_max {
        bail!("{} is longer than {bytes_max} bytes", file.display());
    }
    Ok(text)
}

/// A definition that is right; what is wrong with one is shown and counted.
pub(super) fn definition(file: &Path, express: bool) -> anyhow::Result<(String, Definition)> {
    let text = text(file)?;
    match parse(&text, express) {
        Ok(definition) => Ok((text, definition)),
        Err(findings) => {
            print!("{}", told(&file.display().to_string(), &findings));
            let count = findings.len();
            bail!("{count} {} in {}", if count == 1 { "fault" } else { "faults" }, file.display());
        }
    }
}

/// `FILE:LINE:COLUMN: CODE: MESSAGE`, as editors and terminals make links of; what to do about it below.
pub(super) fn told(file: &str, findings: &[Finding]) -> String {
    let mut told = String::new();
    // In the order in which a reader of the file meets them.
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| (finding.line, finding.column));
    for finding in findings {
        let Finding { line, column, code, message, path, hint } = finding;
        let place = if path.is_empty() || path == "/" { String::new() } else { format!(" at {path}") };
        // Writing to a text does not fail.
        let _ = writeln!(told, "{file}:{line}:{column}: {}: {message}{place}", code.name());
        if !hint.is_empty() {
            let _ = writeln!(told, "    {hint}");
        }
    }
    told
}

/// JSON as it was given, or `@FILE`.
pub(super) fn json(given: &str) -> anyhow::Result<Value> {
    let (text, named) = match given.strip_prefix('@') {
        Some(file) => (read(&PathBuf::from(file), INPUT_BYTES_MAX)?, file),
        None => (given.to_owned(), "the argument"),
    };
    serde_json::from_str(&text).with_context(|| format!("{named} is no JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_told_with_its_place_and_what_to_do() {
        let text = "{\n  \"StartAt\": \"A\",\n  \"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": \"Bb\"},\n  \"B\": {\"Type\": \"Succeed\"}}\n}";
        let findings = parse(text, false).err().unwrap_or_default();
        let expected = "\
order.json:3:36: MISSING_TRANSITION_TARGET: Missing 'Next' target: Bb at /States/A/Next
    Did you mean 'B'?
order.json:4:3: MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B
    Let a state lead to it, or remove it.
";
        assert_eq!(told("order.json", &findings), expected);
    }

    #[test]
    fn json_is_read_from_the_line_and_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("input.json");
        std::fs::write(&file, "{\"a\": 1}").unwrap();
        assert_eq!(json(&format!("@{}", file.display())).unwrap(), json("{\"a\":1}").unwrap());
        let fault = json(&format!("@{}/none", folder.path().display())).unwrap_err();
        assert!(fault.to_string().starts_with("cannot read "), "{fault}");
        assert_eq!(json("{").unwrap_err().to_string(), "the argument is no JSON");
    }
}
