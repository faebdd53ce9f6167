//! Calls to whoever wants to know what became of a message.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};

use crate::app::App;
use crate::record::{Called, Entry};

/// How often it is tried; the real ones go on for hours.
const TRIES: u32 = 7;

/// Before the second try; doubled before each further one: 6 seconds in all.
const PAUSE: Duration = Duration::from_millis(100);

/// How long an answer is waited for.
pub(crate) const WITHIN: Duration = Duration::from_secs(10);

/// Makes a call until it is answered with success, and notes at the message what came of it.
pub(crate) async fn call(
    app: &App,
    entry: Option<&Entry>,
    url: &str,
    event: &str,
    request: impl Fn(&Client) -> RequestBuilder,
) -> Option<u16> {
    let Ok(_permit) = app.calls.acquire().await else { return None };
    let (mut status, mut tries, mut pause) = (None, 0, PAUSE);
    while tries < TRIES {
        tries += 1;
        let answered = request(&app.client).timeout(WITHIN).send().await;
        status = answered.as_ref().ok().map(|answer| answer.status().as_u16());
        if answered.is_ok_and(|answer| answer.status().is_success()) {
            break;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    if let Some(entry) = entry {
        let (url, event) = (url.to_owned(), event.to_owned());
        entry.called(Called { at: app.now(), url, event, status, tries });
    }
    status
}
