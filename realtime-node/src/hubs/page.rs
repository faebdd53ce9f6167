//! How much one answer holds.

use serde::Serialize;

/// Bytes of what one answer lists, as JSON. A record that is much larger holds up what is pushed behind it, and a connection
/// that does not read in time is closed.
pub(super) const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Leaves as many of `items` as one answer holds, at least one; whether some were cut off.
pub(super) fn cut<T: Serialize>(items: &mut Vec<T>) -> bool {
    let mut bytes = 0;
    let fitting = items.iter().take_while(|item| {
        bytes += serde_json::to_vec(item).map_or(ANSWER_BYTES_MAX, |json| json.len());
        bytes <= ANSWER_BYTES_MAX
    });
    let kept = fitting.count().max(1);
    let is_cut = kept < items.len();
    items.truncate(kept);
    is_cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_where_it_is_full_and_never_empty() {
        let text = "x".repeat(ANSWER_BYTES_MAX / 4);
        let mut items = vec![text.as_str(); 10];
        assert!(cut(&mut items));
        assert_eq!(items.len(), 3);
        assert!(!cut(&mut items));
        let mut large = vec!["x".repeat(ANSWER_BYTES_MAX), String::new()];
        assert!(cut(&mut large));
        assert_eq!(large.len(), 1);
        assert!(!cut(&mut Vec::<String>::new()));
    }
}
