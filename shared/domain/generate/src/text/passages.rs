//! The places of a long text that matter most for what is being written.

use std::collections::BTreeSet;

/// Characters of a line beyond which it is divided: a text without line breaks has places too.
const PLACE_CHARS_MAX: usize = 1_200;
/// Letters of a word that is looked for: shorter ones are everywhere.
const WORD_CHARS_MIN: usize = 4;
/// What stands where something was left out.
const GAP: &str = "[...]";

/// How many characters each of the texts of these `lengths` gets of `total`, at most `each` for one: who needs less leaves
/// the rest to the others.
pub fn budgets(lengths: &[usize], each: usize, total: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|place| lengths[*place]);
    let mut budgets = vec![0; lengths.len()];
    let (mut left, mut waiting) = (total, lengths.len());
    for place in order {
        budgets[place] = lengths[place].min(each).min(left / waiting);
        left -= budgets[place];
        waiting -= 1;
    }
    budgets
}

/// At most `chars_max` characters of `text`: its beginning, and then its lines that hold most of the words of `about`, in
/// their order. All of it where it fits.
pub fn passages(text: &str, about: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let wanted = words(about);
    let places = places(text);
    let mut ranked: Vec<(usize, usize)> =
        places.iter().enumerate().map(|(at, place)| (words(place).intersection(&wanted).count(), at)).collect();
    // The beginning says what it is; then the best, earlier before later.
    ranked.sort_by(|left, right| (right.1 == 0, right.0).cmp(&(left.1 == 0, left.0)).then(left.1.cmp(&right.1)));
    let mut left = chars_max;
    let mut chosen = BTreeSet::new();
    for (_, at) in ranked {
        let cost = places[at].chars().count() + GAP.len() + 2;
        if cost <= left {
            left -= cost;
            chosen.insert(at);
        }
    }
    let mut out = String::new();
    let mut expected = 0;
    for at in chosen {
        if at != expected {
            out.push_str(GAP);
            out.push('\n');
        }
        out.push_str(places[at]);
        out.push('\n');
        expected = at + 1;
    }
    if expected != places.len() {
        out.push_str(GAP);
    }
    out.trim_end().chars().take(chars_max).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= WORD_CHARS_MIN)
        .map(str::to_lowercase)
        .collect()
}

/// Lines that are not empty; a long one in several pieces.
fn places(text: &str) -> Vec<&str> {
    let mut places = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut rest = line;
        while let Some((at, _)) = rest.char_indices().nth(PLACE_CHARS_MAX) {
            let end = rest[..at].rfind(' ').map_or(at, |space| space + 1);
            places.push(&rest[..end]);
            rest = &rest[end..];
        }
        places.push(rest);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_beginning_and_what_it_is_about() {
        let filler = "Nothing of interest stands on this line at all.\n".repeat(40);
        let text = format!("The handbook.\n{filler}The refund period is thirty days.\n{filler}");
        let found = passages(&text, "When is the REFUND period over?", 160);
        assert!(found.starts_with("The handbook.\n"), "{found}");
        assert!(found.contains("The refund period is thirty days."), "{found}");
        assert!(found.contains(GAP) && found.chars().count() <= 160, "{found}");
        assert_eq!(passages("short", "x", 5), "short");
    }

    #[test]
    fn who_needs_less_leaves_the_rest() {
        assert_eq!(budgets(&[10, 1_000, 1_000], 600, 1_000), [10, 495, 495]);
        assert_eq!(budgets(&[10, 900], 600, 1_000), [10, 600]);
        assert_eq!(budgets(&[], 600, 1_000), [0; 0]);
    }

    proptest! {
        #[test]
        fn limits_are_kept(text in "(\\PC| |\n){0,400}", about in "\\PC{0,40}", most in 0..200_usize) {
            prop_assert!(passages(&text, &about, most).chars().count() <= most);
        }

        #[test]
        fn budgets_are_within_the_total(lengths in prop::collection::vec(0..5_000_usize, 0..20)) {
            let budgets = budgets(&lengths, 2_000, 10_000);
            prop_assert!(budgets.iter().sum::<usize>() <= 10_000);
            prop_assert!(budgets.iter().zip(&lengths).all(|(budget, length)| budget <= length && *budget <= 2_000));
        }
    }
}
