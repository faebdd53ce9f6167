//! Status callbacks: a form, signed over the address and the sorted form (`X-Twilio-Signature`).

use url::form_urlencoded;

use super::resource::status;
use crate::app::App;
use crate::callback;
use crate::life::Step;
use crate::record::Entry;
use crate::signing::hmac_sha1;

/// Unreachable destination handset; unknown destination handset.
const SOFT: &str = "30003";
const HARD: &str = "30005";

/// Tells whoever the message named.
pub(crate) async fn tell(app: &App, entry: &Entry, step: &Step) {
    let sent = entry.read();
    let Some(url) = sent.tags.get("status_callback").cloned() else { return };
    let status = status(&sent);
    let accounts = app.accounts.read().clone();
    let mut form = vec![
        ("AccountSid", accounts.twilio_account),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("MessageSid", sent.id.clone()),
        ("MessageStatus", status.to_owned()),
        ("SmsSid", sent.id.clone()),
        ("SmsStatus", status.to_owned()),
        ("To", sent.to.first().cloned().unwrap_or_default()),
    ];
    match sent.from.starts_with("MG") {
        true => form.push(("MessagingServiceSid", sent.from.clone())),
        false => form.push(("From", sent.from.clone())),
    }
    let mut event = status.to_owned();
    if let Step::Bounced { hard, code } = step {
        let code = code.clone().unwrap_or_else(|| if *hard { HARD } else { SOFT }.to_owned());
        event = format!("{status} {code}");
        form.push(("ErrorCode", code));
    }
    form.sort();
    let signed: String = form.iter().fold(url.clone(), |text, (name, value)| text + name + value);
    let signature = hmac_sha1(accounts.twilio_token.as_bytes(), signed.as_bytes());
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let token = app.uuid(sent.number, 30 + event.len() as u64);
    callback::call(app, Some(entry), &url, &event, |client| {
        client
            .post(&url)
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("user-agent", "TwilioProxy/1.1")
            .header("i-twilio-idempotency-token", &token)
            .header("x-twilio-signature", &signature)
            .body(body.clone())
    })
    .await;
}
