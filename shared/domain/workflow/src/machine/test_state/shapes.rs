//! What integrations answer, so that a mocked result is not one that could never come. Known are the members of the most
//! used actions; other members, and actions that are not here, are not judged.
//!
//! To add an action: a line in [`ACTIONS`].

use super::request::Validation;
use crate::definition::{Body, State, StateType};
use crate::history::TaskService;
use serde_json::Value;

/// A value's shape.
enum Shape {
    /// A text: also moments and bytes, as the integrations write them.
    Text,
    /// A text of at least so many bytes.
    TextOf(usize),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A number.
    Number,
    /// A number within these bounds.
    NumberWithin(f64, f64),
    Boolean,
    List(&'static Shape),
    /// Members by name; those marked are needed.
    Object(&'static [(&'static str, &'static Shape, bool)]),
}

const TEXT: &Shape = &Shape::Text;
const NUMBER: &Shape = &Shape::Number;
const BOOLEAN: &Shape = &Shape::Boolean;

const CAPACITY: &Shape = &Shape::Object(&[
    ("CapacityUnits", NUMBER, false),
    ("ReadCapacityUnits", NUMBER, false),
    ("WriteCapacityUnits", NUMBER, false),
]);
const CONSUMED: &Shape = &Shape::Object(&[
    ("TableName", TEXT, false),
    ("CapacityUnits", NUMBER, false),
    ("ReadCapacityUnits", NUMBER, false),
    ("WriteCapacityUnits", NUMBER, false),
    ("Table", CAPACITY, false),
]);
const EVENT: &Shape =
    &Shape::Object(&[("EventId", TEXT, false), ("ErrorCode", TEXT, false), ("ErrorMessage", TEXT, false)]);
const STORAGE_CLASSES: &[&str] = &[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "OUTPOSTS",
    "GLACIER_IR",
    "SNOW",
    "EXPRESS_ONEZONE",
];

/// What an action answers: service, action, members.
const ACTIONS: &[(&str, &str, &Shape)] = &[
    (
        "lambda",
        "invoke",
        &Shape::Object(&[
            ("StatusCode", NUMBER, false),
            ("FunctionError", TEXT, false),
            ("LogResult", TEXT, false),
            ("ExecutedVersion", TEXT, false),
        ]),
    ),
    (
        "aws-sdk:lambda",
        "getFunction",
        &Shape::Object(&[(
            "Configuration",
            &Shape::Object(&[
                ("FunctionName", TEXT, false),
                ("FunctionArn", TEXT, false),
                ("CodeSize", NUMBER, false),
                ("Timeout", &Shape::NumberWithin(1.0, f64::MAX), false),
                ("MemorySize", &Shape::NumberWithin(128.0, 10_240.0), false),
            ]),
            false,
        )]),
    ),
    ("states", "startExecution", &Shape::Object(&[("ExecutionArn", TEXT, true), ("StartDate", TEXT, true)])),
    (
        "events",
        "putEvents",
        &Shape::Object(&[("Entries", &Shape::List(EVENT), false), ("FailedEntryCount", NUMBER, false)]),
    ),
    (
        "sqs",
        "sendMessage",
        &Shape::Object(&[
            ("MessageId", TEXT, false),
            ("MD5OfMessageBody", TEXT, false),
            ("MD5OfMessageAttributes", TEXT, false),
            ("SequenceNumber", TEXT, false),
        ]),
    ),
    ("sns", "publish", &Shape::Object(&[("MessageId", TEXT, false), ("SequenceNumber", TEXT, false)])),
    ("dynamodb", "putItem", &Shape::Object(&[("ConsumedCapacity", CONSUMED, false)])),
    ("dynamodb", "getItem", &Shape::Object(&[("ConsumedCapacity", CONSUMED, false)])),
    ("dynamodb", "updateItem", &Shape::Object(&[("ConsumedCapacity", CONSUMED, false)])),
    ("dynamodb", "deleteItem", &Shape::Object(&[("ConsumedCapacity", CONSUMED, false)])),
    (
        "aws-sdk:s3",
        "getObject",
        &Shape::Object(&[
            ("Body", TEXT, false),
            ("ContentLength", NUMBER, false),
            ("ContentType", TEXT, false),
            ("DeleteMarker", BOOLEAN, false),
            ("ETag", TEXT, false),
            ("LastModified", TEXT, false),
            ("StorageClass", &Shape::OneOf(STORAGE_CLASSES), false),
            ("VersionId", TEXT, false),
        ]),
    ),
    ("aws-sdk:kms", "encrypt", &Shape::Object(&[("CiphertextBlob", &Shape::TextOf(1), false), ("KeyId", TEXT, false)])),
];

/// Judges a mocked result; the fault is the API's message.
pub(super) fn judge(result: &Value, state: &State, mode: Validation) -> Result<(), String> {
    match (&state.body, state.state_type) {
        (Body::Map(map), _) if map.writer.is_none() && !result.is_array() => {
            Err("Mocked result must be an array.".to_owned())
        }
        (Body::Parallel { .. }, _) if !result.is_array() => Err("Mocked result must be an array.".to_owned()),
        (Body::Task { resource, .. }, StateType::Task) if mode != Validation::None => {
            let TaskService::Integration { service, action } = TaskService::of(resource) else { return Ok(()) };
            // A `.sync` answers what the job comes to, and whoever has the token answers what it likes.
            let Some((_, _, shape)) = ACTIONS.iter().find(|(of, name, _)| *of == service && *name == action) else {
                return Ok(());
            };
            conforms(result, shape, None, mode == Validation::Strict)
                .map_err(|fault| format!("Mock result schema validation error: {fault}"))
        }
        _ => Ok(()),
    }
}

fn conforms(value: &Value, shape: &Shape, name: Option<&str>, strict: bool) -> Result<(), String> {
    let wrong = |what: &str| match name {
        Some(name) => Err(format!("Field '{name}' {what}")),
        None => Err(format!("Result {what}")),
    };
    match shape {
        Shape::Text if !value.is_string() => wrong("must be a string"),
        Shape::TextOf(least) => match value.as_str() {
            None => wrong("must be a string"),
            Some(text) if text.len() < *least => wrong("is smaller than the minimum length"),
            Some(_) => Ok(()),
        },
        Shape::OneOf(known) => match value.as_str() {
            None => wrong("must be a string"),
            Some(text) if !known.contains(&text) => wrong("is not an expected value"),
            Some(_) => Ok(()),
        },
        Shape::Number if !value.is_number() => wrong("must be a number"),
        Shape::NumberWithin(least, most) => match value.as_f64() {
            None => wrong("must be a number"),
            Some(number) if number < *least => wrong("is smaller than the minimum value"),
            Some(number) if number > *most => wrong("exceeds the maximum value"),
            Some(_) => Ok(()),
        },
        Shape::Boolean if !value.is_boolean() => wrong("must be a boolean"),
        Shape::List(item) => match value.as_array() {
            None => wrong("must be an array"),
            Some(items) => items.iter().try_for_each(|value| conforms(value, item, name, strict)),
        },
        Shape::Object(members) => {
            let Some(fields) = value.as_object() else { return wrong("must be an object") };
            for (member, shape, needed) in *members {
                match fields.get(*member) {
                    Some(value) => conforms(value, shape, Some(member), strict)?,
                    None if strict && *needed => return Err(format!("Required field '{member}' is missing")),
                    None => {}
                }
            }
            Ok(())
        }
        Shape::Text | Shape::Number | Shape::Boolean => Ok(()),
    }
}
