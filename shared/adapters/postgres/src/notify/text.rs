//! Values as text, and back.

use octavo_domain_kernel::PortError;
use octavo_domain_notify::{Address, Channel, Recipient};
use serde::Serialize;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde_json::Value;

/// Characters that are kept of what a provider said.
const DETAIL_CHARS_MAX: usize = 1_000;

/// A value of an enumeration, as the domain writes it: `in_app`.
pub(super) fn word<T: Serialize>(value: T) -> Result<String, PortError> {
    match serde_json::to_value(value).map_err(PortError::corrupt)? {
        Value::String(word) => Ok(word),
        other => Err(PortError::corrupt(format!("{other} is no word"))),
    }
}

/// What [`word`] wrote.
pub(super) fn meant<T: DeserializeOwned>(column: &str, word: &str) -> Result<T, PortError> {
    let reader: StrDeserializer<'_, Error> = word.into_deserializer();
    T::deserialize(reader).map_err(|error| PortError::corrupt(format!("column {column}: {error}")))
}

/// An address as it is compared: mail addresses in small letters.
pub(super) fn address(channel: Channel, address: &Address) -> String {
    let text = crate::workflow::text::plain(&address.0);
    if channel == Channel::Email { text.to_lowercase() } else { text.into_owned() }
}

/// For whom a digest gathers.
pub(super) fn gathered_for(recipient: &Recipient) -> Result<String, PortError> {
    match recipient {
        Recipient::User { user, .. } => Ok(format!("user:{user}")),
        Recipient::Address { channel, address, .. } => Ok(format!("address:{}", self::address(*channel, address))),
        Recipient::Target { target } => Ok(format!("target:{}", crate::workflow::text::plain(target))),
        Recipient::Group { group, .. } => Err(PortError::corrupt(format!("a message to the group {group}"))),
    }
}

/// What a provider said, as far as it is kept.
pub(super) fn detail(text: &str) -> String {
    crate::workflow::text::plain(text).chars().take(DETAIL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_notify::{AttemptStatus, MessageStatus, Reason, Urgency};

    #[test]
    fn words_are_read_as_they_were_written() {
        for channel in [Channel::Email, Channel::InApp, Channel::Pagerduty] {
            assert_eq!(word(channel).unwrap(), channel.as_str());
            assert_eq!(meant::<Channel>("channel", channel.as_str()).unwrap(), channel);
        }
        assert_eq!(meant::<Reason>("reason", &word(Reason::QuietHours).unwrap()).unwrap(), Reason::QuietHours);
        assert_eq!(word(AttemptStatus::NotTaken).unwrap(), "not_taken");
        assert_eq!(word(Urgency::Urgent).unwrap(), "urgent");
        assert!(meant::<MessageStatus>("status", "lost").is_err());
    }

    #[test]
    fn one_is_told_apart_from_another_however_they_are_written() {
        let to = |address: &str| Recipient::Address {
            channel: Channel::Email,
            address: Address(address.to_owned()),
            name: None,
            language: None,
            zone: None,
        };
        assert_eq!(gathered_for(&to("Ada@Acme.example")).unwrap(), gathered_for(&to("ada@acme.example")).unwrap());
        let target = Recipient::Target { target: "ada@acme.example".to_owned() };
        assert_ne!(gathered_for(&to("ada@acme.example")).unwrap(), gathered_for(&target).unwrap());
    }

    #[test]
    fn of_what_a_provider_said_a_part_is_kept() {
        assert_eq!(detail(&"ü\0".repeat(2_000)).chars().count(), DETAIL_CHARS_MAX);
    }
}
