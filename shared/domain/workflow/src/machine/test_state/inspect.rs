//! What is shown of the way from the input to the output. Which values there are depends on the type and the language, as
//! recorded; a value whose evaluation fails, and all after it, are left out.

use super::request::Asked;
use super::trial::{Trial, draw};
use crate::definition::{Body, Count, Language, Mapping, State};
use crate::machine::{
    advance::Turn,
    types::{Item, Phase, Wake},
};
use crate::scope::Failure;
use crate::template;
use serde_json::{Map, Value, json};
use std::cell::Cell;

/// The values, as texts of JSON. `result` is what the state's work answered.
pub(super) fn inspect(trial: &Trial, result: Option<&Value>) -> Map<String, Value> {
    let mut shown = Shown(Map::new());
    shown.value("input", &trial.asked.input);
    let Some(state) = trial.asked.definition.state(trial.asked.scope, &trial.asked.name) else { return shown.0 };
    let (mut execution, mut frame) = (trial.execution.clone(), trial.entered.clone());
    // The same numbers as the state itself drew.
    let drawn = Cell::new(trial.seed);
    let (chance, token) = (|| draw(&drawn), String::new);
    let wake = Wake { now: trial.now, chance: &chance, token: &token, child_state: &|_| None };
    let turn = Turn {
        definition: &trial.asked.definition,
        execution: &mut execution,
        frame: &mut frame,
        wake: &wake,
        commands: Vec::new(),
        halted: None,
        given: Some(&trial.context),
        handled: None,
    };
    let parameters = match &trial.frame.phase {
        Phase::Task(order) => Some(order.parameters.clone()),
        _ => None,
    };
    let way = Way { turn, state, context: &trial.context, asked: &trial.asked };
    // What could not be evaluated is the state's error, and has been told.
    let _: Result<(), Failure> = match state.language {
        Language::JsonPath => way.json_path(&mut shown, result, parameters),
        Language::Jsonata => way.jsonata(&mut shown, result, parameters),
    };
    shown.0
}

/// What an `ItemReader` is imagined to have read.
pub(super) fn read_items(asked: &Asked) -> Option<Vec<Value>> {
    let data: Value = serde_json::from_str(asked.configuration.map_item_reader_data.as_deref()?).ok()?;
    data.as_array().cloned()
}

struct Shown(Map<String, Value>);

impl Shown {
    fn value(&mut self, name: &str, value: &Value) {
        self.0.insert(name.to_owned(), json!(value.to_string()));
    }
}

struct Way<'a> {
    turn: Turn<'a>,
    state: &'a State,
    context: &'a Value,
    asked: &'a Asked,
}

impl Way<'_> {
    fn json_path(&self, shown: &mut Shown, result: Option<&Value>, parameters: Option<Value>) -> Result<(), Failure> {
        let (state, turn) = (self.state, &self.turn);
        let input = turn.selected_input(self.context)?;
        let scope = turn.scope(&input, self.context);
        match &state.body {
            Body::Pass { result: Some(result) } => {
                shown.value("result", result);
                self.results(shown, result)
            }
            Body::Pass { result: None } => {
                shown.value("afterInputPath", &input);
                let filled = match &state.arguments {
                    Some(parameters) => template::fill(parameters, &scope)?,
                    None => Value::clone(&input),
                };
                shown.value("afterParameters", &filled);
                self.results(shown, &filled)
            }
            Body::Task { .. } => {
                shown.value("afterInputPath", &input);
                let filled = match (parameters, &state.arguments) {
                    (Some(parameters), _) => parameters,
                    (None, Some(parameters)) => template::fill(parameters, &scope)?,
                    (None, None) => Value::clone(&input),
                };
                shown.value("afterParameters", &filled);
                let Some(result) = result else { return Ok(()) };
                shown.value("result", result);
                self.results(shown, result)
            }
            Body::Map(map) => {
                shown.value("afterInputPath", &input);
                self.tolerated(shown, map, &input)?;
                let items = match (&map.reader, template::read(map.items_path.as_deref().unwrap_or("$"), &scope)) {
                    (None, Ok(Value::Array(items))) => {
                        shown.value("afterItemsPath", &json!(items));
                        Some(items)
                    }
                    (None, _) => None,
                    (Some(_), _) => read_items(self.asked),
                };
                self.items(shown, map, items)?;
                result.map_or(Ok(()), |result| self.results(shown, result))
            }
            Body::Parallel { .. } => result.map_or(Ok(()), |result| self.results(shown, result)),
            Body::Succeed | Body::Fail { .. } | Body::Choice { .. } | Body::Wait(_) => {
                shown.value("afterInputPath", &input);
                Ok(())
            }
        }
    }

    fn jsonata(&self, shown: &mut Shown, result: Option<&Value>, arguments: Option<Value>) -> Result<(), Failure> {
        let input = &self.turn.frame.input;
        match &self.state.body {
            Body::Task { .. } => {
                let filled = match (arguments, &self.state.arguments) {
                    (Some(arguments), _) => Some(arguments),
                    (None, Some(arguments)) => {
                        let scope = self.turn.scope(input, self.context);
                        Some(self.turn.filled(arguments, "Arguments", &scope)?)
                    }
                    (None, None) => None,
                };
                if let (Some(filled), true) = (&filled, self.state.arguments.is_some()) {
                    shown.value("afterArguments", filled);
                }
                if let Some(result) = result {
                    shown.value("result", result);
                }
                Ok(())
            }
            Body::Map(map) => {
                self.tolerated(shown, map, input)?;
                let items = match &map.reader {
                    None => self.turn.jsonata_items(map, self.context).ok(),
                    Some(_) => read_items(self.asked),
                };
                self.items(shown, map, items)
            }
            _ => Ok(()),
        }
    }

    /// JSONPath: from what the work answered to what leaves the state.
    fn results(&self, shown: &mut Shown, result: &Value) -> Result<(), Failure> {
        let selected = match &self.state.result_selector {
            Some(selector) => template::fill(selector, &self.turn.scope(result, self.context))?,
            None => result.clone(),
        };
        shown.value("afterResultSelector", &selected);
        let placed = self.turn.placed(&self.state.result_path, self.turn.frame.input.clone(), selected.into())?;
        shown.value("afterResultPath", &placed);
        Ok(())
    }

    fn tolerated(&self, shown: &mut Shown, map: &Mapping, input: &Value) -> Result<(), Failure> {
        let scope = self.turn.scope(input, self.context);
        let concurrency = self.turn.whole(&map.concurrency, "MaxConcurrency", &scope)?.unwrap_or(0);
        shown.0.insert("maxConcurrency".to_owned(), json!(concurrency));
        if let Some(count) = self.turn.whole(&map.tolerated_count, "ToleratedFailureCount", &scope)? {
            shown.0.insert("toleratedFailureCount".to_owned(), json!(count));
        }
        let percentage = self.turn.percentage(&map.tolerated_percentage, "ToleratedFailurePercentage", &scope)?;
        if let (Some(percentage), false) = (percentage, matches!(map.tolerated_percentage, Count::None)) {
            shown.0.insert("toleratedFailurePercentage".to_owned(), json!(percentage));
        }
        Ok(())
    }

    /// What iterations get.
    fn items(&self, shown: &mut Shown, map: &Mapping, items: Option<Vec<Value>>) -> Result<(), Failure> {
        let Some(items) = items else { return Ok(()) };
        if map.selector.is_some() {
            let item = |(index, value)| self.turn.iteration_input(map, &Item { index, value });
            let inputs = (0..).zip(items.iter().cloned()).map(item).collect::<Result<Vec<Value>, Failure>>()?;
            shown.value("afterItemSelector", &json!(inputs));
        }
        if let Some(batcher) = &map.batcher {
            let batches = self.turn.batches(map, batcher, items)?;
            shown.value("afterItemBatcher", &json!(batches));
        }
        Ok(())
    }
}
