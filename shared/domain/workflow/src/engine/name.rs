//! Names of executions.

/// The longest name of an execution, in characters.
pub const EXECUTION_NAME_CHARS_MAX: usize = 80;

/// What no name may hold besides white space and control characters.
const REFUSED: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";

/// Whether an execution may have this name.
pub fn is_execution_name(name: &str) -> bool {
    let refused = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || REFUSED.contains(c)
            || matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{10ffff}')
    };
    (1..=EXECUTION_NAME_CHARS_MAX).contains(&name.chars().count()) && !name.contains(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_white_space_brackets_or_wildcards() {
        for good in ["a", "order-1.2_x", "äöü", "a+b=c@d!(e)'f", &"ü".repeat(80)] {
            assert!(is_execution_name(good), "{good}");
        }
        for bad in ["", "a b", "a\tb", "a/b", "a:b", "a*", "{a}", "a\u{0}b", "a\u{85}b", "a\u{2003}b", &"a".repeat(81)]
        {
            assert!(!is_execution_name(bad), "{bad:?}");
        }
    }
}
