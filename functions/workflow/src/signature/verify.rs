//! Whether a request was signed with a secret.

use super::authorization::{ALGORITHM, Authorization};
use super::canonical::{canonical_request, hex, hex_hash};
use crate::protocol::{Fault, Name};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::header;
use octavo_wiring_edge::Request;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// How far a client's clock may be off, either way.
const SKEW_MAX: TimeDelta = TimeDelta::minutes(5);
/// The form of moments in signed requests.
const MOMENT: &str = "%Y%m%dT%H%M%SZ";

/// Checks everything of a signed request that can be checked without the secret; answers when it was signed, as it says.
///
/// # Errors
///
/// The service's own.
pub(super) fn check_claims<'a>(
    request: &'a Request,
    authorization: &Authorization<'_>,
    now: DateTime<Utc>,
) -> Result<&'a str, Fault> {
    let invalid = |text: String| Fault::new(Name::InvalidSignatureException, text);
    let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let moment = text("x-amz-date").or_else(|| text(header::DATE.as_str())).ok_or_else(|| {
        let text = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
        Fault::new(Name::IncompleteSignatureException, text)
    })?;
    let at = NaiveDateTime::parse_from_str(moment, MOMENT).map_err(|_| {
        let text = format!("Date must be in ISO-8601 'basic format'. Got '{moment}'.");
        Fault::new(Name::IncompleteSignatureException, text)
    })?;
    let at = at.and_utc();
    if moment.get(..8) != Some(authorization.date) {
        return Err(invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', \
             from '{moment}'.",
            authorization.date,
            at.format("%Y%m%d")
        )));
    }
    let show = |moment: DateTime<Utc>| moment.format(MOMENT).to_string();
    let (earliest, latest) = (now - SKEW_MAX, now + SKEW_MAX);
    if at < earliest {
        let (now, earliest) = (show(now), show(earliest));
        return Err(invalid(format!("Signature expired: {moment} is now earlier than {earliest} ({now} - 5 min.)")));
    }
    if at > latest {
        let (now, latest) = (show(now), show(latest));
        return Err(invalid(format!(
            "Signature not yet current: {moment} is still later than {latest} ({now} + 5 min.)"
        )));
    }
    // Without these, what was signed could be sent elsewhere, later, or for another operation.
    let date = if request.headers.contains_key("x-amz-date") { "x-amz-date" } else { "date" };
    for needed in ["host", date, "x-amz-target"] {
        if !authorization.signed_headers.contains(&needed) {
            return Err(invalid(format!("'{needed}' must be a 'SignedHeader' in the AWS Authorization.")));
        }
    }
    if !authorization.signed_headers.is_sorted() {
        return Err(invalid("SignedHeaders must be in the order of their names.".to_owned()));
    }
    Ok(moment)
}

/// Whether the signature is that of `secret` over this request.
///
/// # Errors
///
/// `InvalidSignatureException`. In constant time: how much of a signature was right is not told.
pub(super) fn check_signature(
    request: &Request,
    authorization: &Authorization<'_>,
    moment: &str,
    secret: &str,
) -> Result<(), Fault> {
    let mismatch = || {
        let text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                    Access Key and signing method. Consult the service documentation for details.";
        Fault::new(Name::InvalidSignatureException, text)
    };
    let canonical = canonical_request(request, &authorization.signed_headers).ok_or_else(mismatch)?;
    let signed = format!("{ALGORITHM}\n{moment}\n{}\n{}", authorization.scope(), hex_hash(canonical.as_bytes()));
    let key = authorization
        .scope_parts()
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part.as_bytes()));
    let expected = hex(&mac(&key, signed.as_bytes()));
    let equal = expected.as_bytes().ct_eq(authorization.signature.as_bytes());
    if bool::from(equal) { Ok(()) } else { Err(mismatch()) }
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of HMAC may have any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4;
    use chrono::TimeZone;
    use http::{HeaderName, HeaderValue, Method};
    use std::time::SystemTime;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    fn moment() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 27, 6, 30, 0).unwrap()
    }

    /// A request of `body` as AWS's own crate signs it.
    fn signed(path: &str, body: &'static str, region: &str) -> Request {
        let identity = Credentials::new(KEY, SECRET, None, None, "test").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("states")
            .time(SystemTime::from(moment()))
            .settings(SigningSettings::default())
            .build()
            .unwrap();
        let headers = [
            ("host", "127.0.0.1:8080"),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "AWSStepFunctions.ListStateMachines"),
            ("user-agent", "a   client/1.0"),
        ];
        let uri = format!("http://127.0.0.1:8080{path}");
        let signable =
            SignableRequest::new("POST", &uri, headers.into_iter(), SignableBody::Bytes(body.as_bytes())).unwrap();
        let (instructions, _) = sign(signable, &parameters.into()).unwrap().into_parts();
        let mut request = Request::default();
        (request.method, request.path, request.body) = (Method::POST, path.to_owned(), body.into());
        for (name, value) in headers.into_iter().chain(instructions.headers()) {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        request
    }

    fn judge(request: &Request, now: DateTime<Utc>, secret: &str) -> Result<(), Fault> {
        let value = request.headers[header::AUTHORIZATION].to_str().unwrap();
        let authorization = Authorization::parse(value)?;
        let moment = check_claims(request, &authorization, now)?;
        check_signature(request, &authorization, moment, secret)
    }

    #[test]
    fn what_the_official_crate_signs_is_accepted() {
        for (path, body, region) in
            [("/v1/states/", "{}", "us-east-1"), ("/v1/states", "", "eu-central-1"), ("/a%20b/%C3%BC", "ü", "x")]
        {
            judge(&signed(path, body, region), moment(), SECRET).unwrap();
        }
    }

    #[test]
    fn whatever_is_changed_afterwards_is_noticed() {
        type Change = fn(&mut Request);
        let changes: [(&str, Change); 6] = [
            ("body", |request| request.body = "{ }".into()),
            ("path", |request| request.path = "/v1/state".to_owned()),
            ("method", |request| request.method = Method::PUT),
            ("query", |request| request.query = octavo_wiring_edge::Query::parse("a=1").unwrap()),
            ("host", |request| drop(request.headers.insert("host", HeaderValue::from_static("elsewhere")))),
            ("target", |request| {
                let other = HeaderValue::from_static("AWSStepFunctions.DeleteStateMachine");
                request.headers.insert("x-amz-target", other);
            }),
        ];
        for (what, change) in changes {
            let mut request = signed("/v1/states/", "{}", "us-east-1");
            change(&mut request);
            let fault = judge(&request, moment(), SECRET).unwrap_err();
            assert_eq!(fault.name, Name::InvalidSignatureException, "{what}: {fault}");
        }
        assert!(judge(&signed("/v1/states/", "{}", "us-east-1"), moment(), "another").is_err());
        // What is not signed may change on the way.
        let mut request = signed("/v1/states/", "{}", "us-east-1");
        request.headers.insert("user-agent", HeaderValue::from_static("proxy"));
        judge(&request, moment(), SECRET).unwrap();
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let request = signed("/v1/states/", "{}", "us-east-1");
        for (minutes, good) in [(-6, false), (-5, true), (0, true), (5, true), (6, false)] {
            let result = judge(&request, moment() + TimeDelta::minutes(minutes), SECRET);
            assert_eq!(result.is_ok(), good, "{minutes}");
            if let Err(fault) = result {
                let text = if minutes > 0 { "Signature expired" } else { "not yet current" };
                assert!(fault.to_string().contains(text), "{fault}");
            }
        }
    }

    #[test]
    fn a_scope_of_another_day_and_a_target_that_is_not_signed_are_refused() {
        let replace = |from: &str, to: &str| {
            let mut request = signed("/v1/states/", "{}", "us-east-1");
            let value = request.headers[header::AUTHORIZATION].to_str().unwrap().replace(from, to);
            request.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap());
            judge(&request, moment(), SECRET).unwrap_err().to_string()
        };
        assert!(replace("/20261127/", "/20261126/").contains("'20261126' != '20261127'"));
        assert!(replace(";x-amz-target", "").contains("'x-amz-target' must be"));
        assert!(replace("host;", "").contains("'host' must be"));
    }
}
