//! How news are put together.

use crate::text::said;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{Address, AttemptStatus, CallbackNews, Channel, MessageId, Suppression};

/// Why an address is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Bounce,
    Complaint,
    Unsubscribe,
    Manual,
}

impl Why {
    fn as_str(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::Unsubscribe => "unsubscribe",
            Self::Manual => "manual",
        }
    }
}

/// What is said of one message.
#[derive(Debug)]
pub(super) struct Said<'a> {
    /// As the provider was told it.
    pub(super) tenant: Option<&'a str>,
    /// As the provider was told it.
    pub(super) message: Option<&'a str>,
    pub(super) provider_id: Option<&'a str>,
    pub(super) status: AttemptStatus,
    pub(super) code: Option<&'a str>,
    pub(super) detail: Option<&'a str>,
    /// Why the address is no good any more, if it is not.
    pub(super) suppress: Option<Why>,
    pub(super) address: Option<&'a str>,
    pub(super) at: DateTime<Utc>,
}

impl Said<'_> {
    /// As news from a provider; none where it is not about a message of ours: somebody else may use the same account.
    pub(super) fn news(&self, provider: &str, channel: Channel) -> Option<(TenantId, CallbackNews)> {
        let tenant: TenantId = self.tenant?.parse().ok()?;
        let message: MessageId = self.message?.parse().ok()?;
        let short = |text: &&str| !text.is_empty() && text.len() <= 255;
        let detail = self.detail.map(said).filter(|text| !text.is_empty());
        let address = self.address.map(str::trim).filter(|address| (1..=320).contains(&address.len()));
        let suppress = self.suppress.zip(address).map(|(why, address)| Suppression {
            channel,
            // A phone's number has no letters.
            address: Address(address.to_lowercase()),
            category: None,
            why: why.as_str().to_owned(),
            detail: detail.clone(),
            at: self.at,
        });
        let news = CallbackNews {
            message: Some(message),
            provider: provider.to_owned(),
            provider_id: self.provider_id.filter(short).map(str::to_owned),
            status: self.status,
            code: self.code.filter(short).map(said),
            detail,
            suppress,
            at: self.at,
        };
        Some((tenant, news))
    }
}

/// A moment as providers write it (RFC 3339), the present if it is none; never after the present: what happened has happened.
pub(super) fn moment(text: Option<&str>, now: DateTime<Utc>) -> DateTime<Utc> {
    let read = text.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    read.map_or(now, |at| at.with_timezone(&Utc)).min(now)
}
