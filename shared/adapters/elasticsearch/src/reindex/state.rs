//! What is written down of a reindex, and who is at work on it.
//!
//! One document with compare and swap. Whoever holds it writes it again and again; whoever wants it waits for the lease to
//! pass by their own clock, and takes it if nothing was written meanwhile. Who was taken over learns it by their next write.

use super::call::Caller;
use super::compare::Compared;
use super::error::ReindexError;
use super::read::Place;
use crate::Options;
use chrono::{DateTime, Utc};
use elasticsearch::http::Method;
use octavo_domain_kernel::PortError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// Looks at somebody else's state within a lease.
const LOOKS: u32 = 10;
/// Times within a lease that whoever is at work says so.
const BEATS: u32 = 4;
/// Times that it is written where the engine did not say whether it was.
const WRITES_MAX: u32 = 5;

/// Where a reindex stands: what is done next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Phase {
    /// The new index is made.
    Making,
    /// Writers are made to write both.
    Doubling,
    /// Waits until every writer does.
    Settling,
    /// Documents are copied.
    Copying,
    /// Both are compared.
    Comparing,
    /// The new index comes to be read.
    Swapping,
    /// Results of before come to be served no more.
    Telling,
    /// The new index is read; the old one is kept up to date.
    Kept {
        /// Until then.
        until: DateTime<Utc>,
    },
    /// The old index comes to be read again.
    RollingBack,
    /// The old index is read again; the new one is kept up to date.
    RolledBack,
    /// One index comes to be written, and the other is deleted.
    Ending {
        /// The one that stays.
        keep: String,
        /// The one that goes.
        drop: String,
    },
}

/// A reindex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Copied from.
    pub source: String,
    /// Copied into.
    pub target: String,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
    /// What is done next.
    pub phase: Phase,
    /// The last document that was copied.
    pub(super) position: Option<Place>,
    /// Documents that were copied.
    pub copied: u64,
    /// What the last comparison found.
    pub compared: Option<Compared>,
    /// Tenants whose documents' vectors were asked for, because the new index is of another model.
    #[serde(default)]
    pub vectors_asked: u64,
    /// Who is at work, if anybody is.
    pub held: Option<Uuid>,
}

#[derive(Debug, Deserialize)]
struct Document {
    #[serde(rename = "_seq_no")]
    number: u64,
    #[serde(rename = "_primary_term")]
    term: u64,
    #[serde(rename = "_source")]
    source: Source,
}

#[derive(Debug, Deserialize)]
struct Source {
    /// As JSON: the index need not know what is in it.
    state: String,
}

#[derive(Debug, Deserialize)]
struct Written {
    #[serde(rename = "_seq_no")]
    number: u64,
    #[serde(rename = "_primary_term")]
    term: u64,
}

/// The state, held by this process.
pub(super) struct Held<'a> {
    caller: Caller<'a>,
    index: String,
    me: Uuid,
    number: u64,
    term: u64,
    /// When it was written last.
    at: Instant,
    pub(super) state: State,
}

fn index(options: &Options) -> String {
    format!("{}-reindex", options.name)
}

fn body(state: &State) -> Result<Value, PortError> {
    Ok(json!({"state": serde_json::to_string(state).map_err(PortError::corrupt)?}))
}

async fn document(caller: Caller<'_>, index: &str) -> Result<Option<(State, u64, u64)>, PortError> {
    let answer = caller.send(Method::Get, &format!("/{index}/_doc/state"), &[], None).await?;
    if answer.status == 404 {
        return Ok(None);
    }
    let document: Document = answer.json()?;
    let state = serde_json::from_str(&document.source.state).map_err(PortError::corrupt)?;
    Ok(Some((state, document.number, document.term)))
}

/// What is under way.
pub(super) async fn read(caller: Caller<'_>, options: &Options) -> Result<Option<State>, PortError> {
    Ok(document(caller, &index(options)).await?.map(|(state, ..)| state))
}

/// Begins with `state`, held by `me`.
pub(super) async fn begin<'a>(
    caller: Caller<'a>,
    options: &Options,
    me: Uuid,
    state: State,
) -> Result<Held<'a>, ReindexError> {
    let index = index(options);
    let settings = json!({
        "settings": {"index": {"number_of_shards": 1, "number_of_replicas": options.replicas}},
        "mappings": {"dynamic": "strict", "properties": {
            "state": {"type": "keyword", "index": false, "doc_values": false}
        }}
    });
    let made = caller.send(Method::Put, &format!("/{index}"), &[], Some(&settings)).await?;
    if !made.is_success() && made.error_type().as_deref() != Some("resource_already_exists_exception") {
        return Err(made.error().into());
    }
    let state = State { held: Some(me), ..state };
    let answer = caller.send(Method::Put, &format!("/{index}/_create/state"), &[], Some(&body(&state)?)).await?;
    if answer.status == 409 {
        // This one, if the engine had not said so; or another that was a moment faster.
        return match document(caller, &index).await? {
            Some((state, number, term)) if state.held == Some(me) => {
                Ok(Held { caller, index, me, number, term, at: Instant::now(), state })
            }
            _ => Err(ReindexError::Busy),
        };
    }
    let Written { number, term } = answer.json()?;
    Ok(Held { caller, index, me, number, term, at: Instant::now(), state })
}

/// Takes what is under way, if nobody else is at work on it. None if nothing is.
pub(super) async fn take<'a>(
    caller: Caller<'a>,
    options: &Options,
    me: Uuid,
    lease: Duration,
) -> Result<Option<Held<'a>>, ReindexError> {
    let index = index(options);
    let mut seen: Option<(u64, Instant)> = None;
    loop {
        let Some((state, number, term)) = document(caller, &index).await? else { return Ok(None) };
        let free = match (&state.held, seen) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(_), Some((before, at))) => {
                if before != number {
                    return Err(ReindexError::Busy);
                }
                at.elapsed() >= lease
            }
        };
        if free {
            let mut held = Held { caller, index, me, number, term, at: Instant::now(), state };
            held.state.held = Some(me);
            return match held.save().await {
                Ok(()) => Ok(Some(held)),
                Err(ReindexError::Lost) => Err(ReindexError::Busy),
                Err(error) => Err(error),
            };
        }
        seen.get_or_insert((number, Instant::now()));
        tokio::time::sleep(lease / LOOKS).await;
    }
}

/// Lets others go on with what `me` has failed in.
pub(super) async fn free(caller: Caller<'_>, options: &Options, me: Uuid) -> Result<(), ReindexError> {
    let index = index(options);
    match document(caller, &index).await? {
        Some((state, number, term)) if state.held == Some(me) => {
            Held { caller, index, me, number, term, at: Instant::now(), state }.release().await
        }
        _ => Ok(()),
    }
}

impl Held<'_> {
    /// Writes the state as it is now, and says with it that this process is at work.
    pub(super) async fn save(&mut self) -> Result<(), ReindexError> {
        let path = format!("/{}/_doc/state", self.index);
        for _ in 0..WRITES_MAX {
            let (number, term) = (self.number.to_string(), self.term.to_string());
            let query = [("if_seq_no", number.as_str()), ("if_primary_term", term.as_str())];
            let answer = self.caller.send(Method::Put, &path, &query, Some(&body(&self.state)?)).await?;
            if answer.status != 409 {
                let Written { number, term } = answer.json()?;
                (self.number, self.term, self.at) = (number, term, Instant::now());
                return Ok(());
            }
            // Perhaps an attempt of this very call that the engine did not live to confirm.
            match document(self.caller, &self.index).await? {
                Some((state, number, term)) if state.held == Some(self.me) => (self.number, self.term) = (number, term),
                _ => return Err(ReindexError::Lost),
            }
        }
        Err(ReindexError::Lost)
    }

    /// Says that this process is at work, if it has not for a while.
    pub(super) async fn beat(&mut self, lease: Duration) -> Result<(), ReindexError> {
        if self.at.elapsed() >= lease / BEATS { self.save().await } else { Ok(()) }
    }

    /// The next phase.
    pub(super) async fn enter(&mut self, phase: Phase) -> Result<(), ReindexError> {
        self.state.phase = phase;
        self.save().await
    }

    /// Others may go on.
    pub(super) async fn release(mut self) -> Result<(), ReindexError> {
        self.state.held = None;
        // From now on it may be another's.
        self.save().await
    }

    /// It is over.
    pub(super) async fn remove(self) -> Result<(), ReindexError> {
        let (number, term) = (self.number.to_string(), self.term.to_string());
        let query = [("if_seq_no", number.as_str()), ("if_primary_term", term.as_str())];
        let path = format!("/{}/_doc/state", self.index);
        let answer = self.caller.send(Method::Delete, &path, &query, None).await?;
        match answer.status {
            409 => Err(ReindexError::Lost),
            404 => Ok(()),
            _ => Ok(answer.json::<Value>().map(drop)?),
        }
    }
}
