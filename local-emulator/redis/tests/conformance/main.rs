//! The embedded server judged by a real Redis: the same commands, the same answers.
//!
//! - `cases`: written down, in `*.txt` beside this file, with the replies of Redis 7.0.15. A case begins with `== name`, on a
//!   fresh connection and an empty database 9. `> command` is sent, `< reply` expected; `>~` compares an array without its
//!   order, `>?` only that there is a reply.
//! - `sequences`: drawn at random from the forms of commands in `grammar.txt`, and sent to both.
//! - `table`: what came of the cases on both, as the page `infra/engines/redis.md`.
//!
//! A real server is used where `OCTAVO_TEST_REDIS_URL` names one; its databases 9 to 12 are emptied. A fault that a sequence
//! finds becomes a case.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod grammar;
mod sequences;
mod table;
mod wire;

/// What whoever runs the tests says by a variable.
#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
fn asked(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// The address of the real Redis; none says that `what` is skipped.
fn real(what: &str) -> Option<String> {
    let url = asked("OCTAVO_TEST_REDIS_URL");
    if url.is_none() {
        let required = asked("OCTAVO_REQUIRE_ENGINES");
        assert_ne!(required.as_deref(), Some("1"), "OCTAVO_TEST_REDIS_URL must name a real Redis");
        println!("skipped: {what} on a real Redis (set OCTAVO_TEST_REDIS_URL)");
    }
    let url = url?;
    let address = url.strip_prefix("redis://").expect("a redis:// URL").split('/').next().unwrap_or_default();
    Some(address.to_owned())
}
