//! What the platform says after a run: the database by the documents API, the index by everybody's search.

use crate::model::is_read_by;
use crate::people::{COMMON, People, surely};
use crate::plan::{PEOPLE, WRITERS};
use crate::platform::Platform;
use octavo_tests::Person;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the index may take to be as the database is: what a dead node held rests until it is given to another, and what
/// failed waits for its turn, while other runs let things die.
const INDEXED_WITHIN: Duration = Duration::from_secs(180);
/// How long where messages are still on their way then: a machine that is busy with other things stops the function at its
/// deadline before it has begun, and everything is tried again and again. What is lost is on no way.
const INDEXED_AT_LAST_WITHIN: Duration = Duration::from_secs(600);
/// Between two readings: other runs need the machine, too.
const READ_EVERY: Duration = Duration::from_millis(400);
/// Documents on a page, and hits of a search: more than a run makes.
const PAGE: usize = 100;

/// A document as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) owner: usize,
    pub(crate) title: String,
    pub(crate) revision: i64,
    pub(crate) deleted: bool,
    /// Readers, and whether they may change it; none where it is deleted and not restored: it shows them to nobody.
    pub(crate) shares: Option<BTreeMap<String, bool>>,
    /// The number of the newest version.
    pub(crate) version: u64,
    /// All versions' bodies, by their numbers.
    pub(crate) bodies: BTreeMap<u64, String>,
    /// The newest body, as one who asks for no version gets it.
    pub(crate) newest: Option<String>,
}

/// A document as the index shows it to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) revision: i64,
    /// Its beginning, without marks.
    pub(crate) text: String,
}

/// What somebody finds.
pub(crate) type Index = BTreeMap<String, Found>;

/// All of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    pub(crate) documents: BTreeMap<String, Stored>,
    /// What each of [`PEOPLE`] finds.
    pub(crate) indexes: [Index; PEOPLE.len()],
    /// Dead letters, of this run or of one beside it, that had to be given back to their queue.
    pub(crate) redriven: u64,
}

impl Truth {
    /// What somebody is to find.
    pub(crate) fn readable(&self, person: usize) -> impl Iterator<Item = (&String, &Stored)> {
        self.documents.iter().filter(move |(_, stored)| {
            let shares = stored.shares.iter().flat_map(BTreeMap::keys);
            !stored.deleted && is_read_by(person, stored.owner, shares)
        })
    }

    /// What is wrong with the index: everybody must find what they may read, as it is, and nothing else.
    pub(crate) fn index_errors(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (person, (name, _)) in PEOPLE.iter().enumerate() {
            let (index, readable) = (&self.indexes[person], self.readable(person).collect::<BTreeMap<_, _>>());
            for (id, stored) in &readable {
                match index.get(*id) {
                    None => wrong.push(format!("{name} does not find {id}, which they may read")),
                    Some(found) if found.revision != stored.revision => wrong.push(format!(
                        "{name} finds {id} at revision {}, and it is at {}",
                        found.revision, stored.revision
                    )),
                    Some(found) if stored.newest.as_ref().is_some_and(|newest| *newest != found.text) => {
                        let newest = &stored.newest;
                        wrong.push(format!("{name} finds {id} with the text {:?}, which is {newest:?}", found.text));
                    }
                    Some(_) => {}
                }
            }
            let surplus = index.keys().filter(|id| !readable.contains_key(id));
            wrong.extend(surplus.map(|id| format!("{name} finds {id}, which they may not read")));
        }
        wrong
    }
}

/// Reads until the index is as the database is, or that takes too long. A message whose function died, or was too slow on a busy
/// machine, as often as it is tried is not lost but a dead letter: those are given back as an operator would. Deleted documents are restored in the end: only then do
/// they show their versions.
pub(crate) async fn read(platform: &Platform, people: &People) -> Truth {
    let (began, mut before, mut redriven) = (Instant::now(), BTreeMap::new(), 0);
    let mut truth = loop {
        let mut truth = Truth { documents: all_stored(people, &before).await, redriven, ..Truth::default() };
        for (person, index) in people.all.iter().zip(&mut truth.indexes) {
            *index = found(person).await;
        }
        if truth.index_errors().is_empty() {
            for (id, stored) in truth.documents.iter_mut().filter(|(_, stored)| !stored.deleted) {
                read_bodies(people, id, stored).await;
            }
            // What somebody hung up on may have been done in between: then all of it is read anew.
            let again = all_stored(people, &truth.documents).await;
            let is_same =
                |(id, stored): (&String, &Stored)| again.get(id).is_some_and(|now| now.revision == stored.revision);
            if again.len() == truth.documents.len() && truth.documents.iter().all(is_same) {
                break truth;
            }
        }
        let took = began.elapsed();
        if took > INDEXED_AT_LAST_WITHIN || took > INDEXED_WITHIN && !platform.is_indexing().await {
            break truth;
        }
        before = truth.documents;
        redriven += platform.redrives().await;
        sleep(READ_EVERY).await;
    };
    for (id, stored) in &mut truth.documents {
        let owner = &people.all[stored.owner];
        if stored.deleted {
            let path = format!("/v1/documents/{id}/restore");
            surely(owner, "a deleted document is restored", || owner.request(Method::POST, &path)).await.expect(200);
            stored.newest = text(owner, &format!("/v1/documents/{id}/content")).await;
            stored.shares = shares(owner, id).await;
        }
        if stored.bodies.is_empty() {
            read_bodies(people, id, stored).await;
        }
    }
    truth
}

/// Every version's body. What is not there is judged by its absence.
async fn read_bodies(people: &People, id: &str, stored: &mut Stored) {
    let owner = &people.all[stored.owner];
    for number in 1..=stored.version {
        let path = format!("/v1/documents/{id}/versions/{number}/content");
        if let Some(body) = text(owner, &path).await {
            stored.bodies.insert(number, body);
        }
    }
}

/// What the writers own, deleted documents among them. Of one that has the revision that it had `before` nothing is asked.
async fn all_stored(people: &People, before: &BTreeMap<String, Stored>) -> BTreeMap<String, Stored> {
    let mut all = BTreeMap::new();
    for (owner, person) in people.all[..WRITERS].iter().enumerate() {
        for deleted in [false, true] {
            let path = format!("/v1/documents?limit={PAGE}&owner={}&deleted={deleted}", PEOPLE[owner].0);
            let request = || person.request(Method::GET, &path);
            let page = surely(person, "documents are listed", request).await.expect(200).json();
            assert_eq!(page["next_cursor"], Value::Null, "a run makes fewer documents");
            for view in page["documents"].as_array().expect("a page has documents") {
                let id = view["id"].as_str().expect("a document has an id").to_owned();
                let revision = view["revision"].as_i64().expect("a document has a revision");
                if let Some(stored) = before.get(&id).filter(|stored| stored.revision == revision) {
                    all.insert(id, stored.clone());
                    continue;
                }
                let (mut shared, mut newest) = (None, None);
                if !deleted {
                    shared = shares(person, &id).await;
                    newest = text(person, &format!("/v1/documents/{id}/content")).await;
                }
                let stored = Stored {
                    owner,
                    title: view["title"].as_str().expect("a document has a title").to_owned(),
                    revision,
                    deleted,
                    shares: shared,
                    version: view["version"].as_u64().expect("a document has a version"),
                    bodies: BTreeMap::new(),
                    newest,
                };
                all.insert(id, stored);
            }
        }
    }
    all
}

/// With whom a living document is shared.
async fn shares(owner: &Person, id: &str) -> Option<BTreeMap<String, bool>> {
    let path = format!("/v1/documents/{id}/shares");
    let answer = surely(owner, "shares are listed", || owner.request(Method::GET, &path)).await;
    (answer.status == 200).then(|| shares_of(&answer.json()))
}

/// The same from an answer.
pub(crate) fn shares_of(answer: &Value) -> BTreeMap<String, bool> {
    let shares = answer["shares"].as_array().expect("an answer lists shares");
    shares.iter().map(|share| (share["reader"].as_str().unwrap().to_owned(), share["role"] == "editor")).collect()
}

async fn text(owner: &Person, path: &str) -> Option<String> {
    let answer = surely(owner, "a body is read", || owner.request(Method::GET, path)).await;
    (answer.status == 200).then(|| String::from_utf8_lossy(&answer.bytes).into_owned())
}

async fn found(person: &Person) -> Index {
    let query = json!({ "text": COMMON, "size": PAGE, "highlight": true });
    let request = || person.request(Method::POST, "/v1/search").json(&query);
    let answer = surely(person, "a search is answered", request).await.expect(200).json();
    let hits = answer["hits"].as_array().expect("a search has hits");
    let found = hits.iter().map(|hit| {
        let id = hit["id"].as_str().expect("a hit has an id").to_owned();
        let text = hit["highlights"]["text"][0].as_str().unwrap_or_default();
        let text = text.replace("<mark>", "").replace("</mark>", "");
        (id, Found { revision: hit["revision"].as_i64().expect("a hit has a revision"), text })
    });
    found.collect()
}
