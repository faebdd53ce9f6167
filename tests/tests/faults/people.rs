//! The people of a run: who writes, shares and deletes as planned, and who looks all the time.

use crate::model::{Doubtful, Model, Seen};
use crate::plan::{Act, Change, Manner, PEOPLE, Step, WRITERS};
use crate::platform::Platform;
use crate::truth::shares_of;
use octavo_tests::{Answer, Person};
use parking_lot::Mutex;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// What is in every document.
pub(crate) const COMMON: &str = "persimmon";

/// How long one thing may take to be accepted, faults and all.
const ACCEPTED_WITHIN: Duration = Duration::from_secs(300);
/// Between two attempts.
const AGAIN: Duration = Duration::from_millis(30);
/// Between two looks.
const LOOKS_EVERY: Duration = Duration::from_millis(30);

/// The people of one tenant.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) all: [Person; PEOPLE.len()],
}

impl People {
    pub(crate) fn of(platform: &Platform, tenant: &str) -> Self {
        Self { all: PEOPLE.map(|(name, groups)| platform.world.member(tenant, name, groups)) }
    }
}

/// Whether an answer says nothing of the request itself: in doubt, too many at once, a function that died, an engine that is
/// away. Anything else that a server is to blame for is a fault of its own.
fn is_ambiguous(what: &str, answer: &Answer) -> bool {
    match answer.status {
        409 | 429 | 502..=504 => true,
        200..500 => false,
        _ => panic!("{what}: {} {}", answer.status, answer.json()),
    }
}

/// Asks as a careful client does: again, until there is an answer that says something of the request itself.
pub(crate) async fn surely(person: &Person, what: &str, request: impl Fn() -> RequestBuilder) -> Answer {
    let until = Instant::now() + ACCEPTED_WITHIN;
    loop {
        let answer = person.send(request()).await;
        if !is_ambiguous(what, &answer) {
            return answer;
        }
        let status = answer.status;
        assert!(Instant::now() < until, "{what}: not within {ACCEPTED_WITHIN:?}, at last {status} {}", answer.json());
        sleep(AGAIN).await;
    }
}

/// Asks in a manner; none if nobody knows what became of it.
async fn ask(person: &Person, what: &str, manner: Manner, request: impl Fn() -> RequestBuilder) -> Option<Answer> {
    match manner {
        Manner::Insists => Some(surely(person, what, request).await),
        Manner::GivesUp => Some(person.send(request()).await).filter(|answer| !is_ambiguous(what, answer)),
        Manner::HangsUp(after) => {
            let answer = timeout(after, person.send(request())).await.ok();
            answer.filter(|answer| !is_ambiguous(what, answer))
        }
    }
}

/// Somebody who does what is planned for them.
pub(crate) struct Writer<'a> {
    pub(crate) number: usize,
    pub(crate) person: &'a Person,
    pub(crate) model: &'a Mutex<Model>,
    /// Their documents, in the order of their making; none where nobody knows whether one was made.
    own: Vec<Option<String>>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(number: usize, people: &'a People, model: &'a Mutex<Model>) -> Self {
        assert!(number < WRITERS);
        Self { number, person: &people.all[number], model, own: Vec::new() }
    }

    pub(crate) async fn works(mut self, steps: &[Step]) {
        for step in steps {
            sleep(step.rest).await;
            match &step.act {
                Act::Create => self.creates(step).await,
                Act::Edit { own } => {
                    if let Some(id) = self.own(*own) {
                        self.edits(&id, step).await;
                    }
                }
                Act::EditOfOthers { number } => {
                    if let Some(id) = self.of_others(*number) {
                        self.edits(&id, step).await;
                    }
                }
                Act::Change { own, change } => {
                    if let Some(id) = self.own(*own) {
                        self.changes(&id, change, step.manner).await;
                    }
                }
            }
        }
    }

    fn own(&self, number: usize) -> Option<String> {
        self.own.get(number.checked_rem(self.own.len())?)?.clone()
    }

    /// One of the documents that others let them change.
    fn of_others(&self, number: usize) -> Option<String> {
        let model = self.model.lock();
        let all: Vec<&String> =
            model.documents.iter().filter(|(_, known)| known.is_edited_by(self.number)).map(|(id, _)| id).collect();
        all.get(number.checked_rem(all.len())?).map(|id| (*id).clone())
    }

    async fn creates(&mut self, step: &Step) {
        let (title, body) = (format!("{COMMON} {}", step.word), body(&step.word));
        let began = Instant::now();
        let content = json!({ "title": title, "content": body, "content_type": "text/plain" });
        let request =
            || self.person.request(Method::POST, "/v1/documents").header("idempotency-key", &step.word).json(&content);
        let answer = ask(self.person, "a document is made", step.manner, request).await;
        let Some(answer) = answer else {
            self.model.lock().doubtful.push(Doubtful { owner: self.number, title, body });
            self.own.push(None);
            return;
        };
        let id = answer.expect(201).json()["id"].as_str().expect("a document has an id").to_owned();
        self.model.lock().created(&id, self.number, &title, &body, began);
        self.own.push(Some(id));
    }

    /// Replaces the body. Whoever has lost the document meanwhile, or whose document is deleted, is told so.
    async fn edits(&self, id: &str, step: &Step) {
        let body = body(&step.word);
        let request = || {
            self.person
                .request(Method::PUT, &format!("/v1/documents/{id}/content"))
                .header("content-type", "text/plain")
                .header("if-match", "*")
                .header("idempotency-key", &step.word)
                .body(body.clone())
        };
        let answer = ask(self.person, &format!("{id} is written"), step.manner, request).await;
        let mut model = self.model.lock();
        let Some(answer) = answer else { return model.perhaps_written(id, &body) };
        let known = &model.documents[id];
        if known.owner != self.number && matches!(answer.status, 403 | 404 | 410) {
            return;
        }
        if known.deleted && known.owner == self.number {
            answer.expect(410);
            return;
        }
        let view = answer.expect(200).json();
        let version = view["version"].as_u64().expect("a document has a version");
        assert!(model.written(id, version, &body), "version {version} of {id} was accepted twice");
        model.at_revision(id, view["revision"].as_i64().expect("a document has a revision"));
    }

    async fn changes(&self, id: &str, change: &Change, manner: Manner) {
        let shares = |reader: &str| format!("/v1/documents/{id}/shares/{reader}");
        let (method, path, body) = match change {
            Change::Share { reader, editor } => {
                (Method::PUT, shares(reader), json!({ "role": if *editor { "editor" } else { "viewer" } }))
            }
            Change::Unshare { reader } => (Method::DELETE, shares(reader), Value::Null),
            Change::Delete => (Method::DELETE, format!("/v1/documents/{id}"), Value::Null),
            Change::Restore => (Method::POST, format!("/v1/documents/{id}/restore"), Value::Null),
        };
        self.model.lock().asked(id, change, Instant::now());
        let request = || {
            let request = self.person.request(method.clone(), &path);
            if body.is_null() { request } else { request.json(&body) }
        };
        let what = format!("{change:?} of {id}");
        let Some(answer) = ask(self.person, &what, manner, request).await else {
            return self.looks_up(id).await;
        };
        let mut model = self.model.lock();
        let deleted = model.documents[id].deleted;
        // One's own deleted document is shared with nobody anew.
        if deleted && matches!(change, Change::Share { .. } | Change::Unshare { .. }) {
            answer.expect(410);
            return model.settled(id, deleted, None, Instant::now());
        }
        assert!(matches!(answer.status, 200 | 204), "{what}: {} {}", answer.status, answer.json());
        model.changed(id, change, Instant::now());
        if let Some(revision) = revision(&answer) {
            model.at_revision(id, revision);
        }
    }

    /// Finds out what became of a change. What of it may still be on its way must not happen after it was looked up: a change of
    /// one's own comes first, since a change is made on the revision only on which it was decided.
    async fn looks_up(&self, id: &str) {
        let note = || {
            let request = self.person.request(Method::PATCH, &format!("/v1/documents/{id}"));
            request.json(&json!({ "metadata": { "looked": format!("{:?}", Instant::now()) } }))
        };
        let mut answer = surely(self.person, &format!("{id} is looked up"), note).await;
        if answer.status == 410 {
            // Deleted, or not yet restored: only a document that is not deleted can be changed.
            self.model.lock().asked(id, &Change::Restore, Instant::now());
            let restore = || self.person.request(Method::POST, &format!("/v1/documents/{id}/restore"));
            surely(self.person, &format!("{id} is restored"), restore).await.expect(200);
            answer = surely(self.person, &format!("{id} is looked up"), note).await;
        }
        let revision = revision(&answer.expect(200)).expect("an answer has the document's revision");
        let list = || self.person.request(Method::GET, &format!("/v1/documents/{id}/shares"));
        let shares: BTreeMap<String, bool> =
            shares_of(&surely(self.person, "shares are listed", list).await.expect(200).json());
        let mut model = self.model.lock();
        model.settled(id, false, Some(shares), Instant::now());
        model.at_revision(id, revision);
    }
}

fn body(word: &str) -> String {
    format!("About the {COMMON} harvest of {word}")
}

/// The revision that an answer names by its entity tag.
fn revision(answer: &Answer) -> Option<i64> {
    answer.header("etag").trim_matches('"').strip_prefix('r')?.parse().ok()
}

/// Looks until it is over, in every way that there is, and writes down what is shown.
pub(crate) async fn watches(people: &People, watcher: usize, model: &Mutex<Model>, over: &AtomicBool) {
    let person = &people.all[watcher];
    let ids = |answer: &Answer, list: &str| -> Vec<String> {
        let shown = answer.json()[list].as_array().cloned().unwrap_or_default();
        shown.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()
    };
    for turn in 0.. {
        let known: Vec<String> = model.lock().documents.keys().cloned().collect();
        let one = (turn / 8usize).checked_rem(known.len()).map(|at| known[at].clone());
        // What the last look of a run asks for is the search: after everything else.
        let last = over.load(Ordering::SeqCst);
        let began = Instant::now();
        let (answer, how, list) = match (if last { 0 } else { turn % 8 }, &one) {
            (1, _) => {
                (person.get(&format!("/v1/search/suggest?q={}", &COMMON[..5])).await, "a suggestion", "suggestions")
            }
            (3, Some(id)) => {
                (person.get(&format!("/v1/search/similar/{id}?limit=20")).await, "similar documents", "hits")
            }
            (5, Some(id)) => (person.get(&format!("/v1/documents/{id}")).await, "reading", ""),
            (7, _) => (person.get("/v1/documents?limit=100").await, "the list", "documents"),
            // Every other look is the same search: kept, if nothing has happened since the one before.
            _ => (person.post("/v1/search", json!({ "text": COMMON, "size": 100 })).await, "a search", "hits"),
        };
        let ended = Instant::now();
        assert!(
            matches!(answer.status, 200 | 404 | 410 | 429 | 502..=504),
            "{how}: {} {}",
            answer.status,
            answer.json()
        );
        let mut documents = if list.is_empty() { Vec::new() } else { ids(&answer, list) };
        if answer.status == 200 && matches!(how, "reading" | "similar documents") {
            // Whoever is told what is like a document is told of it.
            documents.extend(one);
        }
        let how = format!("{how} {}", answer.header("x-octavo-cache")).trim_end().to_owned();
        model.lock().seen.push(Seen { person: watcher, began, ended, documents, how });
        if last {
            return;
        }
        sleep(LOOKS_EVERY).await;
    }
}
