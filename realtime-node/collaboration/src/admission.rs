//! `GET /yjs/{document}`: who may have a socket.

use crate::Rooms;
use http::Request;
use http::header::AUTHORIZATION;
use octavo_domain_collaboration::{Close, Refusal};
use octavo_domain_kernel::{AuthenticateError, DocumentId, Session};
use realtime_node_websocket::{Ended, Reader, Sender, accept};

const PREFIX: &str = "/yjs/";

/// What a request gets.
pub enum Admission {
    /// This problem; it was no upgrade.
    Refused(Refusal),
    /// 101; then the stream is taken over and given to [`Rooms::serve`] with what else is known.
    Accepted(Box<Upgrade>),
}

/// An upgrade that is answered, and what its socket is for.
pub struct Upgrade {
    /// 101 with its headers.
    pub response: http::Response<()>,
    purpose: Result<(Session, DocumentId), Close>,
}

impl Rooms {
    /// Judges a request under `/yjs/`. The token is in `Authorization: Bearer`, or in `token` or `access_token` of the query,
    /// as `y-websocket` sends its parameters: such a URL must not be logged. A browser cannot read the refusal of an upgrade:
    /// a request that is one is accepted, and its socket closed with the code.
    pub async fn admit<B: Sync>(&self, request: &Request<B>) -> Admission {
        let upgrade = accept(request);
        let purpose = self.purpose(request).await;
        match upgrade {
            Ok(accepted) => {
                let response = accepted.response;
                Admission::Accepted(Box::new(Upgrade { response, purpose }))
            }
            Err(_) => {
                let refusal = match purpose {
                    Ok((session, document)) => match self.may_join(&session.principal, document).await {
                        Ok(()) => Refusal::NotAnUpgrade,
                        Err(why) => Refusal::Room(why),
                    },
                    Err(why) => Refusal::Room(why),
                };
                Admission::Refused(refusal)
            }
        }
    }

    /// Serves the socket of an accepted upgrade until it ends. It is opened with [`crate::Options::limits`].
    pub async fn serve(&self, upgrade: Upgrade, socket: (Reader, Sender)) -> Ended {
        match upgrade.purpose {
            Ok((session, document)) => self.join(session, document, socket).await,
            Err(why) => self.refuse(why, socket).await,
        }
    }

    async fn purpose<B>(&self, request: &Request<B>) -> Result<(Session, DocumentId), Close> {
        let token = token(request).ok_or(Close::Token)?;
        let session = self.0.ports.authenticator.authenticate_session(&token).await.map_err(|error| match error {
            AuthenticateError::Invalid(_) | AuthenticateError::Expired => Close::Token,
            AuthenticateError::Unavailable(error) => {
                tracing::warn!(%error, "rooms: tokens cannot be checked now");
                Close::TryAgain
            }
        })?;
        let document = request.uri().path().strip_prefix(PREFIX).and_then(|name| name.parse().ok());
        Ok((session, document.ok_or(Close::NoDocument)?))
    }
}

fn token<B>(request: &Request<B>) -> Option<String> {
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    let query = request.uri().query()?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "token" || name == "access_token")
        .map(|(_, token)| token.into_owned())
}
