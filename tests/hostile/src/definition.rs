//! Definitions in Amazon States Language.

use octavo_domain_workflow::definition::{Finding, locate, parse, parse_state};

/// Panics where a definition that is refused is refused without a finding, or says two different things of one text.
pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for express in [false, true] {
        match parse(text, express) {
            Ok(definition) => {
                let again = parse(text, express).map(|again| format!("{again:?}"));
                assert_eq!(again, Ok(format!("{definition:?}")), "the same text, read again");
                // What is run is what was written: its parts, taken as JSON again, are as acceptable.
                let plain: serde_json::Value = serde_json::from_str(text).expect("a definition is JSON");
                assert!(parse(&plain.to_string(), express).is_ok(), "the same definition, written anew");
            }
            Err(findings) => told(&findings),
        }
    }
    if let Err(findings) = parse_state(text) {
        told(&findings);
    }
    let _ = locate(text);
}

fn told(findings: &[Finding]) {
    assert!(!findings.is_empty(), "refused without a reason");
    for finding in findings {
        assert!(!finding.message.is_empty(), "{finding:?}");
    }
}
