//! Who checks which callback.

use super::{postmark, sendgrid, ses, twilio};
use crate::http::Web;
use crate::{InvalidProvider, ProviderConfig};
use async_trait::async_trait;
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{AttemptStatus, Callback, CallbackNews, CallbackRefused, CallbackVerifier};
use std::collections::HashMap;
use std::sync::Arc;

/// Most pieces of news of one callback.
const NEWS_MAX: usize = 1_000;
/// Largest body, in bytes: SendGrid's have at most 768 KiB, the others' far less.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Checks the callbacks of all providers that are set up.
pub struct Verifier(HashMap<String, Caller>);

/// A provider that calls.
enum Caller {
    Sendgrid(sendgrid::Key),
    Postmark(postmark::Password),
    Ses(ses::Topic),
    Twilio(twilio::Token),
}

impl Verifier {
    /// For these providers: the same as [`providers`](crate::providers) got. One that is set up without what its callbacks
    /// are checked with is not believed anything.
    pub fn new(configs: &[ProviderConfig]) -> Result<Self, InvalidProvider> {
        let web = Arc::new(Web::default());
        let mut callers = HashMap::new();
        for config in configs {
            let caller = match config {
                ProviderConfig::Smtp(_) => None,
                ProviderConfig::Sendgrid(options) => sendgrid::Key::of(options)?.map(Caller::Sendgrid),
                ProviderConfig::Postmark(options) => postmark::Password::of(options).map(Caller::Postmark),
                ProviderConfig::Ses(options) => ses::Topic::of(options, &web)?.map(Caller::Ses),
                ProviderConfig::Twilio(options) => Some(Caller::Twilio(twilio::Token::of(options))),
            };
            if let Some(caller) = caller {
                callers.insert(config.name().to_owned(), caller);
            }
        }
        Ok(Self(callers))
    }
}

#[async_trait]
impl CallbackVerifier for Verifier {
    async fn verify(&self, callback: &Callback<'_>) -> Result<Vec<(TenantId, CallbackNews)>, CallbackRefused> {
        let caller = self.0.get(callback.provider).ok_or(CallbackRefused::NoProvider)?;
        if callback.body.len() > BODY_BYTES_MAX {
            return Err(CallbackRefused::Unreadable(format!("more than {BODY_BYTES_MAX} bytes")));
        }
        let mut news = match caller {
            Caller::Sendgrid(key) => key.verify(callback)?,
            Caller::Postmark(password) => password.verify(callback)?,
            Caller::Ses(topic) => topic.verify(callback).await?,
            Caller::Twilio(token) => token.verify(callback)?,
        };
        if news.len() > NEWS_MAX {
            // That it was taken is known from the answer to the request; how it ended is not.
            news.retain(|(_, news)| news.status != AttemptStatus::Accepted);
        }
        if news.len() > NEWS_MAX {
            tracing::warn!(provider = callback.provider, news = news.len(), "more news in one callback than are taken");
            news.truncate(NEWS_MAX);
        }
        Ok(news)
    }
}

/// The value of a header.
pub(super) fn header<'a>(callback: &Callback<'a>, name: &str) -> Option<&'a str> {
    callback.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.trim())
}

pub(super) fn unproved(why: &str) -> CallbackRefused {
    CallbackRefused::Unproved(why.to_owned())
}
