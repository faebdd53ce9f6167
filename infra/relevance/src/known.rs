//! Documents that somebody looks for and would know when they see them.

/// Which pages these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    English,
    /// German, Spanish, French.
    Translated,
}

/// One document and the words that it is looked for with.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) item: String,
    pub(crate) text: String,
    pub(crate) set: Set,
}

/// At most `count` of `set`, spread evenly: the same on every run.
pub(crate) fn sample(known: &[Known], set: Set, count: usize) -> Vec<&Known> {
    let all: Vec<&Known> = known.iter().filter(|one| one.set == set).collect();
    if all.len() <= count {
        return all;
    }
    (0..count).map(|number| all[number * all.len() / count]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_all() {
        let known: Vec<Known> =
            (0..10).map(|n| Known { item: n.to_string(), text: String::new(), set: Set::English }).collect();
        let names = |count| sample(&known, Set::English, count).iter().map(|one| one.item.clone()).collect::<Vec<_>>();
        assert_eq!(names(3), ["0", "3", "6"]);
        assert_eq!(names(20).len(), 10);
        assert!(sample(&known, Set::Translated, 3).is_empty());
    }
}
