//! What a provider says later.

use crate::{AttemptStatus, MessageStatus};

/// Where an attempt stands after a callback that says `news`; none if that changes nothing. What arrived or bounced stays so,
/// in whatever order callbacks come.
pub fn attempt_settled(present: AttemptStatus, news: AttemptStatus) -> Option<AttemptStatus> {
    use AttemptStatus::{Accepted, Bounced, Delivered, NotTaken, Rejected, Started, Unknown};
    match (present, news) {
        (Delivered | Bounced, _) | (_, Started | NotTaken | Unknown) => None,
        (Started | Unknown, Accepted | Rejected) | (Accepted, Rejected) => Some(news),
        // It was refused, as was thought, and yet it came: the provider knows better than what it answered.
        (Started | Accepted | Rejected | NotTaken | Unknown, Delivered) => Some(news),
        (Started | Accepted | Unknown, Bounced) => Some(news),
        (Accepted | Rejected | NotTaken, Accepted | Rejected) | (Rejected | NotTaken, Bounced) => None,
    }
}

/// Where a message stands after a callback that says `news` of an attempt of its; none if that changes nothing. A message that
/// waits for another try and turns out to have arrived waits no more.
pub fn message_settled(present: MessageStatus, news: AttemptStatus) -> Option<MessageStatus> {
    use MessageStatus::{Bounced, Delivered, Dropped, Failed, Planned, Sending, Sent, Unknown};
    match (news, present) {
        (_, Delivered | Bounced | Dropped) => None,
        (AttemptStatus::Accepted, Sending | Unknown) => Some(Sent),
        (AttemptStatus::Delivered, Planned | Sending | Sent | Failed | Unknown) => Some(Delivered),
        (AttemptStatus::Bounced, Sending | Sent | Unknown) => Some(Bounced),
        (AttemptStatus::Rejected, Sending | Sent | Unknown) => Some(Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ATTEMPTS: [AttemptStatus; 7] = [
        AttemptStatus::Started,
        AttemptStatus::Accepted,
        AttemptStatus::Rejected,
        AttemptStatus::NotTaken,
        AttemptStatus::Unknown,
        AttemptStatus::Delivered,
        AttemptStatus::Bounced,
    ];

    proptest! {
        /// Callbacks come late, twice and in any order.
        #[test]
        fn what_arrived_or_bounced_stays_so(
            news in prop::collection::vec(prop::sample::select(ATTEMPTS.to_vec()), 1..12),
        ) {
            let (mut attempt, mut message) = (AttemptStatus::Unknown, MessageStatus::Unknown);
            let mut ended = None;
            for said in news {
                attempt = attempt_settled(attempt, said).unwrap_or(attempt);
                message = message_settled(message, said).unwrap_or(message);
                if let Some(ended) = ended {
                    prop_assert_eq!((attempt, message), ended);
                }
                if matches!(message, MessageStatus::Delivered | MessageStatus::Bounced) {
                    ended = Some((attempt, message));
                }
                prop_assert!(message != MessageStatus::Planned && message != MessageStatus::Dropped);
            }
        }
    }

    #[test]
    fn an_unknown_end_is_settled() {
        for (news, expected) in [
            (AttemptStatus::Accepted, MessageStatus::Sent),
            (AttemptStatus::Delivered, MessageStatus::Delivered),
            (AttemptStatus::Bounced, MessageStatus::Bounced),
            (AttemptStatus::Rejected, MessageStatus::Failed),
        ] {
            assert_eq!(message_settled(MessageStatus::Unknown, news), Some(expected));
            assert_eq!(attempt_settled(AttemptStatus::Unknown, news), Some(news));
        }
        assert_eq!(message_settled(MessageStatus::Dropped, AttemptStatus::Delivered), None);
    }
}
