//! Entries of our streams: fields in, values out.

use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DeadLetter, Delivery, Failure, PortError, QueueName};
use std::str::FromStr;

/// Names a delivery: the entry, and which delivery of it. As text `1767268800000-0/2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) entry: String,
    pub(super) deliveries: u32,
}

impl FromStr for Receipt {
    type Err = PortError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('/').and_then(|(entry, deliveries)| {
            Some(Self { entry: is_entry_id(entry).then(|| entry.to_owned())?, deliveries: deliveries.parse().ok()? })
        });
        parsed.ok_or_else(|| PortError::corrupt(format!("receipt: not one of this queue: {text:?}")))
    }
}

/// Whether Redis takes it as the whole id of a stream entry: two numbers of 64 bits.
pub(super) fn is_entry_id(text: &str) -> bool {
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u64>().is_ok();
    text.split_once('-').is_some_and(|(time, sequence)| number(time) && number(sequence))
}

struct Fields {
    message_id: String,
    body: String,
    earlier: u32,
    sent_at: DateTime<Utc>,
    buried_at: Option<DateTime<Utc>>,
    failures: Vec<Failure>,
}

impl Fields {
    fn read(id: &str, flat: Vec<String>) -> Result<Self, PortError> {
        let wrong = |field: &str| PortError::corrupt(format!("queue entry {id}: field {field}"));
        let (mut message_id, mut body, mut earlier, mut sent_at, mut buried_at) = (None, None, None, None, None);
        let mut failures = Vec::new();
        let time = |text: &str| text.parse().ok().and_then(DateTime::from_timestamp_millis);
        let mut flat = flat.into_iter();
        while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
            match name.as_str() {
                "i" => message_id = Some(value),
                "m" => body = Some(value),
                "n" => earlier = value.parse().ok(),
                "s" => sent_at = time(&value),
                "b" => buried_at = time(&value),
                "f" => failures.push(serde_json::from_str(&value).map_err(|_| wrong("f"))?),
                // Written by a later version of this code, beside this one during a deployment.
                _ => {}
            }
        }
        Ok(Self {
            message_id: message_id.ok_or_else(|| wrong("i"))?,
            body: body.ok_or_else(|| wrong("m"))?,
            earlier: earlier.ok_or_else(|| wrong("n"))?,
            sent_at: sent_at.ok_or_else(|| wrong("s"))?,
            buried_at,
            failures,
        })
    }
}

pub(super) fn delivery(id: &str, deliveries: u32, flat: Vec<String>) -> Result<Delivery, PortError> {
    let fields = Fields::read(id, flat)?;
    Ok(Delivery {
        receipt: format!("{id}/{deliveries}"),
        message_id: fields.message_id,
        body: fields.body,
        receive_count: fields.earlier.saturating_add(deliveries),
        sent_at: fields.sent_at,
        failures: fields.failures,
    })
}

pub(super) fn dead_letter(queue: &QueueName, id: String, flat: Vec<String>) -> Result<DeadLetter, PortError> {
    let fields = Fields::read(&id, flat)?;
    let buried_at = fields.buried_at.ok_or_else(|| PortError::corrupt(format!("dead letter {id}: field b")))?;
    Ok(DeadLetter {
        id,
        queue: queue.clone(),
        body: fields.body,
        receive_count: fields.earlier,
        sent_at: fields.sent_at,
        buried_at,
        failures: fields.failures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_an_entry_and_a_delivery() {
        let receipt: Receipt = "1767268800000-3/2".parse().unwrap();
        assert_eq!(receipt, Receipt { entry: "1767268800000-3".to_owned(), deliveries: 2 });
        for bad in ["", "1-1", "1-1/", "1-1/x", "1/1", "-1-1/1", "1-/1", "1-1 2/1", "99999999999999999999-0/1", "*/1"] {
            assert!(bad.parse::<Receipt>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_foreign_entry_is_named() {
        let flat = ["i", "1", "m", "{}", "n", "x", "s", "1"].map(str::to_owned).to_vec();
        assert_eq!(delivery("5-1", 1, flat).unwrap_err().to_string(), "corrupt: queue entry 5-1: field n");
    }
}
