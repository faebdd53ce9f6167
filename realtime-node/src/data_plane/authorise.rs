//! Whose request it is.

use super::Deps;
use crate::fault::RealtimeFault;
use http::header;
use octavo_adapters_signalr::TokenFault;
use octavo_domain_kernel::TenantId;
use octavo_wiring_edge::{EdgeFault, Problem, Request};

/// The tenant whose access key signed the request's token. Without a good one nothing is done, whatever the path is.
pub(super) fn tenant(deps: &Deps, request: &Request) -> Result<TenantId, Problem> {
    let token = match request.header(&header::AUTHORIZATION)?.and_then(|value| value.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(RealtimeFault::Token(TokenFault::Invalid("expected Authorization: Bearer")).into()),
    };
    // Azure's name for what stands before a hub's name: the application; here that is the tenant.
    let named = request.query.one("application")?.map(str::parse::<TenantId>).transpose();
    let named = named.map_err(|error| EdgeFault::malformed("query:application", error.to_string()))?;
    let host = request.header(&header::HOST)?.unwrap_or_default();
    let verified =
        deps.tokens.verify(token, named.as_ref(), deps.clock.now(), |audience| is_here(audience, host, &request.path));
    Ok(verified.map_err(RealtimeFault::Token)?.0)
}

/// Whether an audience is this request's URL. What terminates TLS before the node changes the scheme and nothing else.
fn is_here(audience: &str, host: &str, path: &str) -> bool {
    let Some(rest) = audience.strip_prefix("https://").or_else(|| audience.strip_prefix("http://")) else {
        return false;
    };
    let (authority, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let without_port =
        |text: &str| text.strip_suffix(":443").or_else(|| text.strip_suffix(":80")).unwrap_or(text).to_owned();
    without_port(authority).eq_ignore_ascii_case(&without_port(host))
        && rest.trim_end_matches('/') == path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_the_exact_address() {
        let path = "/api/hubs/notifications/users/ada/:send";
        for good in ["https://Node.example", "http://node.example:80", "https://node.example:443"] {
            assert!(is_here(&format!("{good}{path}"), "node.example", path), "{good}");
        }
        for bad in ["https://other.example", "node.example", "https://node.example:8080"] {
            assert!(!is_here(&format!("{bad}{path}"), "node.example", path), "{bad}");
        }
        assert!(!is_here("https://node.example/api/hubs/notifications/:send", "node.example", path));
    }
}
