//! A replica of a room: a Yjs document that takes updates in and gives differences out.

use crate::shape;
use crate::text::{Edit, TEXT_NAME, units};
use bytes::Bytes;
use std::panic::{AssertUnwindSafe, catch_unwind};
use yrs::types::text::YChange;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    ClientID, Doc, GetString, IdSet, OffsetKind, Options, Out, ReadTxn, StateVector, Text, TextRef, Transact,
    TransactionMut, Update, WriteTxn,
};

/// Bits of a client's id: more than JavaScript can count is none.
const CLIENT_ID_BITS: u32 = 53;

/// Bytes and number of updates that are held back because something before them is missing.
const HELD_BYTES_MAX: usize = 4 * 1024 * 1024;
const HELD_MAX: usize = 256;

/// Why an update was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplicaFault {
    /// It is no update, or contradicts itself. The replica is as it was.
    #[error("not an update")]
    Malformed,
    /// The library failed over it. The replica may be damaged: it has to be made anew from what is stored.
    #[error("the update could not be applied")]
    Broken,
}

/// One node's copy of a room. What two replicas have got in whatever order, once or often, they show alike.
pub struct Replica {
    doc: Doc,
    text: TextRef,
    bytes: usize,
    /// What builds on something unseen.
    held: Vec<Bytes>,
}

impl Default for Replica {
    fn default() -> Self {
        // A replica that only takes in never uses its own id.
        Self::of(ClientID::new(0))
    }
}

impl Replica {
    fn of(client: ClientID) -> Self {
        let mut options = Options::with_client_id(client);
        options.offset_kind = OffsetKind::Utf16;
        // It would delete on its own what clients left behind; a node has nothing to say of its own.
        options.cleanup_formatting = false;
        let doc = Doc::with_options(options);
        let text = doc.get_or_insert_text(TEXT_NAME);
        Self { doc, text, bytes: 0, held: Vec::new() }
    }

    /// [`Replica::absorb`] for what comes from outside. Refuses also what would not come out as it went in: then what is
    /// stored and sent on could not be read by anybody.
    pub fn absorb_foreign(&mut self, update: &[u8]) -> Result<Option<Bytes>, ReplicaFault> {
        let again = |bytes: &[u8]| {
            let update = decode(bytes)?;
            catch_unwind(AssertUnwindSafe(|| update.encode_v1())).map_err(|_| ReplicaFault::Malformed)
        };
        let once = again(update)?;
        if again(&once)?.len() != once.len() {
            return Err(ReplicaFault::Malformed);
        }
        self.absorb(update)
    }

    /// Takes an update in (encoding 1). Answers what of it was new, for others and the store; none where nothing was. What
    /// builds on something unseen is held back until that comes, and is new then: nobody is ever told anything that has a
    /// gap before it.
    pub fn absorb(&mut self, update: &[u8]) -> Result<Option<Bytes>, ReplicaFault> {
        let decoded = decode(update)?;
        let gap = has_gap(&self.doc.transact().state_vector(), &insertions(&decoded)?);
        let decoded = if gap {
            self.hold(Bytes::copy_from_slice(update));
            Update::new()
        } else {
            decoded
        };
        let (doc, held) = (&self.doc, std::mem::take(&mut self.held));
        // A hostile update must not take the node with it; the library asserts more than it checks.
        let (new, held) =
            catch_unwind(AssertUnwindSafe(|| integrate(doc, decoded, held))).map_err(|_| ReplicaFault::Broken)??;
        for update in held {
            self.hold(update);
        }
        self.bytes += new.as_ref().map_or(0, Bytes::len);
        Ok(new)
    }

    /// Whether something is held back: what is new next may hold more than the update that brought it.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    fn hold(&mut self, update: Bytes) {
        if self.held.contains(&update) {
            return;
        }
        let held: usize = self.held.iter().map(Bytes::len).sum();
        if held + update.len() > HELD_BYTES_MAX || self.held.len() >= HELD_MAX {
            // Whoever has it has it still: it comes again when states are compared.
            self.held.clear();
        }
        self.held.push(update);
    }

    /// Whether an update would add anything but deletions: what a viewer must not, and what no longer fits a full room.
    pub fn has_content_for(&self, update: &[u8]) -> Result<bool, ReplicaFault> {
        Ok(!covers(&self.doc.transact().state_vector(), &insertions(&decode(update)?)?))
    }

    /// Several updates as one; nothing of them is lost, whatever they wait for.
    pub fn merge<B: AsRef<[u8]>>(updates: &[B]) -> Result<Bytes, ReplicaFault> {
        for update in updates {
            shape::update(update.as_ref()).map_err(|_| ReplicaFault::Malformed)?;
        }
        catch_unwind(AssertUnwindSafe(|| yrs::merge_updates_v1(updates)))
            .map_err(|_| ReplicaFault::Malformed)?
            .map(Bytes::from)
            .map_err(|_| ReplicaFault::Malformed)
    }

    /// The state vector (encoding 1).
    pub fn state_vector(&self) -> Bytes {
        self.doc.transact().state_vector().encode_v1().into()
    }

    /// Whether someone with `state_vector` has seen what this replica has not.
    pub fn lacks(&self, state_vector: &[u8]) -> Result<bool, ReplicaFault> {
        let theirs = decode_state_vector(state_vector)?;
        let ours = self.doc.transact().state_vector();
        Ok(theirs.iter().any(|(client, clock)| *clock > ours.get(client)))
    }

    /// Whether `state_vector` is this replica's. Deletions do not show in it.
    pub fn is_at(&self, state_vector: &[u8]) -> Result<bool, ReplicaFault> {
        Ok(decode_state_vector(state_vector)? == self.doc.transact().state_vector())
    }

    /// What someone with `state_vector` lacks.
    pub fn encode_since(&self, state_vector: &[u8]) -> Result<Bytes, ReplicaFault> {
        let state_vector = decode_state_vector(state_vector)?;
        let doc = &self.doc;
        catch_unwind(AssertUnwindSafe(|| Bytes::from(doc.transact().encode_state_as_update_v1(&state_vector))))
            .map_err(|_| ReplicaFault::Malformed)
    }

    /// Everything.
    pub fn encode(&mut self) -> Bytes {
        let all = Bytes::from(self.doc.transact().encode_state_as_update_v1(&StateVector::default()));
        self.bytes = all.len();
        all
    }

    /// About how many bytes everything has: exactly after [`Replica::encode`], and with what came since.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The room's text, without formats and what is embedded.
    pub fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    /// Changes the text, as a client would whose id follows from `seed`, the state and the text: whoever does the same to
    /// the same makes the same update, and it is there once. Answers the update; it is taken in already.
    pub fn edit(&mut self, seed: &[u8], edits: &[Edit]) -> Result<Option<Bytes>, ReplicaFault> {
        if edits.is_empty() {
            return Ok(None);
        }
        let mut other = Self::of(self.client_of(seed));
        other.absorb(&self.encode())?;
        // Where a client has put into the text what the library does not count as it reads it.
        let update = catch_unwind(AssertUnwindSafe(|| other.make(edits))).map_err(|_| ReplicaFault::Malformed)?;
        self.absorb(&update)
    }

    fn make(&self, edits: &[Edit]) -> Vec<u8> {
        let mut transaction = self.doc.transact_mut();
        let embedded = embedded(&self.text, &transaction);
        let index = |at: u32, behind: bool| {
            at + embedded.iter().filter(|place| if behind { **place <= at } else { **place < at }).count() as u32
        };
        for edit in edits.iter().rev() {
            // What is embedded within stays: it is no text.
            let mut end = edit.at + edit.delete;
            for place in embedded.iter().rev().filter(|place| **place > edit.at && **place < edit.at + edit.delete) {
                self.text.remove_range(&mut transaction, index(*place, true), end - place);
                end = *place;
            }
            if end > edit.at {
                self.text.remove_range(&mut transaction, index(edit.at, true), end - edit.at);
            }
            self.text.insert(&mut transaction, index(edit.at, false), &edit.insert);
        }
        transaction.commit();
        transaction.encode_update_v1()
    }

    fn client_of(&self, seed: &[u8]) -> ClientID {
        let transaction = self.doc.transact();
        let state = transaction.state_vector();
        let mut clocks: Vec<(u64, u32)> = state.iter().map(|(client, clock)| (client.get(), *clock)).collect();
        clocks.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        hasher.update(seed);
        for (client, clock) in clocks {
            hasher.update(&client.to_le_bytes()).update(&clock.to_le_bytes());
        }
        hasher.update(self.text.get_string(&transaction).as_bytes());
        let mut bits = [0; 8];
        hasher.finalize_xof().fill(&mut bits);
        ClientID::new(u64::from_le_bytes(bits) >> (u64::BITS - CLIENT_ID_BITS))
    }
}

fn decode_state_vector(bytes: &[u8]) -> Result<StateVector, ReplicaFault> {
    shape::state_vector(bytes).map_err(|_| ReplicaFault::Malformed)?;
    let decoded = catch_unwind(|| StateVector::decode_v1(bytes)).map_err(|_| ReplicaFault::Malformed)?;
    decoded.map_err(|_| ReplicaFault::Malformed)
}

fn decode(update: &[u8]) -> Result<Update, ReplicaFault> {
    shape::update(update).map_err(|_| ReplicaFault::Malformed)?;
    catch_unwind(|| Update::decode_v1(update))
        .map_err(|_| ReplicaFault::Malformed)?
        .map_err(|_| ReplicaFault::Malformed)
}

/// The blocks that it adds; a clock that overflows is none.
fn insertions(update: &Update) -> Result<IdSet, ReplicaFault> {
    catch_unwind(AssertUnwindSafe(|| update.insertions(true))).map_err(|_| ReplicaFault::Malformed)
}

/// Applies an update, and of those that are held back what has no gap before it any more. Answers what was new, and what
/// still waits. The library would keep both inside, but loses them when it makes differences (0.28).
fn integrate(doc: &Doc, update: Update, mut held: Vec<Bytes>) -> Result<(Option<Bytes>, Vec<Bytes>), ReplicaFault> {
    let mut transaction = doc.transact_mut();
    apply(&mut transaction, update, &mut held)?;
    let mut goes_on = !held.is_empty();
    while goes_on {
        let before = transaction.state_vector();
        for bytes in std::mem::take(&mut held) {
            let update = decode(&bytes)?;
            if has_gap(&transaction.state_vector(), &update.insertions(true)) {
                held.push(bytes);
            } else {
                apply(&mut transaction, update, &mut held)?;
            }
        }
        goes_on = !held.is_empty() && transaction.state_vector() != before;
        if !goes_on && held.len() > 1 {
            // Two that have gaps may fill each other's.
            let all = Replica::merge(&held)?;
            let update = decode(&all)?;
            if !has_gap(&transaction.state_vector(), &update.insertions(true)) {
                held.clear();
                apply(&mut transaction, update, &mut held)?;
            }
        }
    }
    transaction.commit();
    Ok((transaction.has_changes().then(|| transaction.encode_update_v1().into()), held))
}

fn apply(transaction: &mut TransactionMut<'_>, update: Update, held: &mut Vec<Bytes>) -> Result<(), ReplicaFault> {
    transaction.apply_update(update).map_err(|_| ReplicaFault::Broken)?;
    held.extend(transaction.prune_pending().map(|update| Bytes::from(update.encode_v1())));
    Ok(())
}

/// Whether something is missing between what was seen and `blocks`, or within them.
fn has_gap(state: &StateVector, blocks: &IdSet) -> bool {
    blocks.iter().any(|(client, ranges)| {
        let mut seen = state.get(client);
        ranges.iter().any(|range| {
            let gap = range.start > seen;
            seen = seen.max(range.end);
            gap
        })
    })
}

/// Whether all of `blocks` was seen by one with this state.
fn covers(state: &StateVector, blocks: &IdSet) -> bool {
    blocks
        .iter()
        .all(|(client, ranges)| ranges.iter().map(|range| range.end).max().is_none_or(|end| end <= state.get(client)))
}

/// Where in the plain text something that is no text stands; each counts one in Yjs' positions.
fn embedded(text: &TextRef, transaction: &TransactionMut<'_>) -> Vec<u32> {
    if text.len(transaction) == units(&text.get_string(transaction)) {
        return Vec::new();
    }
    let (mut at, mut places) = (0, Vec::new());
    for part in text.diff(transaction, YChange::identity) {
        match part.insert {
            Out::Any(yrs::Any::String(part)) => at += units(&part),
            _ => places.push(at),
        }
    }
    places
}
