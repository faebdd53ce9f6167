//! The items and outputs of a large map run, kept apart from the frame that waits for it.
//!
//! A map run has many children, and each of their ends is a wake. A frame is written whole; with ten thousand items in it
//! each end would write them all. So a frame of a run with more than [`SHELF_ITEMS`] items is kept in parts: the frame
//! itself without them, and shelves, which a store keeps as frames like any other. A wake writes those shelves that it
//! changed. Nobody but this module knows of them: when an execution is loaded its runs are put together again.

use crate::machine::{Frame, Halted, Join, Phase, Shelf};
use crate::shared::Shared;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many items a shelf has.
const SHELF_ITEMS: usize = 256;

/// Ids of shelves are above all ids of frames: this bit, the frame's id, the shelf's number.
const SHELF_BIT: u64 = 1 << 62;
/// How many bits the number has: enough for [`ITEMS_MAX`](crate::machine::quota::ITEMS_MAX) items.
const NUMBER_BITS: u32 = 20;
/// The number of the shelf with what is no item.
const REST: u64 = (1 << NUMBER_BITS) - 1;

/// What was kept on shelves when an execution was loaded.
#[derive(Default)]
pub(super) struct Shelves(BTreeMap<u64, Shelf>);

impl Shelves {
    /// Takes the shelves out of the frames and puts what is on them where it belongs.
    pub(super) fn take(frames: &mut BTreeMap<u64, Frame>) -> Self {
        let ids: Vec<u64> = frames.range(SHELF_BIT..).map(|(id, _)| *id).collect();
        let mut taken = BTreeMap::new();
        for id in ids {
            let Some(Phase::Shelf(mut shelf)) = frames.remove(&id).map(|frame| frame.phase) else { continue };
            let owner = frames.get_mut(&((id & !SHELF_BIT) >> NUMBER_BITS));
            match (&mut shelf, owner) {
                (Shelf::Rest { input, variables, .. }, Some(frame)) => {
                    frame.input = input.clone();
                    frame.variables = std::mem::take(variables);
                }
                (Shelf::Part { items, outputs }, Some(frame)) => {
                    if let Some(join) = join_of(frame) {
                        // In the order of their numbers: ids are.
                        join.items.extend(items.iter().cloned());
                        join.outputs.extend(outputs.iter().cloned());
                    }
                }
                (_, None) => {}
            }
            taken.insert(id, shelf);
        }
        Self(taken)
    }

    /// The frames as they are kept: `frames` with the shelves of those that need some, where they are new or have changed.
    /// Answers the ids of all shelves that are still needed, too.
    pub(super) fn put(&self, frames: &mut BTreeMap<u64, Frame>, dirty: &mut BTreeSet<u64>) -> BTreeSet<u64> {
        let mut needed = BTreeSet::new();
        let owners: Vec<u64> = frames.keys().copied().collect();
        for owner in owners {
            let Some(frame) = frames.get_mut(&owner) else { continue };
            let Some(join) = join_of(frame).filter(|join| join.outputs.len() > SHELF_ITEMS) else { continue };
            let (items, outputs) = (std::mem::take(&mut join.items), std::mem::take(&mut join.outputs));
            let (scope, state, at) = (frame.scope, frame.state.clone(), frame.entered_at);
            let rest = Shelf::Rest {
                entered: frame.entered,
                input: std::mem::take(&mut frame.input),
                variables: std::mem::take(&mut frame.variables),
            };
            let part = |(number, outputs): (u64, &[Option<Shared>])| {
                let first = usize::try_from(number).unwrap_or(usize::MAX).saturating_mul(SHELF_ITEMS);
                let items = items.iter().skip(first).take(SHELF_ITEMS).cloned().collect();
                (number, Shelf::Part { items, outputs: outputs.to_vec() })
            };
            let parts = (0_u64..).zip(outputs.chunks(SHELF_ITEMS)).map(part);
            for (number, shelf) in parts.chain([(REST, rest)]) {
                let id = SHELF_BIT | owner << NUMBER_BITS | number;
                needed.insert(id);
                if self.0.get(&id).is_none_or(|kept| !same(kept, &shelf)) {
                    dirty.insert(id);
                    let frame = Frame::first(scope, &state, Value::Null, at);
                    frames.insert(id, Frame { id, phase: Phase::Shelf(shelf), ..frame });
                }
            }
        }
        needed
    }
}

/// Without looking into the values: what nobody touched is the same one.
fn same(left: &Shelf, right: &Shelf) -> bool {
    let is = |(left, right): (&Option<Shared>, &Option<Shared>)| match (left, right) {
        (Some(left), Some(right)) => left.is(right),
        (None, None) => true,
        _ => false,
    };
    match (left, right) {
        (Shelf::Part { items, outputs }, Shelf::Part { items: new_items, outputs: new_outputs }) => {
            items.len() == new_items.len()
                && outputs.len() == new_outputs.len()
                && items.iter().zip(new_items).all(|(left, right)| left.is(right))
                && outputs.iter().zip(new_outputs).all(is)
        }
        // Variables change only when a state is left.
        (Shelf::Rest { entered, input, .. }, Shelf::Rest { entered: new_entered, input: new_input, .. }) => {
            entered == new_entered && input.is(new_input)
        }
        _ => false,
    }
}

/// The map run's join of a frame, whether it goes on or is halted.
fn join_of(frame: &mut Frame) -> Option<&mut Join> {
    let join = match &mut frame.phase {
        Phase::Joining(join) | Phase::Writing(join) => Some(join),
        _ => match frame.halted.as_deref_mut() {
            Some(Halted::Joining(join)) => Some(join),
            _ => None,
        },
    };
    join.filter(|join| join.run.is_some())
}
