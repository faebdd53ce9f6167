//! Notification providers of this machine: fakes on the real wire formats, or others where the environment names them.

use crate::engines::secret;
use crate::options::Options;
use anyhow::Context;
use local_emulator_notify as fakes;
use serde_json::json;
use std::path::Path;

/// Whom mail comes from.
const FROM: &str = "Octavo <no-reply@octavo.example>";
/// Which number text messages come from.
const NUMBER: &str = "+15005550006";

/// The fakes, and what the functions are told of providers.
pub(crate) struct Notify {
    pub(crate) fakes: fakes::Server,
    /// Variables of the functions.
    pub(crate) env: Vec<(String, String)>,
    /// Names and addresses, to show.
    pub(crate) shown: Vec<(String, String)>,
}

/// Starts the fakes. What leads back here is reached at `public_url`.
pub(crate) async fn start(options: &Options, folder: &Path, public_url: &str) -> anyhow::Result<Notify> {
    let (accounts, callbacks) = (fakes::Accounts::default(), callbacks(public_url));
    let data = options.data.is_some().then(|| folder.join("sent"));
    let settings =
        fakes::Options { data, accounts: accounts.clone(), callbacks: callbacks.clone(), ..fakes::Options::default() };
    let server = fakes::Server::start(settings).await.context("the fake notification providers")?;
    let (url, smtp) = (server.url(), server.smtp_address());
    // Mail goes by the first; what the first refuses definitely goes by the next.
    let providers = json!([
        { "name": "smtp", "kind": "smtp", "url": format!("smtp://{smtp}?tls=none"), "from": FROM },
        { "name": "sendgrid", "kind": "sendgrid", "url": format!("{url}/"), "key": accounts.sendgrid_key, "from": FROM,
          "callback_key": server.sendgrid_callback_key() },
        { "name": "postmark", "kind": "postmark", "url": format!("{url}/"), "key": accounts.postmark_token, "from": FROM,
          "callback_user": callbacks.postmark_user, "callback_password": callbacks.postmark_password },
        { "name": "twilio", "kind": "twilio", "url": format!("{url}/"), "account": accounts.twilio_account,
          "key": accounts.twilio_token, "from": NUMBER },
    ]);
    let set = |name: &str, value: String| (name.to_owned(), value);
    let env = vec![
        set("OCTAVO_PUBLIC_URL", public_url.to_owned()),
        set("OCTAVO_LINK_KEY", link_key(folder)?),
        set("OCTAVO_NOTIFY_PROVIDERS", providers.to_string()),
        set("OCTAVO_NOTIFY_PAGERDUTY_URL", format!("{url}/")),
        // Whatever listens on this machine may be told something.
        set("OCTAVO_NOTIFY_TARGET_HOSTS", "*, http://127.0.0.1:*, http://localhost:*".to_owned()),
    ];
    let shown = vec![
        ("mail".to_owned(), format!("smtp://{smtp} (fake; #mailbox in the console)")),
        ("SMS, chat".to_owned(), format!("{url} (fake)")),
    ];
    Ok(Notify { fakes: server, env, shown })
}

/// Where the fakes call back.
fn callbacks(public_url: &str) -> fakes::Callbacks {
    let of = |provider: &str| Some(format!("{public_url}/v1/notification-callbacks/{provider}"));
    fakes::Callbacks {
        sendgrid: of("sendgrid"),
        postmark: of("postmark"),
        postmark_user: Some("postmark".to_owned()),
        postmark_password: Some("postmark-password".to_owned()),
        ses: of("ses"),
        ..fakes::Callbacks::default()
    }
}

/// Kept with the data, so that a link in a mail outlives a restart.
fn link_key(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("link.key");
    if !path.exists() {
        std::fs::write(&path, secret())?;
    }
    Ok(std::fs::read_to_string(path)?)
}
