//! Rules: how they are read and whether they hold.

use super::operator::{Operand, Operator};
use crate::scope::{Failure, Scope};
use crate::template::Source;
use serde_json::{Map, Value};

/// How deep rules may nest.
const DEPTH_MAX: usize = 64;

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleFault {
    /// Where inside the rule, as a JSON pointer, for example `/And/0/Variable`.
    pub at: String,
    /// What is wrong.
    pub message: String,
}

/// A rule: one comparison, or `And`, `Or`, `Not` over rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
    Compare { variable: Source, operator: Operator, operand: Operand },
}

impl Rule {
    /// Reads a rule; `Next`, `Assign`, `Output` and `Comment` are the caller's.
    pub fn parse(rule: &Value) -> Result<Self, RuleFault> {
        read(rule, "", 0)
    }

    /// Whether the rule holds. Looking at a value that is not there is a failure, except for `IsPresent`.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, Failure> {
        match &self.0 {
            Kind::And(rules) => {
                for rule in rules {
                    if !rule.holds(scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Kind::Or(rules) => {
                for rule in rules {
                    if rule.holds(scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Kind::Not(rule) => Ok(!rule.holds(scope)?),
            Kind::Compare { variable, operator: Operator::IsPresent, operand } => {
                Ok(Some(variable.find(scope).is_ok()) == operand.flag())
            }
            Kind::Compare { variable, operator, operand } => {
                let value = look_at(variable, scope)?;
                match operand {
                    Operand::Value(wanted) => Ok(operator.holds(&value, wanted)),
                    Operand::Path(path) => Ok(operator.holds(&value, &look_at(path, scope)?)),
                }
            }
        }
    }

    /// The variables and paths that the rule looks at, as they were written, in order.
    pub fn sources(&self) -> Vec<&str> {
        match &self.0 {
            Kind::And(rules) | Kind::Or(rules) => rules.iter().flat_map(Self::sources).collect(),
            Kind::Not(rule) => rule.sources(),
            Kind::Compare { variable, operand, .. } => {
                let mut sources = vec![variable.text()];
                if let Operand::Path(path) = operand {
                    sources.push(path.text());
                }
                sources
            }
        }
    }
}

fn look_at(source: &Source, scope: &Scope<'_>) -> Result<Value, Failure> {
    source.find(scope).map_err(|_| {
        Failure::runtime(format!(
            "Invalid path '{}': The choice state's condition path references an invalid value.",
            source.text()
        ))
    })
}

fn fault(at: impl Into<String>, message: impl Into<String>) -> RuleFault {
    RuleFault { at: at.into(), message: message.into() }
}

fn read(rule: &Value, at: &str, depth: usize) -> Result<Rule, RuleFault> {
    if depth > DEPTH_MAX {
        return Err(fault(at, format!("rules nest at most {DEPTH_MAX} deep")));
    }
    let Value::Object(fields) = rule else { return Err(fault(at, "a rule is an object")) };
    let mut read_kinds = Vec::new();
    for (name, value) in fields {
        let here = format!("{at}/{name}");
        match name.as_str() {
            "And" => read_kinds.push(Kind::And(read_many(value, &here, depth)?)),
            "Or" => read_kinds.push(Kind::Or(read_many(value, &here, depth)?)),
            "Not" => read_kinds.push(Kind::Not(Box::new(read(value, &here, depth + 1)?))),
            name => {
                if let Some((operator, of_path)) = Operator::named(name) {
                    read_kinds.push(comparison(fields, at, &here, operator, of_path, value)?);
                }
            }
        }
    }
    match (read_kinds.pop(), read_kinds.is_empty()) {
        (Some(kind), true) => Ok(Rule(kind)),
        (Some(_), false) => Err(fault(at, "a rule has one comparison")),
        (None, _) => Err(fault(at, "a rule has a comparison, And, Or or Not")),
    }
}

fn read_many(value: &Value, at: &str, depth: usize) -> Result<Vec<Rule>, RuleFault> {
    let rules = value.as_array().filter(|rules| !rules.is_empty());
    let rules = rules.ok_or_else(|| fault(at, "expected an array of at least one rule"))?;
    rules.iter().enumerate().map(|(index, rule)| read(rule, &format!("{at}/{index}"), depth + 1)).collect()
}

fn comparison(
    fields: &Map<String, Value>,
    at: &str,
    here: &str,
    operator: Operator,
    of_path: bool,
    value: &Value,
) -> Result<Kind, RuleFault> {
    let source = |text: Option<&str>, at: String| {
        let text = text.ok_or_else(|| fault(&at, "expected a path"))?;
        Source::parse(text).map_err(|wrong| fault(&at, wrong.message))
    };
    let variable = source(fields.get("Variable").and_then(Value::as_str), format!("{at}/Variable"))?;
    let operand = if of_path {
        Operand::Path(source(value.as_str(), here.to_owned())?)
    } else {
        operator.check(value).map_err(|message| fault(here, message))?;
        Operand::Value(value.clone())
    };
    Ok(Kind::Compare { variable, operator, operand })
}
