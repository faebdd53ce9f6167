//! All of it but the races.

use super::{budgets, open_calls, rates};
use octavo_domain_ai::ports::Meter;

/// Judges a meter. `make` gives a handle; all handles are on the same store.
pub async fn meter<M: Meter, F: Future<Output = M>>(make: impl Fn() -> F) {
    let (first, second) = (make().await, make().await);
    rates::taken_and_refused(&first, &second).await;
    rates::nothing_is_rounded(&first).await;
    rates::granted_after_the_wait(&first).await;
    rates::all_or_nothing(&first).await;
    rates::more_was_used(&first).await;
    rates::apart(&first).await;
    budgets::begun_by_a_seed(&first, &second).await;
    budgets::one_seed_counts(&first, &second).await;
    budgets::as_much_as_there_is_room(&first).await;
    budgets::all_or_nothing(&first).await;
    budgets::settled(&first, &second).await;
    budgets::exact_to_the_last(&first).await;
    budgets::beyond_the_limits(&first).await;
    budgets::alerts(&first, &second).await;
    open_calls::reserved_again(&first, &second).await;
    open_calls::abandoned(&first, &second).await;
    open_calls::each_is_given_to_one(&first, &second).await;
    open_calls::only_what_was_taken_goes(&first).await;
}
