//! A reindex while documents are written, shared and deleted, on every engine: the embedded one always, real ones where
//! `OCTAVO_TEST_OPENSEARCH_URL` and `OCTAVO_TEST_ELASTICSEARCH_URL` say that they are.
//!
//! To add a case: an `async fn(&Bench)` in the file of its theme, and its name below.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod back;
mod bench;
mod busy;
mod check;
mod killed;
mod lifecycle;
mod mended;
mod older;

macro_rules! cases {
    ($($theme:ident: $($case:ident),+;)+) => {
        mod embedded {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                crate::$theme::$case(&crate::bench::Bench::embedded().await).await;
            })+)+
        }
        mod opensearch {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some(bench) = crate::bench::Bench::opensearch() {
                    crate::$theme::$case(&bench).await;
                    bench.clear().await;
                }
            })+)+
        }
        mod elasticsearch {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some(bench) = crate::bench::Bench::elasticsearch() {
                    crate::$theme::$case(&bench).await;
                    bench.clear().await;
                }
            })+)+
        }
    };
}

cases! {
    busy: nothing_is_lost_while_documents_are_written, two_at_once_are_one_too_many;
    killed: it_goes_on_wherever_it_was_killed, its_ends_go_on_wherever_they_were_killed;
    back: after_the_swap_the_old_one_is_kept_up_to_date, aborted_it_leaves_nothing, what_is_not_possible_says_so;
    mended: what_is_missing_or_came_back_is_brought_into_order, a_new_index_that_is_gone_refuses_writes_until_it_is_aborted,
        a_document_that_cannot_be_carried_is_named;
    check: what_differs_is_told_by_kind_and_mended, writers_at_work_are_no_difference,
        what_never_comes_is_a_difference_among_writers, without_an_index_there_is_nothing_to_compare,
        vectors_of_another_model_are_asked_for_once_for_each_tenant;
    older: a_document_of_before_is_found_by_its_language, vectors_go_along;
    lifecycle: old_indices_go_and_documents_stay;
}
