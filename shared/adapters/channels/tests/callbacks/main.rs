//! What providers say later: what is believed, and what it means.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod postmark;
mod sendgrid;
mod ses;
mod twilio;

use chrono::{DateTime, Utc};
use octavo_adapters_channels::{ProviderConfig, Verifier};
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{Callback, CallbackNews, CallbackRefused, CallbackVerifier};

const ID: &str = "00000000-0000-0000-0000-000000000007";

/// Noon, 1 January 2027.
fn now() -> DateTime<Utc> {
    "2027-01-01T12:00:00Z".parse().unwrap()
}

/// A provider, as settings have it.
fn config(json: &serde_json::Value) -> ProviderConfig {
    ProviderConfig::parse_list(&format!("[{json}]")).unwrap().remove(0)
}

struct Call<'a> {
    provider: &'a str,
    reference: Option<&'a str>,
    url: &'a str,
    headers: Vec<(&'a str, String)>,
    body: &'a [u8],
}

type News = Result<Vec<(TenantId, CallbackNews)>, CallbackRefused>;

async fn verify(verifier: &Verifier, call: &Call<'_>) -> News {
    let headers: Vec<_> = call.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let Call { provider, reference, url, body, .. } = *call;
    verifier.verify(&Callback { provider, reference, url, headers: &headers, body, now: now() }).await
}

/// News in short: tenant, status, code, and why its address is suppressed.
fn short(news: &News) -> String {
    let one = |(tenant, news): &(TenantId, CallbackNews)| {
        assert_eq!(news.message.unwrap().to_string(), ID);
        let suppress = news.suppress.as_ref().map(|found| format!(" {} {}", found.why, found.address.0));
        let code = news.code.as_deref().map(|code| format!(" {code}"));
        format!("{tenant} {:?}{}{}", news.status, code.unwrap_or_default(), suppress.unwrap_or_default())
    };
    match news {
        Ok(news) => news.iter().map(one).collect::<Vec<_>>().join(", "),
        Err(CallbackRefused::Unproved(_)) => "unproved".to_owned(),
        Err(CallbackRefused::Unreadable(_)) => "unreadable".to_owned(),
        Err(CallbackRefused::NoProvider) => "no provider".to_owned(),
        Err(CallbackRefused::Unavailable(_)) => "unavailable".to_owned(),
    }
}
