//! Negotiate and refresh (TransportProtocols.md, "`POST [endpoint-base]/negotiate` request").

use crate::query::parameter;
use crate::transport::Transports;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::fmt;

/// What a client asks for when it negotiates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NegotiateRequest {
    /// 0 or 1: whether the connection has a token beside its id.
    pub version: u8,
    /// Whether it would go on after its WebSocket was cut.
    pub stateful_reconnect: bool,
}

/// The version is no number, or below 0. It is answered with 200 and [`NegotiateAnswer::Refused`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The client requested a negotiate version that is not a number from 0.")]
pub struct NegotiateFault;

impl NegotiateRequest {
    /// From the request's query, without its `?`. No version is 0, a later one than we know is 1.
    ///
    /// # Errors
    /// See [`NegotiateFault`].
    pub fn parse(query: &str) -> Result<Self, NegotiateFault> {
        let version = match parameter(query, "negotiateVersion") {
            Some(text) => text.trim().parse::<u32>().map_err(|_| NegotiateFault)?.min(1) as u8,
            None => 0,
        };
        let stateful_reconnect =
            parameter(query, "useStatefulReconnect").is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
        Ok(Self { version, stateful_reconnect })
    }
}

/// The answer to a negotiate request.
#[derive(Clone, PartialEq, Eq)]
pub enum NegotiateAnswer {
    /// Connect here.
    Connect {
        /// The version of the request.
        version: u8,
        /// The connection's public id.
        connection_id: String,
        /// What the transports' requests name it by. Not told in version 0, where that is the id.
        connection_token: String,
        /// What the hub offers.
        transports: Transports,
        /// Said only where it was asked for: the JavaScript client fails on what it has not asked for.
        stateful_reconnect: bool,
        /// Seconds until the bearer token ends, where the hub lets it be refreshed.
        token_lifetime_seconds: Option<u64>,
    },
    /// Negotiate again elsewhere.
    Redirect {
        /// Where, as an absolute URL of the hub; the client appends `/negotiate` to its path.
        url: String,
        /// The bearer token to use there; without one the client keeps its own.
        access_token: Option<String>,
    },
    /// No connection. The status is 200 all the same.
    Refused {
        /// Why, for the client's developer.
        error: String,
    },
}

impl fmt::Debug for NegotiateAnswer {
    /// Without the tokens: what is logged must not let anybody in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { version, connection_id, .. } => f
                .debug_struct("Connect")
                .field("version", version)
                .field("connection_id", connection_id)
                .finish_non_exhaustive(),
            Self::Redirect { url, .. } => f.debug_struct("Redirect").field("url", url).finish_non_exhaustive(),
            Self::Refused { error } => f.debug_struct("Refused").field("error", error).finish(),
        }
    }
}

impl NegotiateAnswer {
    /// The body, of `application/json`.
    pub fn body(&self) -> Bytes {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        match self {
            Self::Connect {
                version,
                connection_id,
                connection_token,
                transports,
                stateful_reconnect,
                token_lifetime_seconds,
            } => {
                put("negotiateVersion", json!(version));
                put("connectionId", json!(connection_id));
                if *version > 0 {
                    put("connectionToken", json!(connection_token));
                }
                put("availableTransports", transports.listed());
                if *stateful_reconnect {
                    put("useStatefulReconnect", json!(true));
                }
                if let Some(seconds) = token_lifetime_seconds {
                    put("tokenLifetimeSeconds", json!(seconds));
                }
            }
            Self::Redirect { url, access_token } => {
                put("url", json!(url));
                if let Some(token) = access_token {
                    put("accessToken", json!(token));
                }
            }
            Self::Refused { error } => put("error", json!(error)),
        }
        Value::Object(members).to_string().into()
    }
}

/// Why a bearer token is not exchanged for a new one (`POST {hub}/refresh?id=token`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefreshRefused {
    /// The hub does not do it.
    #[error("This hub does not refresh tokens.")]
    Disabled,
    /// No `id`.
    #[error("The 'id' query string parameter is required.")]
    MissingConnectionToken,
    /// It names no connection.
    #[error("There is no connection of this id.")]
    ConnectionNotFound,
    /// The new bearer token is none, is older than the one in use, or is of somebody else.
    #[error("The token is not accepted.")]
    InvalidToken,
    /// The new one permits something else, and the hub does not take that on.
    #[error("The permissions of a connection do not change.")]
    PermissionChangeRejected,
}

impl RefreshRefused {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::Disabled | Self::ConnectionNotFound => 404,
            Self::MissingConnectionToken => 400,
            Self::InvalidToken => 401,
            Self::PermissionChangeRejected => 403,
        }
    }

    /// The code that clients go by.
    pub fn code(self) -> &'static str {
        match self {
            Self::Disabled => "refresh_disabled",
            Self::MissingConnectionToken => "missing_connection_token",
            Self::ConnectionNotFound => "connection_not_found",
            Self::InvalidToken => "invalid_token",
            Self::PermissionChangeRejected => "permission_change_rejected",
        }
    }

    /// The body, of `application/json`.
    pub fn body(self) -> Bytes {
        json!({ "error": self.code(), "error_description": self.to_string() }).to_string().into()
    }
}

/// The body of the answer to a refresh that was done at `refreshed_at`; `token_lifetime_seconds` of a token that ends.
pub fn refreshed(connection_id: &str, refreshed_at: DateTime<Utc>, token_lifetime_seconds: Option<u64>) -> Bytes {
    let at = refreshed_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut body = json!({ "connectionId": connection_id, "refreshedAt": at });
    if let Some(seconds) = token_lifetime_seconds {
        body["tokenLifetimeSeconds"] = json!(seconds);
    }
    body.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_reference_reads_them() {
        let version = |query| NegotiateRequest::parse(query).map(|request| request.version);
        assert_eq!(version(""), Ok(0));
        assert_eq!(version("negotiateVersion=0"), Ok(0));
        assert_eq!(version("NEGOTIATEVERSION=1"), Ok(1));
        assert_eq!(version("a=b&negotiateVersion=7"), Ok(1));
        for bad in ["negotiateVersion=", "negotiateVersion=one", "negotiateVersion=-1", "negotiateVersion=1.5"] {
            assert_eq!(version(bad), Err(NegotiateFault), "{bad}");
        }
    }

    #[test]
    fn stateful_reconnect_is_asked_for_in_words() {
        let asked = |query| NegotiateRequest::parse(query).unwrap().stateful_reconnect;
        assert!(asked("negotiateVersion=1&useStatefulReconnect=true"));
        assert!(asked("UseStatefulReconnect=True"));
        assert!(!asked("negotiateVersion=1"));
        assert!(!asked("useStatefulReconnect=1"));
        assert!(!asked("useStatefulReconnect=false"));
    }

    fn answer(version: u8) -> NegotiateAnswer {
        NegotiateAnswer::Connect {
            version,
            connection_id: "abc".to_owned(),
            connection_token: "secret".to_owned(),
            transports: Transports::ALL,
            stateful_reconnect: false,
            token_lifetime_seconds: None,
        }
    }

    fn text(answer: &NegotiateAnswer) -> String {
        String::from_utf8(answer.body().to_vec()).unwrap()
    }

    #[test]
    fn the_answers_are_as_the_specification_has_them() {
        insta::assert_snapshot!(text(&answer(1)), @r#"{"negotiateVersion":1,"connectionId":"abc","connectionToken":"secret","availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]},{"transport":"ServerSentEvents","transferFormats":["Text"]},{"transport":"LongPolling","transferFormats":["Text","Binary"]}]}"#);
        let NegotiateAnswer::Connect { version, connection_id, connection_token, .. } = answer(1) else {
            unreachable!()
        };
        let all = NegotiateAnswer::Connect {
            version,
            connection_id,
            connection_token,
            transports: Transports { web_sockets: true, server_sent_events: false, long_polling: false },
            stateful_reconnect: true,
            token_lifetime_seconds: Some(90),
        };
        insta::assert_snapshot!(text(&all), @r#"{"negotiateVersion":1,"connectionId":"abc","connectionToken":"secret","availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]}],"useStatefulReconnect":true,"tokenLifetimeSeconds":90}"#);
    }

    #[test]
    fn version_0_has_no_token_and_names_the_connection_by_its_id() {
        let body: Value = serde_json::from_str(&text(&answer(0))).unwrap();
        assert_eq!(body["connectionId"], "abc");
        assert_eq!(body["negotiateVersion"], 0);
        assert!(body.get("connectionToken").is_none());
    }

    #[test]
    fn a_redirect_and_a_refusal_have_nothing_else() {
        let mut redirect = NegotiateAnswer::Redirect {
            url: "https://b.example/hubs/x?a=1".to_owned(),
            access_token: Some("jwt".to_owned()),
        };
        assert_eq!(text(&redirect), r#"{"url":"https://b.example/hubs/x?a=1","accessToken":"jwt"}"#);
        if let NegotiateAnswer::Redirect { access_token, .. } = &mut redirect {
            *access_token = None;
        }
        assert_eq!(text(&redirect), r#"{"url":"https://b.example/hubs/x?a=1"}"#);
        let refused = NegotiateAnswer::Refused { error: NegotiateFault.to_string() };
        assert_eq!(
            text(&refused),
            r#"{"error":"The client requested a negotiate version that is not a number from 0."}"#
        );
    }

    #[test]
    fn no_token_is_in_what_is_logged() {
        let redirect = NegotiateAnswer::Redirect { url: "u".to_owned(), access_token: Some("secret".to_owned()) };
        assert!(!format!("{redirect:?} {:?}", answer(1)).contains("secret"));
    }

    #[test]
    fn a_refresh_is_answered_as_upstream_answers_it() {
        let at = DateTime::from_timestamp(0, 5_000_000).unwrap();
        assert_eq!(
            refreshed("abc", at, Some(60)),
            r#"{"connectionId":"abc","refreshedAt":"1970-01-01T00:00:00.005Z","tokenLifetimeSeconds":60}"#
        );
        assert_eq!(refreshed("abc", at, None), r#"{"connectionId":"abc","refreshedAt":"1970-01-01T00:00:00.005Z"}"#);
        let refused = [
            (RefreshRefused::Disabled, 404, "refresh_disabled"),
            (RefreshRefused::MissingConnectionToken, 400, "missing_connection_token"),
            (RefreshRefused::ConnectionNotFound, 404, "connection_not_found"),
            (RefreshRefused::InvalidToken, 401, "invalid_token"),
            (RefreshRefused::PermissionChangeRejected, 403, "permission_change_rejected"),
        ];
        for (refusal, status, code) in refused {
            assert_eq!(refusal.status(), status);
            let body: Value = serde_json::from_slice(&refusal.body()).unwrap();
            assert_eq!(body["error"], code);
            assert_eq!(body["error_description"], refusal.to_string());
        }
    }
}
