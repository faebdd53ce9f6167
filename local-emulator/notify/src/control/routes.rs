//! What can be asked for, below `/_control`; all of it JSON.
//!
//! | method | path | does |
//! |---|---|---|
//! | GET | `/` | the state: counts, faults, callbacks, SendGrid's verification key |
//! | GET, POST, PUT, DELETE | `/faults` | lists; adds one (201, its state); takes a list instead of all (`{"faults": []}`); removes all (204) |
//! | DELETE | `/faults/{id}` | removes one, 204 or 404 |
//! | GET | `/messages?since=&kind=&provider=&to=&accepted=&limit=` | messages, oldest first: the last `limit` (200; 1,000 at most), or the first after `since` |
//! | DELETE | `/messages` | forgets them, 204 |
//! | GET | `/messages/{number}` | one, whole |
//! | GET | `/messages/{number}/raw`, `/html` | what came; a mail's HTML, which may run no scripts |
//! | POST | `/deliver/{number}`, `/bounce/{number}`, `/complain/{number}` | the provider tells it; answers the message after that. `bounce` takes `{"hard": true, "code": "5.1.1"}` |
//! | PUT | `/callbacks` | where the providers call, the members of `Callbacks` |
//! | POST | `/ses/subscribe` | SNS asks for the confirmation of the subscription |
//! | PUT | `/webhooks/{name}` | `{"secret": "whsec_..."}`: signatures to `/webhook/{name}` are verified from now on; null: they are not |

use std::sync::Arc;

use hyper::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::answer::{Answer, Asked};
use crate::app::App;
use crate::faults::{Fault, InvalidFault};
use crate::life::{self, Step};
use crate::options::Callbacks;
use crate::record::{Entry, Filter, Kind, Sent};
use crate::ses;

/// Messages of a list, if no limit is asked for, and at most.
const LIMIT: usize = 200;
const LIMIT_MAX: usize = 1_000;

/// Characters of a message's text that a list shows.
const TEXT_CHARS: usize = 300;

pub(crate) async fn serve(app: &Arc<App>, path: &str, asked: &Asked) -> Answer {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (&asked.method, parts.as_slice()) {
        (&Method::GET, []) => Answer::json(200, &state(app)),
        (_, ["faults", ..]) => faults(app, asked, &parts[1..]),
        (&Method::GET, ["messages"]) => messages(app, asked.uri.query().unwrap_or_default()),
        (&Method::DELETE, ["messages"]) => match app.forget().await {
            Ok(()) => Answer::empty(204),
            Err(error) => refused(503, &error.to_string()),
        },
        (&Method::GET, ["messages", number]) => with(app, number, |entry| Answer::json(200, &json!(entry.read()))),
        (&Method::GET, ["messages", number, "raw"]) => {
            with(app, number, |entry| Answer::text(200, "text/plain; charset=utf-8", entry.raw.clone()))
        }
        // A mail is somebody else's page: it may do nothing in ours.
        (&Method::GET, ["messages", number, "html"]) => with(app, number, |entry| {
            let html = Answer::text(200, "text/html; charset=utf-8", entry.first().html.clone());
            html.with(
                "content-security-policy",
                "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'",
            )
        }),
        (&Method::POST, [word @ ("deliver" | "bounce" | "complain"), number]) => {
            step(app, word, number, &asked.body).await
        }
        (&Method::PUT, ["callbacks"]) => match serde_json::from_slice::<Callbacks>(&asked.body) {
            Ok(callbacks) => {
                *app.callbacks.write() = callbacks;
                Answer::json(200, &json!(*app.callbacks.read()))
            }
            Err(error) => refused(400, &error.to_string()),
        },
        (&Method::POST, ["ses", "subscribe"]) => {
            let status = ses::subscribe(app).await;
            let topic = app.callbacks.read().ses_topic.clone();
            let confirmed = app.confirmed.lock().contains(&topic);
            Answer::json(200, &json!({"status": status, "confirmed": confirmed}))
        }
        (&Method::PUT, ["webhooks", name]) => match serde_json::from_slice::<Value>(&asked.body) {
            Ok(body) => {
                let secrets = &mut app.accounts.write().webhook_secrets;
                match body["secret"].as_str() {
                    Some(secret) => secrets.insert((*name).to_owned(), secret.to_owned()),
                    None => secrets.remove(*name),
                };
                Answer::empty(204)
            }
            Err(error) => refused(400, &error.to_string()),
        },
        _ => refused(404, &format!("There is nothing at {} /_control{path}.", asked.method)),
    }
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"error": {"message": message}}))
}

fn state(app: &App) -> Value {
    let (count, bytes) = app.log.size();
    let entries = app.log.list(&Filter::default());
    let mut providers = serde_json::Map::new();
    for entry in &entries {
        let sent = entry.first();
        let counts = providers.entry(sent.provider.clone()).or_insert_with(|| json!({"accepted": 0, "refused": 0}));
        let name = if sent.is_accepted() { "accepted" } else { "refused" };
        counts[name] = json!(counts[name].as_u64().unwrap_or(0) + 1);
    }
    json!({
        "messages": count, "bytes": bytes, "providers": providers, "faults": app.faults.list(),
        "callbacks": *app.callbacks.read(), "sendgrid_callback_key": app.keys.sendgrid_public(),
        "webhooks_verified": app.accounts.read().webhook_secrets.keys().collect::<Vec<_>>(),
    })
}

fn faults(app: &App, asked: &Asked, parts: &[&str]) -> Answer {
    let added = |json: &Value| app.faults.add(Fault::from_json(json)?);
    let body = || serde_json::from_slice::<Value>(&asked.body).map_err(|error| InvalidFault::Shape(error.to_string()));
    let failed = |error: InvalidFault| {
        let status = if error == InvalidFault::TooMany { 409 } else { 400 };
        refused(status, &error.to_string())
    };
    let listed = || Answer::json(200, &json!({"faults": app.faults.list()}));
    match (&asked.method, parts) {
        (&Method::GET, []) => listed(),
        (&Method::POST, []) => match body().and_then(|json| added(&json)) {
            Ok(id) => Answer::json(201, &json!(app.faults.list().into_iter().find(|state| state.id == id))),
            Err(error) => failed(error),
        },
        (&Method::PUT, []) => {
            let all = body().map(|json| json["faults"].as_array().cloned().unwrap_or_default());
            // All of them are good, or nothing changes.
            let checked = all.and_then(|all| all.iter().map(Fault::from_json).collect::<Result<Vec<_>, _>>());
            match checked {
                Ok(all) => {
                    app.faults.clear();
                    match all.into_iter().try_for_each(|fault| app.faults.add(fault).map(|_| ())) {
                        Ok(()) => listed(),
                        Err(error) => failed(error),
                    }
                }
                Err(error) => failed(error),
            }
        }
        (&Method::DELETE, []) => {
            app.faults.clear();
            Answer::empty(204)
        }
        (&Method::DELETE, [id]) if id.parse().is_ok_and(|id| app.faults.remove(id)) => Answer::empty(204),
        _ => refused(404, "There is no such fault."),
    }
}

fn with(app: &App, number: &str, show: impl FnOnce(&Entry) -> Answer) -> Answer {
    match number.parse().ok().and_then(|number| app.log.get(number)) {
        Some(entry) => show(&entry),
        None => refused(404, "There is no such message."),
    }
}

fn messages(app: &App, query: &str) -> Answer {
    let (mut filter, mut limit) = (Filter::default(), LIMIT);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let kind = serde_json::from_value::<Kind>(json!(value));
        let (number, value) = (value.parse::<u64>(), value.into_owned());
        match (&*name, value.as_str(), number, kind) {
            ("since", _, Ok(number), _) => filter.since = number,
            ("limit", _, Ok(number), _) => limit = usize::try_from(number).unwrap_or(LIMIT_MAX).clamp(1, LIMIT_MAX),
            ("kind", _, _, Ok(kind)) => filter.kind = Some(kind),
            ("accepted", "true" | "false", _, _) => filter.accepted = Some(value == "true"),
            ("provider", ..) => filter.provider = Some(value),
            ("to", ..) => filter.to = Some(value),
            _ => return refused(400, &format!("{name} is unknown, or {value} is none.")),
        }
    }
    let found = app.log.list(&filter);
    let shown = match filter.since {
        0 => &found[found.len().saturating_sub(limit)..],
        _ => &found[..limit.min(found.len())],
    };
    let shown: Vec<Value> = shown.iter().map(|entry| summary(entry.read())).collect();
    Answer::json(200, &json!({"messages": shown, "found": found.len()}))
}

/// What a list shows: neither HTML nor headers, and the beginning of the text.
fn summary(sent: Sent) -> Value {
    let text: String = sent.text.chars().take(TEXT_CHARS).collect();
    let mut all = json!(Sent { text, ..sent });
    for member in ["html", "headers", "body", "origin"] {
        all.as_object_mut().and_then(|all| all.shift_remove(member));
    }
    all
}

async fn step(app: &App, word: &str, number: &str, body: &[u8]) -> Answer {
    let body = match body {
        b"" => Value::Null,
        body => match serde_json::from_slice::<Value>(body) {
            Ok(body) => body,
            Err(error) => return refused(400, &error.to_string()),
        },
    };
    let Some(entry) = number.parse().ok().and_then(|number| app.log.get(number)) else {
        return refused(404, "There is no such message.");
    };
    if !entry.first().is_accepted() {
        return refused(409, "The message was not taken.");
    }
    let step = match word {
        "deliver" => Step::Delivered,
        "complain" => Step::Complained,
        _ => {
            let code = body["code"].as_str().map(str::to_owned);
            Step::Bounced { hard: body["hard"].as_bool().unwrap_or(true), code }
        }
    };
    life::step(app, &entry, &step).await;
    Answer::json(200, &json!(entry.read()))
}
