//! The contract of [`SearchIndex`](octavo_domain_search::SearchIndex), on every engine: the embedded one always, real ones
//! where `OCTAVO_TEST_OPENSEARCH_URL` and `OCTAVO_TEST_ELASTICSEARCH_URL` say that they are.
//!
//! To add a case: an `async fn(&Bench)` in the file of its theme, and its name below.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod bench;
mod border;
mod finding;
mod making;
mod paging;
mod writing;

use bench::Bench;

macro_rules! contract {
    ($($theme:ident: $($case:ident),+;)+) => {
        mod embedded {
            $($(#[tokio::test]
            async fn $case() {
                crate::$theme::$case(&crate::Bench::embedded().await).await;
            })+)+
        }
        mod opensearch {
            $($(#[tokio::test]
            async fn $case() {
                if let Some(bench) = crate::Bench::opensearch() {
                    crate::$theme::$case(&bench).await;
                }
            })+)+
        }
        mod elasticsearch {
            $($(#[tokio::test]
            async fn $case() {
                if let Some(bench) = crate::Bench::elasticsearch() {
                    crate::$theme::$case(&bench).await;
                }
            })+)+
        }
    };
}

contract! {
    making: made_by_many_at_once, made_again_when_it_is_gone, the_engine_answers;
    border: another_tenant_finds_nothing, only_readers_find, what_is_hidden_is_gone_at_once, facets_and_suggestions_stay_inside;
    writing: a_late_write_changes_nothing, a_removal_holds_against_a_late_write, many_at_once_each_have_their_answer,
        one_that_is_refused_leaves_the_others;
    finding: the_best_comes_first, words_may_be_in_different_fields, typing_errors_are_tolerated, endings_do_not_matter,
        highlights_are_safe, every_filter_filters, facets_count, titles_are_completed, nothing_asked_finds_all;
    paging: pages_neither_repeat_nor_skip, a_page_after_typing_errors_goes_on;
}
