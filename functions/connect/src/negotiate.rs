//! Sends a client to the realtime nodes.

use crate::Deps;
use chrono::TimeDelta;
use http::{HeaderValue, StatusCode, header};
use octavo_domain_realtime::{HubName, Redirect};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// How long the client's token is good: it connects at once, and negotiates anew with us when it must.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::hours(1);

/// Connect to a hub
///
/// The address for stock SignalR clients is `/v1/realtime/{hub}`: they ask here by themselves and follow the answer to a
/// realtime node. The token that it carries is good for this hub, for one hour.
#[utoipa::path(
    post, path = "/v1/realtime/{hub}/negotiate", tag = "realtime", operation_id = "realtime_negotiate",
    params(
        ("hub" = String, Path, description = "The hub", example = "notifications"),
        ("negotiateVersion" = Option<String>, Query, description = "The client's version of the negotiation; not looked at here"),
    ),
    responses(
        (status = 200, body = Redirect, description = "Where the client negotiates next, and with which token"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not a hub's name"),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json", description = "No token, or one that is not accepted"),
    ),
    security(("token" = []))
)]
pub(crate) async fn negotiate(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let hub: HubName = request.param("hub")?;
    let redirect = deps.redirects.redirect(request.principal()?, &hub, deps.clock.now(), TOKEN_LIFETIME);
    Ok(Response::json(StatusCode::OK, &redirect).with(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use http::HeaderMap;
    use octavo_domain_kernel::{AuthenticateError, Authenticator, Principal};
    use octavo_domain_realtime::Redirects;
    use octavo_testing::time::ManualClock;
    use octavo_wiring_edge::Body;

    struct Signing;

    impl Redirects for Signing {
        fn redirect(&self, who: &Principal, hub: &HubName, _now: DateTime<Utc>, lifetime: TimeDelta) -> Redirect {
            let access_token = format!("{}/{}/{}", who.tenant, who.user, lifetime.num_minutes());
            Redirect { url: format!("https://node.test/client/?hub={hub}"), access_token }
        }
    }

    struct Ada;

    #[async_trait::async_trait]
    impl Authenticator for Ada {
        async fn authenticate(&self, _token: &str) -> Result<Principal, AuthenticateError> {
            Ok(Principal {
                tenant: "acme".parse().unwrap(),
                user: "ada".parse().unwrap(),
                name: None,
                groups: Default::default(),
                roles: Default::default(),
                api_key: None,
            })
        }
    }

    async fn ask(path: &str, token: Option<&'static str>) -> (u16, serde_json::Value) {
        let deps = Deps { redirects: Arc::new(Signing), clock: Arc::new(ManualClock::default()) };
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(token));
        }
        let mut request = Request::default();
        (request.method, request.path, request.headers) = (http::Method::POST, path.to_owned(), headers);
        let (status, _, body) = crate::router().handle(Arc::new(deps), &Ada, request).await.into_parts();
        let Body::Bytes(bytes) = body else { panic!("no stream") };
        (status.as_u16(), serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_client_is_sent_on_as_who_it_is() {
        let (status, body) = ask("/v1/realtime/Notifications/negotiate", Some("Bearer x")).await;
        let expected = serde_json::json!({
            "url": "https://node.test/client/?hub=notifications", "accessToken": "acme/ada/60",
        });
        assert_eq!((status, body), (200, expected));
    }

    #[tokio::test]
    async fn without_a_token_or_a_hub_nobody_is_sent_on() {
        assert_eq!(ask("/v1/realtime/notifications/negotiate", None).await.0, 401);
        let (status, body) = ask("/v1/realtime/no%20hub/negotiate", Some("Bearer x")).await;
        assert_eq!((status, body["errors"][0]["field"].as_str()), (400, Some("path:hub")));
    }
}
