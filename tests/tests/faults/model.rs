//! What people were told of their documents, and so what must be true. Knows no platform: time is an argument.

use crate::plan::{Change, PEOPLE};
use std::collections::BTreeMap;
use std::time::Instant;

/// A time in which somebody may not see a document.
#[derive(Debug, Clone, Copy)]
struct Hidden {
    /// The answer by which they lost it has come.
    from: Instant,
    /// The request by which they may get it back has begun.
    until: Option<Instant>,
}

/// A document as its owner was told of it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) owner: usize,
    pub(crate) title: String,
    /// Readers, and whether they may change it.
    pub(crate) shares: BTreeMap<String, bool>,
    pub(crate) deleted: bool,
    /// The accepted versions' bodies.
    pub(crate) versions: BTreeMap<u64, String>,
    /// Bodies of which nobody was told whether they were accepted.
    pub(crate) doubtful: Vec<String>,
    /// The latest revision that somebody was told of.
    pub(crate) revision: i64,
    hidden: [Vec<Hidden>; PEOPLE.len()],
}

/// Whether somebody may read a document of this owner, shared like this.
pub(crate) fn is_read_by<'a>(person: usize, owner: usize, mut shares: impl Iterator<Item = &'a String>) -> bool {
    let (name, groups) = PEOPLE[person];
    let stands_for = |reader: &String| match reader.split_once(':') {
        Some(("user", user)) => user == name,
        Some(("group", group)) => groups.contains(&group),
        _ => false,
    };
    person == owner || shares.any(stands_for)
}

impl Known {
    fn is_open_to(&self, person: usize) -> bool {
        !self.deleted && is_read_by(person, self.owner, self.shares.keys())
    }

    /// Whether somebody who does not own it may change it.
    pub(crate) fn is_edited_by(&self, person: usize) -> bool {
        self.owner != person && !self.deleted && self.shares.get(&format!("user:{}", PEOPLE[person].0)) == Some(&true)
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Share { reader, editor } => drop(self.shares.insert(reader.clone(), *editor)),
            Change::Unshare { reader } => drop(self.shares.remove(reader)),
            Change::Delete => self.deleted = true,
            Change::Restore => self.deleted = false,
        }
    }

    /// Begins the times in which people may not see it whom it is closed to now, and ends those of the others.
    fn look_again(&mut self, now: Instant) {
        for person in 0..PEOPLE.len() {
            let open = self.is_open_to(person);
            match self.hidden[person].last_mut() {
                Some(last) if last.until.is_none() && open => last.until = Some(now),
                Some(last) if last.until.is_none() => {}
                _ if !open => self.hidden[person].push(Hidden { from: now, until: None }),
                _ => {}
            }
        }
    }
}

/// A document of which nobody was told whether it was made.
#[derive(Debug, Clone)]
pub(crate) struct Doubtful {
    pub(crate) owner: usize,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// What somebody was shown.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) person: usize,
    /// When they asked, and when they were answered.
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    pub(crate) documents: Vec<String>,
    /// By what, for people.
    pub(crate) how: String,
}

/// All of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) documents: BTreeMap<String, Known>,
    pub(crate) doubtful: Vec<Doubtful>,
    pub(crate) seen: Vec<Seen>,
}

impl Model {
    fn known(&mut self, id: &str) -> &mut Known {
        self.documents.get_mut(id).expect("it was made")
    }

    /// A document was accepted whose making began at `began`.
    pub(crate) fn created(&mut self, id: &str, owner: usize, title: &str, body: &str, began: Instant) {
        let mut known = Known {
            owner,
            title: title.to_owned(),
            shares: BTreeMap::new(),
            deleted: false,
            versions: BTreeMap::from([(1, body.to_owned())]),
            doubtful: Vec::new(),
            revision: 1,
            hidden: Default::default(),
        };
        known.look_again(began);
        self.documents.insert(id.to_owned(), known);
    }

    /// Somebody was told of a revision.
    pub(crate) fn at_revision(&mut self, id: &str, revision: i64) {
        let known = self.known(id);
        known.revision = known.revision.max(revision);
    }

    /// A version was accepted; false if another one has its number.
    #[must_use]
    pub(crate) fn written(&mut self, id: &str, number: u64, body: &str) -> bool {
        self.known(id).versions.insert(number, body.to_owned()).is_none_or(|before| before == body)
    }

    /// Nobody was told whether a version was accepted.
    pub(crate) fn perhaps_written(&mut self, id: &str, body: &str) {
        self.known(id).doubtful.push(body.to_owned());
    }

    /// A change is asked for: from now on whoever gets to see the document by it may see it.
    pub(crate) fn asked(&mut self, id: &str, change: &Change, now: Instant) {
        let known = self.known(id);
        let mut after = known.clone();
        after.apply(change);
        for person in 0..PEOPLE.len() {
            if after.is_open_to(person)
                && let Some(last) = known.hidden[person].last_mut()
            {
                last.until.get_or_insert(now);
            }
        }
    }

    /// A change was accepted: whoever lost the document by it may not see it from now on.
    pub(crate) fn changed(&mut self, id: &str, change: &Change, now: Instant) {
        let known = self.known(id);
        known.apply(change);
        known.look_again(now);
    }

    /// A change was refused, or nobody was told what became of it and it was looked up: so it is.
    pub(crate) fn settled(&mut self, id: &str, deleted: bool, shares: Option<BTreeMap<String, bool>>, now: Instant) {
        let known = self.known(id);
        known.deleted = deleted;
        if let Some(shares) = shares {
            known.shares = shares;
        }
        known.look_again(now);
    }

    /// What people were shown although they had lost it before they asked, and had not got it back when they were answered.
    pub(crate) fn shown_wrongly(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for seen in &self.seen {
            let (who, _) = PEOPLE[seen.person];
            for id in &seen.documents {
                let Some(known) = self.documents.get(id) else {
                    wrong.push(format!("{who} is shown {id} by {}, which was shared with nobody", seen.how));
                    continue;
                };
                let hidden = known.hidden[seen.person]
                    .iter()
                    .find(|hidden| hidden.from <= seen.began && hidden.until.is_none_or(|until| seen.ended <= until));
                if let Some(hidden) = hidden {
                    let after = seen.began.duration_since(hidden.from);
                    wrong.push(format!("{who} is shown {id} by {}, {after:?} after they may not any more", seen.how));
                }
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const EVE: usize = 3;
    const GIL: usize = 4;
    const HAL: usize = 5;

    /// A document of ada's, and a clock that a test moves.
    struct Tried {
        model: Model,
        began: Instant,
    }

    impl Tried {
        fn new() -> Self {
            let (mut model, began) = (Model::default(), Instant::now());
            model.created("one", 0, "Title", "body", began);
            Self { model, began }
        }

        fn at(&self, ms: u64) -> Instant {
            self.began + Duration::from_millis(ms)
        }

        fn asked(&mut self, change: &Change, ms: u64) {
            let now = self.at(ms);
            self.model.asked("one", change, now);
        }

        fn changed(&mut self, change: &Change, ms: u64) {
            let now = self.at(ms);
            self.model.changed("one", change, now);
        }

        /// Whether it is wrong that somebody sees the document who asked at the one time and was answered at the other.
        fn is_wrong(&mut self, person: usize, began: u64, ended: u64) -> bool {
            let (began, ended) = (self.at(began), self.at(ended));
            let seen = Seen { person, began, ended, documents: vec!["one".to_owned()], how: "a search".to_owned() };
            self.model.seen = vec![seen];
            !self.model.shown_wrongly().is_empty()
        }
    }

    fn share(reader: &str) -> Change {
        Change::Share { reader: reader.to_owned(), editor: false }
    }

    fn unshare(reader: &str) -> Change {
        Change::Unshare { reader: reader.to_owned() }
    }

    #[test]
    fn what_is_shown_after_it_was_lost_is_noticed_and_what_is_shown_in_time_is_not() {
        let mut tried = Tried::new();
        assert!(tried.is_wrong(EVE, 1, 2), "it was never shared");
        tried.asked(&share("user:eve"), 10);
        assert!(!tried.is_wrong(EVE, 9, 11), "the share may have been made before its answer");
        assert!(tried.is_wrong(EVE, 8, 9), "that was before anybody asked for the share");
        tried.changed(&share("user:eve"), 20);
        tried.asked(&unshare("user:eve"), 30);
        tried.changed(&unshare("user:eve"), 40);
        assert!(!tried.is_wrong(EVE, 21, 29));
        assert!(!tried.is_wrong(EVE, 39, 90), "it was asked for before the unshare was accepted");
        assert!(tried.is_wrong(EVE, 41, 90), "it was asked for after the unshare was accepted");
        tried.asked(&share("user:eve"), 60);
        assert!(!tried.is_wrong(EVE, 41, 90), "meanwhile it was shared again");
        assert!(tried.is_wrong(EVE, 41, 59), "it was answered before it was shared again");
    }

    #[test]
    fn a_change_that_was_not_made_hides_what_it_might_have_opened() {
        let mut tried = Tried::new();
        tried.asked(&share("user:eve"), 10);
        assert!(!tried.is_wrong(EVE, 11, 12));
        let now = tried.at(20);
        tried.model.settled("one", false, Some(BTreeMap::new()), now);
        assert!(!tried.is_wrong(EVE, 19, 21), "it may have been");
        assert!(tried.is_wrong(EVE, 21, 22), "it was looked up that it was not");
    }

    #[test]
    fn a_change_that_was_made_after_all_hides_from_when_that_was_looked_up() {
        let mut tried = Tried::new();
        tried.asked(&share("user:eve"), 0);
        tried.changed(&share("user:eve"), 0);
        tried.asked(&unshare("user:eve"), 10);
        assert!(!tried.is_wrong(EVE, 15, 16), "nobody knows");
        let now = tried.at(20);
        tried.model.settled("one", false, Some(BTreeMap::new()), now);
        assert!(!tried.is_wrong(EVE, 15, 16) && tried.is_wrong(EVE, 21, 22));
    }

    #[test]
    fn who_may_read_it_for_two_reasons_loses_it_with_the_second() {
        let mut tried = Tried::new();
        for change in [share("group:staff"), share("user:hal")] {
            tried.asked(&change, 0);
            tried.changed(&change, 0);
        }
        tried.changed(&unshare("group:staff"), 10);
        assert!(tried.is_wrong(GIL, 11, 12) && !tried.is_wrong(HAL, 11, 12));
        tried.changed(&unshare("user:hal"), 20);
        assert!(tried.is_wrong(HAL, 21, 22));
    }

    #[test]
    fn a_deleted_document_is_shown_to_nobody_its_owner_among_them() {
        let mut tried = Tried::new();
        assert!(!tried.is_wrong(0, 1, 2));
        tried.changed(&Change::Delete, 10);
        assert!(tried.is_wrong(0, 11, 12));
        tried.asked(&Change::Restore, 20);
        tried.changed(&Change::Restore, 30);
        assert!(!tried.is_wrong(0, 21, 22) && tried.is_wrong(EVE, 31, 32));
    }

    #[test]
    fn what_nobody_was_told_of_is_shown_to_nobody_but_its_owner() {
        let mut tried = Tried::new();
        tried.model.documents.clear();
        assert!(tried.is_wrong(EVE, 1, 2));
    }
}
