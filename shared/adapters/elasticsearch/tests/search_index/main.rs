//! The contract of [`SearchIndex`](octavo_domain_search::SearchIndex), on every engine: the embedded one always, real ones
//! where `OCTAVO_TEST_OPENSEARCH_URL` and `OCTAVO_TEST_ELASTICSEARCH_URL` say that they are.
//!
//! To add a case: an `async fn(&Bench)` in the file of its theme, and its name below.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod bench;
mod border;
mod finding;
mod languages;
mod making;
mod meaning;
mod older;
mod paging;
mod similar;
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
    meaning: what_means_the_same_is_found_without_its_words, the_border_holds_for_meaning_too,
        a_filter_leaves_no_fewer_near_ones, a_fused_listing_neither_repeats_nor_skips,
        without_vectors_a_listing_goes_on_by_words, highlights_and_corrections_are_shown_beside_meaning,
        a_vector_is_kept_with_what_it_was_made_of, a_vector_that_was_missed_is_added_to_its_revision, another_model_is_told_at_once_and_stops_nothing;
    languages: endings_are_those_of_the_language, a_text_without_a_language_is_found_too,
        errors_are_tolerated_in_every_language, errors_are_not_tolerated_where_nobody_wants_it, what_is_said_otherwise_is_found, equals_are_ordered_by_their_age;
    older: an_older_index_is_written_and_read, a_writer_that_took_it_for_newer_learns;
    similar: what_says_the_same_is_alike;
    paging: pages_neither_repeat_nor_skip, a_page_after_typing_errors_goes_on, the_first_of_many_are_the_first;
}
