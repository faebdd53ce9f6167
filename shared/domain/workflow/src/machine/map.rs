//! A `Map` begins: its items, its limits, its first iterations.

use super::{
    advance::{Step, Turn},
    fault::Fault,
    quota,
    types::{Command, Frame, Item, Join, MapChild, MapRun, Parent, Phase},
};
use crate::{
    definition::{Body, Count, Language, Mapping},
    history::Entry,
    jsonata::{self, Kind},
    scope::{Failure, Scope, error},
    shared::Shared,
    template,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The error of a `Map` whose items could not be read.
const READER_FAILED: &str = "States.ItemReaderFailed";

impl Turn<'_> {
    pub(super) fn map(&mut self, map: &Mapping, input: &Value, context: &Value) -> Result<Step, Fault> {
        let scope = self.scope(input, context);
        let language = self.state()?.language;
        let ceiling = if map.distributed { quota::DISTRIBUTED_CONCURRENCY_MAX } else { quota::INLINE_CONCURRENCY_MAX };
        let limit = match self.whole(&map.concurrency, "MaxConcurrency", &scope)? {
            None | Some(0) => ceiling,
            Some(limit) => u32::try_from(limit).unwrap_or(ceiling).min(ceiling),
        };
        if let (true, Some(reader)) = (map.distributed, &map.reader) {
            let mut reader = self.filled(reader, "ItemReader", &scope)?;
            // Recorded: the number of items is not known yet, and stays 0.
            self.append(Entry::MapStateStarted { length: 0 });
            self.max_items(&mut reader, &self.scope(input, context))?;
            let run = self.map_run(map, input, context)?;
            self.wait(Phase::Reading { limit, run });
            self.commands.push(Command::ReadItems { frame: self.frame.id, turn: self.frame.turn, reader });
            return Ok(Step::Wait);
        }
        let items = match language {
            Language::Jsonata => self.jsonata_items(map, context)?,
            Language::JsonPath => {
                let path = map.items_path.as_deref().unwrap_or("$");
                match template::read(path, &scope)? {
                    Value::Array(items) => items,
                    _ => return Err(Failure::runtime(format!("Reference path \"{path}\" must point to array.")).into()),
                }
            }
        };
        // An expression may make far more than its input had: what a frame keeps is bounded.
        let size: usize = items.iter().map(quota::bytes).sum();
        if size > quota::ITEMS_BYTES_MAX {
            return Err(quota::exceeded(&self.frame.state).into());
        }
        self.append(Entry::MapStateStarted { length: items.len() as u64 });
        // Recorded: what is tolerated is looked at when the items are known.
        let run = if map.distributed { Some(self.map_run(map, input, context)?) } else { None };
        self.begin_iterations(map, items, limit, run)
    }

    /// The items that an `ItemReader` found, or why it found none.
    pub(super) fn items_read(&mut self, limit: u32, run: MapRun, read: Result<Vec<Value>, String>) -> Step {
        let state = match self.state() {
            Ok(state) => state,
            Err(failure) => return self.fault(Fault::deadly(failure)),
        };
        let Body::Map(map) = &state.body else { return Step::Wait };
        let step = match read {
            Ok(items) if items.len() <= quota::ITEMS_MAX => self.begin_iterations(map, items, limit, Some(run)),
            Ok(_) => Err(self.run_failed(READER_FAILED, "The item reader found more items than a Map may have.")),
            Err(cause) => Err(self.run_failed(READER_FAILED, &cause)),
        };
        step.unwrap_or_else(|fault| self.fault(fault))
    }

    /// A distributed `Map` cannot go on: its run has failed.
    pub(super) fn run_failed(&mut self, error: &str, cause: &str) -> Fault {
        let (error, cause) = (Some(error.to_owned()), Some(cause.to_owned()));
        self.append(Entry::MapRunFailed { error: error.clone(), cause: cause.clone() });
        Fault::Children { error, cause }
    }

    pub(super) fn begin_iterations(
        &mut self,
        map: &Mapping,
        items: Vec<Value>,
        limit: u32,
        run: Option<MapRun>,
    ) -> Result<Step, Fault> {
        let (items, batched) = match &map.batcher {
            Some(batcher) if run.is_some() => (self.batches(map, batcher, items)?, true),
            _ => (items, false),
        };
        let outputs = vec![None; items.len()];
        let items = items.into_iter().map(Shared::from).collect();
        let mut join = Join { items, batched, outputs, started: 0, ended: 0, failed: BTreeSet::new(), limit, run };
        self.wait(Phase::Ready);
        if join.items.is_empty() {
            return self.mapped(map, join);
        }
        self.iterate_to_the_limit(map, &mut join)?;
        self.frame.phase = Phase::Joining(join);
        Ok(Step::Wait)
    }

    /// Starts iterations until as many run as may, or until none is left.
    pub(super) fn iterate_to_the_limit(&mut self, map: &Mapping, join: &mut Join) -> Result<(), Fault> {
        let previous = self.frame.last;
        while join.started.saturating_sub(join.ended) < join.limit && (join.started as usize) < join.items.len() {
            if let Err(failure) = self.iterate(map, join, previous) {
                self.commands.push(Command::CancelChildren { frame: self.frame.id });
                return Err(failure.into());
            }
        }
        Ok(())
    }

    /// A template in the state's language.
    pub(super) fn filled(&self, value: &Value, field: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
        match self.state()?.language {
            Language::JsonPath => template::fill(value, scope),
            Language::Jsonata => jsonata::fill(value, field, scope),
        }
    }

    /// Puts what `ReaderConfig.MaxItemsPath` leads to in the place of `MaxItems`: the reader has no paths.
    fn max_items(&self, reader: &mut Value, scope: &Scope<'_>) -> Result<(), Failure> {
        let Some(config) = reader.get_mut("ReaderConfig").and_then(Value::as_object_mut) else { return Ok(()) };
        let Some(Value::String(path)) = config.remove("MaxItemsPath") else { return Ok(()) };
        if let Some(most) = self.whole(&Count::Path(path), "MaxItems", scope)? {
            config.insert("MaxItems".to_owned(), most.into());
        }
        Ok(())
    }

    fn map_run(&mut self, map: &Mapping, input: &Value, context: &Value) -> Result<MapRun, Failure> {
        let scope = self.scope(input, context);
        let tolerated_count = self.whole(&map.tolerated_count, "ToleratedFailureCount", &scope)?;
        let tolerated_percentage = self.percentage(&map.tolerated_percentage, "ToleratedFailurePercentage", &scope)?;
        let arn = self.map_run_arn(map);
        self.append(Entry::MapRunStarted { map_run_arn: arn.clone() });
        Ok(MapRun { arn, tolerated_count, tolerated_percentage, began_at: self.wake.now, redrive_count: 0 })
    }

    /// Starts the next iteration.
    pub(super) fn iterate(&mut self, map: &Mapping, join: &mut Join, previous: u64) -> Result<(), Failure> {
        let index = join.started;
        let value = join.items.get(index as usize).cloned().unwrap_or_default().into_value();
        let item = Item { index, value };
        let input = if join.batched { item.value.clone() } else { self.iteration_input(map, &item)? };
        quota::payload(&self.frame.state, &input)?;
        join.started += 1;
        let Some(run) = join.run.clone() else {
            let entry = Entry::MapIterationStarted { name: self.frame.state.clone(), index };
            let last = self.append_aside(previous, entry);
            let frame = self.child(map.processor, index, input.into(), last, Some(item));
            self.commands.push(Command::Fork(Box::new(frame)));
            return Ok(());
        };
        self.start_child(map, run, index, input, item);
        Ok(())
    }

    /// Starts the child execution of an item; anew, if the run has begun again since.
    fn start_child(&mut self, map: &Mapping, run: MapRun, index: u32, input: Value, item: Item) {
        let start_at = self.definition.lists.get(map.processor).map_or("", |list| list.start_at.as_str());
        // A child execution does not see its parent's variables.
        let frame = Frame {
            parent: Some(Parent { frame: self.frame.id, turn: self.frame.turn, index }),
            item: Some(item),
            ..Frame::first(map.processor, start_at, input, self.wake.now)
        };
        let (label, again) = (label(&run.arn).to_owned(), if map.express { run.redrive_count } else { 0 });
        self.commands.push(Command::StartChild(Box::new(MapChild { run, again, label, express: map.express, frame })));
    }

    /// The child execution of an item that has been started before, once more.
    pub(super) fn start_again(&mut self, map: &Mapping, join: &Join, index: u32) -> Result<(), Failure> {
        let Some(run) = join.run.clone() else { return Ok(()) };
        let value = join.items.get(index as usize).cloned().unwrap_or_default().into_value();
        let item = Item { index, value };
        let input = if join.batched { item.value.clone() } else { self.iteration_input(map, &item)? };
        self.start_child(map, run, index, input, item);
        Ok(())
    }

    pub(super) fn jsonata_items(&self, map: &Mapping, context: &Value) -> Result<Vec<Value>, Failure> {
        let input = &self.frame.input;
        let items = match &map.items {
            Some(items) => jsonata::fill_as(items, "Items", Kind::Array, &self.scope(input, context))?,
            None => Value::clone(input),
        };
        match items {
            Value::Array(items) => Ok(items),
            other => {
                let cause = format!("Map state input must be an array but was: {other}");
                Err(Failure::new(error::QUERY_EVALUATION, cause))
            }
        }
    }

    /// `ItemBatcher`: items after `ItemSelector`, as many in a batch as its two limits allow.
    pub(super) fn batches(&self, map: &Mapping, batcher: &Value, items: Vec<Value>) -> Result<Vec<Value>, Failure> {
        let context = self.context(None);
        let input = self.selected_input(&context)?;
        let scope = self.scope(&input, &context);
        let limit = |name: &str| -> Result<Option<usize>, Failure> {
            let path = batcher.get(format!("{name}Path")).and_then(Value::as_str).map(str::to_owned);
            let count = match (batcher.get(name), path) {
                (Some(value), _) => Count::Given(value.clone()),
                (None, Some(path)) => Count::Path(path),
                (None, None) => Count::None,
            };
            Ok(self.whole(&count, name, &scope)?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)))
        };
        let most = limit("MaxItemsPerBatch")?.unwrap_or(usize::MAX).max(1);
        let bytes_most = limit("MaxInputBytesPerBatch")?.unwrap_or(usize::MAX).min(quota::PAYLOAD_BYTES_MAX);
        let shared = match batcher.get("BatchInput") {
            None => None,
            Some(shared) => Some(self.filled(shared, "ItemBatcher/BatchInput", &scope)?),
        };
        let batch = |items: Vec<Value>| {
            let mut batch = Map::new();
            batch.extend(shared.clone().map(|shared| ("BatchInput".to_owned(), shared)));
            batch.insert("Items".to_owned(), Value::Array(items));
            Value::Object(batch)
        };
        // What the batch's own text takes around its items.
        let around = quota::bytes(&batch(Vec::new()));
        let (mut batches, mut open, mut length) = (Vec::new(), Vec::new(), around);
        for (index, value) in (0..).zip(items) {
            let item = self.iteration_input(map, &Item { index, value })?;
            let bytes = quota::bytes(&item) + 1;
            if !open.is_empty() && (open.len() == most || length + bytes > bytes_most) {
                batches.push(batch(std::mem::take(&mut open)));
                length = around;
            }
            length += bytes;
            open.push(item);
        }
        if !open.is_empty() {
            batches.push(batch(open));
        }
        Ok(batches)
    }

    /// `arn:...:mapRun:MACHINE/LABEL:ID`.
    fn map_run_arn(&self, map: &Mapping) -> String {
        let draw = || uuid::Uuid::from_u64_pair((self.wake.chance)(), (self.wake.chance)());
        let random = |id: uuid::Uuid| uuid::Builder::from_random_bytes(*id.as_bytes()).into_uuid().to_string();
        let label = map.label.clone().unwrap_or_else(|| random(draw()));
        let machine = self.execution.machine_arn.replace(":stateMachine:", ":mapRun:");
        format!("{machine}/{label}:{}", random(draw()))
    }
}

fn label(map_run_arn: &str) -> &str {
    map_run_arn.rsplit_once('/').and_then(|(_, rest)| rest.split_once(':')).map_or("", |(label, _)| label)
}
