//! The header `Authorization` of a signed request.

use crate::protocol::{Fault, Name};

/// How it begins.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The service that requests are signed for.
const SERVICE: &str = "states";
/// How a credential's scope ends.
const TERMINATOR: &str = "aws4_request";
/// Signed headers at most: no client comes near.
const HEADERS_MAX: usize = 64;

/// What the header claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    /// The access key's id.
    pub(super) key_id: &'a str,
    /// `YYYYMMDD`.
    pub(super) date: &'a str,
    /// Any.
    pub(super) region: &'a str,
    /// In lower case, in their order.
    pub(super) signed_headers: Vec<&'a str>,
    /// 64 hexadecimal digits.
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads the header's value.
    ///
    /// # Errors
    ///
    /// `IncompleteSignatureException` for what is missing, `InvalidSignatureException` for a scope of something else.
    pub(super) fn parse(value: &'a str) -> Result<Self, Fault> {
        let incomplete = |text: String| Fault::new(Name::IncompleteSignatureException, text);
        let invalid = |text: String| Fault::new(Name::InvalidSignatureException, text);
        let fields = value.strip_prefix(ALGORITHM).ok_or_else(|| {
            incomplete(format!("Unsupported AWS 'algorithm': expected '{ALGORITHM}' or a bearer token"))
        })?;
        let (mut credential, mut headers, mut signature) = (None, None, None);
        for field in fields.split(',').map(str::trim) {
            match field.split_once('=') {
                Some(("Credential", value)) => credential = Some(value),
                Some(("SignedHeaders", value)) => headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                _ => {}
            }
        }
        let (Some(credential), Some(headers), Some(signature)) = (credential, headers, signature) else {
            let missing = [("Credential", credential), ("Signature", signature), ("SignedHeaders", headers)];
            let missing: Vec<String> = missing
                .iter()
                .filter(|(_, value)| value.is_none())
                .map(|(name, _)| format!("Authorization header requires '{name}' parameter."))
                .collect();
            return Err(incomplete(missing.join(" ")));
        };
        // A key's id has no `/`, so that the scope is what follows the first one.
        let parts: Vec<&str> = credential.split('/').collect();
        let [key_id, date, region, service, terminator] = parts[..] else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
                 got '{credential}'"
            )));
        };
        if service != SERVICE {
            return Err(invalid(format!("Credential should be scoped to correct service: '{SERVICE}'.")));
        }
        if terminator != TERMINATOR {
            let text =
                format!("Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'.");
            return Err(invalid(text));
        }
        let signed_headers: Vec<&str> = headers.split(';').collect();
        if signed_headers.len() > HEADERS_MAX {
            return Err(invalid(format!("At most {HEADERS_MAX} headers can be signed.")));
        }
        Ok(Self { key_id, date, region, signed_headers, signature })
    }

    /// `DATE/REGION/states/aws4_request`.
    pub(super) fn scope(&self) -> String {
        format!("{}/{}/{SERVICE}/{TERMINATOR}", self.date, self.region)
    }

    /// The parts of the scope, in the order in which the signing key is made of them.
    pub(super) fn scope_parts(&self) -> [&str; 4] {
        [self.date, self.region, SERVICE, TERMINATOR]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_taken_apart() {
        let value = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261127/eu-west-1/states/aws4_request, \
                     SignedHeaders=host;x-amz-date, Signature=abc";
        let found = Authorization::parse(value).unwrap();
        assert_eq!((found.key_id, found.date, found.region), ("AKIAEXAMPLE", "20261127", "eu-west-1"));
        assert_eq!((found.signed_headers, found.signature), (vec!["host", "x-amz-date"], "abc"));
    }

    #[test]
    fn what_is_wrong_with_it_is_told() {
        let scope = |scope: &str| format!("AWS4-HMAC-SHA256 Credential={scope},SignedHeaders=host,Signature=a");
        let cases = [
            ("Basic abc".to_owned(), Name::IncompleteSignatureException, "algorithm"),
            ("AWS4-HMAC-SHA256".to_owned(), Name::IncompleteSignatureException, "'Credential' parameter. Author"),
            (scope("a/b"), Name::IncompleteSignatureException, "exactly 5"),
            (scope("a/20261127/r/s3/aws4_request"), Name::InvalidSignatureException, "service: 'states'"),
            (scope("a/20261127/r/states/x"), Name::InvalidSignatureException, "valid terminator"),
        ];
        for (value, name, part) in cases {
            let fault = Authorization::parse(&value).unwrap_err();
            assert!(fault.name == name && fault.to_string().contains(part), "{value}: {fault}");
        }
    }
}
