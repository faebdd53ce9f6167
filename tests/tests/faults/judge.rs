//! What must be true after a run: what people were told against what is there. Looks nothing up itself.

use crate::model::{Known, Model};
use crate::plan::PEOPLE;
use crate::truth::{Stored, Truth};

/// Says everything that is wrong.
pub(crate) fn judge(model: &Model, truth: &Truth) -> Vec<String> {
    let mut wrong = model.shown_wrongly();
    wrong.extend(truth.index_errors());
    for (id, known) in &model.documents {
        match truth.documents.get(id) {
            None => wrong.push(format!("{id} was accepted, and is lost")),
            Some(stored) => wrong.extend(as_accepted(id, known, stored)),
        }
    }
    // What nobody was told of is there once at most.
    let mut doubtful = model.doubtful.clone();
    for (id, stored) in truth.documents.iter().filter(|(id, _)| !model.documents.contains_key(*id)) {
        let (name, _) = PEOPLE[stored.owner];
        let is = doubtful.iter().position(|one| one.owner == stored.owner && one.title == stored.title);
        let Some(at) = is else {
            wrong.push(format!("{name} has {id}, {:?}, which nobody made, or which was made twice", stored.title));
            continue;
        };
        let one = doubtful.swap_remove(at);
        if stored.version != 1 || stored.newest.as_deref() != Some(&one.body) || stored.deleted {
            wrong.push(format!("{id} was to be {one:?}, and is {stored:?}"));
        }
    }
    wrong
}

fn as_accepted(id: &str, known: &Known, stored: &Stored) -> Vec<String> {
    let mut wrong = Vec::new();
    if known.owner != stored.owner || known.title != stored.title {
        wrong.push(format!("{id} is called {:?} and was {:?}", stored.title, known.title));
    }
    if stored.revision < known.revision {
        wrong.push(format!("{id} is at revision {}, and {} was accepted", stored.revision, known.revision));
    }
    if stored.deleted != known.deleted {
        wrong.push(format!("{id} is deleted: {}, and was accepted as deleted: {}", stored.deleted, known.deleted));
    }
    if stored.shares.as_ref() != Some(&known.shares) {
        wrong.push(format!("{id} is shared with {:?}, and was with {:?}", stored.shares, known.shares));
    }
    for (number, body) in &known.versions {
        let there = stored.bodies.get(number);
        if there != Some(body) {
            wrong.push(format!("version {number} of {id} was accepted as {body:?}, and is {there:?}"));
        }
    }
    let mut doubtful = known.doubtful.clone();
    for number in 1..=stored.version {
        let Some(body) = stored.bodies.get(&number) else {
            wrong.push(format!("{id} counts version {number}, and cannot show it"));
            continue;
        };
        if known.versions.contains_key(&number) {
            continue;
        }
        match doubtful.iter().position(|one| one == body) {
            Some(at) => drop(doubtful.swap_remove(at)),
            None => wrong.push(format!("version {number} of {id} is {body:?}, which nobody wrote, or not twice")),
        }
    }
    if stored.newest.as_ref() != stored.bodies.get(&stored.version) {
        let (newest, last) = (&stored.newest, stored.bodies.get(&stored.version));
        wrong.push(format!("{id} shows {newest:?}, and its last version is {last:?}"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Doubtful, Seen};
    use crate::plan::Change;
    use crate::truth::Found;
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    const ADA: usize = 0;
    const EVE: usize = 3;
    const GIL: usize = 4;

    /// A run in which nothing went wrong: ada has `one` in two versions, shared with eve, and `two`, which she deleted; of a third
    /// version of `one` and of a third document she was not told.
    fn run() -> (Model, Truth) {
        let (mut model, mut truth, began) = (Model::default(), Truth::default(), Instant::now());
        let later = |ms| began + Duration::from_millis(ms);
        model.created("one", ADA, "One", "one 1", began);
        assert!(model.written("one", 2, "one 2"));
        model.perhaps_written("one", "one 3");
        let share = Change::Share { reader: "user:eve".to_owned(), editor: false };
        model.asked("one", &share, later(10));
        model.changed("one", &share, later(20));
        model.at_revision("one", 3);
        model.created("two", ADA, "Two", "two 1", began);
        model.asked("two", &Change::Delete, later(10));
        model.changed("two", &Change::Delete, later(20));
        model.doubtful.push(Doubtful { owner: ADA, title: "Three".to_owned(), body: "three 1".to_owned() });
        let see = |began, documents: &[&str]| Seen {
            person: EVE,
            began,
            ended: began + Duration::from_millis(1),
            documents: documents.iter().map(|id| (*id).to_owned()).collect(),
            how: "a search".to_owned(),
        };
        model.seen = vec![see(later(1), &[]), see(later(30), &["one"])];

        let stored = |title: &str, bodies: &[&str]| Stored {
            owner: ADA,
            title: title.to_owned(),
            revision: 3,
            deleted: false,
            shares: Some(BTreeMap::new()),
            version: bodies.len() as u64,
            bodies: (1..).zip(bodies.iter().map(|body| (*body).to_owned())).collect(),
            newest: bodies.last().map(|body| (*body).to_owned()),
        };
        let mut one = stored("One", &["one 1", "one 2"]);
        one.shares = Some(BTreeMap::from([("user:eve".to_owned(), false)]));
        truth.documents.insert("one".to_owned(), one);
        truth.documents.insert("two".to_owned(), Stored { deleted: true, ..stored("Two", &["two 1"]) });
        let found = Found { revision: 3, text: "one 2".to_owned() };
        for person in [ADA, EVE] {
            truth.indexes[person].insert("one".to_owned(), found.clone());
        }
        (model, truth)
    }

    /// What is said of a run that something was done to.
    #[track_caller]
    fn finds(what: &str, spoil: impl FnOnce(&mut Model, &mut Truth)) {
        let (mut model, mut truth) = run();
        spoil(&mut model, &mut truth);
        let wrong = judge(&model, &truth);
        assert!(wrong.len() == 1 && wrong[0].contains(what), "{what:?} is not what is said: {wrong:#?}");
    }

    fn stored<'a>(truth: &'a mut Truth, id: &str) -> &'a mut Stored {
        truth.documents.get_mut(id).unwrap()
    }

    #[test]
    fn a_run_in_which_nothing_went_wrong_is_fine() {
        let (model, truth) = run();
        assert_eq!(judge(&model, &truth), Vec::<String>::new());
    }

    #[test]
    fn what_nobody_was_told_of_may_be_there_once() {
        let (model, mut truth) = run();
        let one = stored(&mut truth, "one");
        (one.version, one.newest) = (3, Some("one 3".to_owned()));
        one.bodies.insert(3, "one 3".to_owned());
        let mut three = one.clone();
        (three.title, three.version, three.shares) = ("Three".to_owned(), 1, Some(BTreeMap::new()));
        (three.newest, three.bodies) = (Some("three 1".to_owned()), BTreeMap::from([(1, "three 1".to_owned())]));
        truth.documents.insert("three".to_owned(), three.clone());
        let found = |text: &str| Found { revision: 3, text: text.to_owned() };
        truth.indexes[ADA].extend([("one".to_owned(), found("one 3")), ("three".to_owned(), found("three 1"))]);
        truth.indexes[EVE].insert("one".to_owned(), found("one 3"));
        assert_eq!(judge(&model, &truth), Vec::<String>::new());

        truth.documents.insert("three again".to_owned(), three);
        truth.indexes[ADA].insert("three again".to_owned(), found("three 1"));
        let one = stored(&mut truth, "one");
        one.version = 4;
        one.bodies.insert(4, "one 3".to_owned());
        let wrong = judge(&model, &truth);
        assert!(wrong.iter().any(|said| said.contains("made twice")), "{wrong:#?}");
        assert!(wrong.iter().any(|said| said.contains("not twice")), "{wrong:#?}");
    }

    #[test]
    fn lost_writes_are_found() {
        finds("version 1 of two was accepted", |model, _| assert!(!model.written("two", 1, "two 1, anew")));
        finds("version 2 of two was accepted", |model, _| assert!(model.written("two", 2, "two 2")));
        finds("is lost", |model, _| model.created("four", ADA, "Four", "four 1", Instant::now()));
        finds("its last version is", |_, truth| stored(truth, "two").newest = Some("two 0".to_owned()));
        finds("is at revision 3, and 4 was accepted", |model, _| model.at_revision("two", 4));
        finds("was accepted as deleted: true", |_, truth| {
            stored(truth, "two").deleted = false;
            truth.indexes[ADA].insert("two".to_owned(), Found { revision: 3, text: "two 1".to_owned() });
        });
        finds("is shared with", |_, truth| {
            let shares = BTreeMap::from([("user:eve".to_owned(), true)]);
            stored(truth, "one").shares = Some(shares);
        });
        finds("which nobody wrote", |_, truth| {
            let two = stored(truth, "two");
            (two.version, two.newest) = (2, Some("two 2".to_owned()));
            two.bodies.insert(2, "two 2".to_owned());
        });
        finds("which nobody made", |model, truth| {
            model.documents.remove("two");
            assert!(truth.documents.contains_key("two"));
        });
    }

    #[test]
    fn a_stale_index_is_found() {
        finds("eve does not find one", |_, truth| drop(truth.indexes[EVE].remove("one")));
        finds("gil finds one, which they may not read", |_, truth| {
            let found = truth.indexes[ADA]["one"].clone();
            truth.indexes[GIL].insert("one".to_owned(), found);
        });
        finds("ada finds two, which they may not read", |_, truth| {
            let found = Found { revision: 2, text: "two 1".to_owned() };
            truth.indexes[ADA].insert("two".to_owned(), found);
        });
        finds("at revision 2, and it is at 3", |_, truth| {
            truth.indexes[EVE].get_mut("one").unwrap().revision = 2;
        });
        finds("with the text", |_, truth| {
            truth.indexes[EVE].get_mut("one").unwrap().text = "one 1".to_owned();
        });
    }

    /// As it is where a message was taken for sent that no queue has, and nothing touches its document again.
    #[test]
    fn a_lost_message_is_found() {
        finds("ada does not find four, which they may read", |model, truth| {
            model.created("four", ADA, "Four", "four 1", Instant::now());
            let mut four = truth.documents["two"].clone();
            (four.title, four.revision, four.deleted) = ("Four".to_owned(), 1, false);
            (four.newest, four.bodies) = (Some("four 1".to_owned()), BTreeMap::from([(1, "four 1".to_owned())]));
            truth.documents.insert("four".to_owned(), four);
        });
    }

    #[test]
    fn what_is_shown_after_it_was_unshared_is_found() {
        finds("eve is shown one", |model, truth| {
            let (unshare, later) = (Change::Unshare { reader: "user:eve".to_owned() }, Duration::from_millis(50));
            let now = model.seen[1].began + later;
            model.asked("one", &unshare, now);
            model.changed("one", &unshare, now);
            stored(truth, "one").shares = Some(BTreeMap::new());
            truth.indexes[EVE].clear();
            let again = Seen { began: now + later, ended: now + later, ..model.seen[1].clone() };
            model.seen.push(again);
        });
        finds("eve is shown two", |model, _| {
            let mut seen = model.seen[1].clone();
            seen.documents = vec!["two".to_owned()];
            model.seen.push(seen);
        });
        finds("which was shared with nobody", |model, _| model.seen[0].documents.push("five".to_owned()));
    }
}
