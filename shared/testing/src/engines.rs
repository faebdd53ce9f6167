//! Real engines that a test may use, and what happens when one is not there.

/// Set to 1 (CI does), a missing real engine fails the test instead of skipping it.
pub const REQUIRE: &str = "OCTAVO_REQUIRE_ENGINES";

/// Where the real engine `name` is, as the variable `variable` says. Where it is not set, says on the output that the
/// suite is skipped and returns none, or panics if [`REQUIRE`] is 1.
///
/// ```no_run
/// # async fn suite(url: &str) {}
/// # async fn test() {
/// if let Some(url) = octavo_testing::engines::real("Redis", "OCTAVO_TEST_REDIS_URL") {
///     suite(&url).await;
/// }
/// # }
/// ```
#[expect(clippy::disallowed_methods, reason = "tests have no settings: this is their only reader of the environment")]
pub fn real(name: &str, variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    let required = std::env::var(REQUIRE).is_ok_and(|value| value == "1");
    match decide(name, variable, found, required) {
        Ok(url) => Some(url),
        Err(skipped) => {
            println!("{skipped}");
            None
        }
    }
}

/// The same for an engine that is judged where somebody gives one, and that CI does not have: never required.
#[expect(clippy::disallowed_methods, reason = "tests have no settings: this is their only reader of the environment")]
pub fn optional(name: &str, variable: &str) -> Option<String> {
    decide(name, variable, std::env::var(variable).ok(), false).map_err(|skipped| println!("{skipped}")).ok()
}

fn decide(name: &str, variable: &str, found: Option<String>, required: bool) -> Result<String, String> {
    match found.filter(|url| !url.is_empty()) {
        Some(url) => Ok(url),
        None => {
            assert!(!required, "{REQUIRE}=1, but {variable} does not say where the real {name} is");
            Err(format!("skipped: real {name} (set {variable})"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_aloud() {
        assert_eq!(decide("Redis", "URL", None, false).unwrap_err(), "skipped: real Redis (set URL)");
        assert_eq!(decide("Redis", "URL", Some(String::new()), false).unwrap_err(), "skipped: real Redis (set URL)");
        assert_eq!(decide("Redis", "URL", Some("redis://x".to_owned()), true).unwrap(), "redis://x");
    }

    #[test]
    #[should_panic(expected = "OCTAVO_REQUIRE_ENGINES=1, but URL does not say where the real Redis is")]
    fn fails_where_it_is_required() {
        let _ = decide("Redis", "URL", None, true);
    }
}
