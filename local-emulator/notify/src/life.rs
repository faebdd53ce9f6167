//! What becomes of a message after it was taken: each step sets its state, and the provider tells it.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::record::{Entry, Kind, State};
use crate::{postmark, sendgrid, ses, twilio};

/// What is to become of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ahead {
    Arrival,
    Bounce { after_ms: u64, hard: bool, code: Option<String> },
}

/// Something becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It goes on its way.
    Sent,
    /// It arrives.
    Delivered,
    /// It does not.
    Bounced {
        /// For good, or for now only.
        hard: bool,
        /// The provider's code: Twilio's `30005`; for mails the extended status, `5.1.1`.
        code: Option<String>,
    },
    /// Its recipient calls it spam.
    Complained,
}

impl Step {
    fn state(&self) -> State {
        match self {
            Self::Sent => State::Sent,
            Self::Delivered => State::Delivered,
            Self::Bounced { .. } => State::Bounced,
            Self::Complained => State::Complained,
        }
    }
}

/// Lets a message live, on its own.
pub(crate) fn begin(app: &Arc<App>, entry: &Arc<Entry>, ahead: Ahead) {
    // What is no mail and no SMS has arrived by its acceptance, and nobody tells anything of it.
    if !matches!(entry.first().kind, Kind::Mail | Kind::Sms) {
        entry.set_state(State::Delivered);
        return;
    }
    let (app, entry) = (Arc::clone(app), Arc::clone(entry));
    let stop = app.stop.clone();
    let pause = app.step;
    let work = app.work.clone();
    work.spawn(async move {
        let life = async {
            tokio::time::sleep(pause).await;
            step(&app, &entry, &Step::Sent).await;
            match ahead {
                Ahead::Arrival => {
                    tokio::time::sleep(pause).await;
                    step(&app, &entry, &Step::Delivered).await;
                }
                Ahead::Bounce { after_ms, hard, code } => {
                    tokio::time::sleep(Duration::from_millis(after_ms)).await;
                    step(&app, &entry, &Step::Bounced { hard, code }).await;
                }
            }
        };
        tokio::select! {
            () = life => {}
            () = stop.cancelled() => {}
        }
    });
}

/// One step, told to whoever wants to know: returns when that is done or was given up.
pub(crate) async fn step(app: &App, entry: &Entry, step: &Step) {
    entry.set_state(step.state());
    match entry.first().provider.as_str() {
        "ses" => ses::tell(app, entry, step).await,
        "sendgrid" => sendgrid::tell(app, entry, step).await,
        "postmark" => postmark::tell(app, entry, step).await,
        "twilio" => twilio::tell(app, entry, step).await,
        _ => {}
    }
}
