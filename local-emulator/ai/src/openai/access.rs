//! Who may ask: any key that is not empty and does not begin with `bad`.

use hyper::header::{AUTHORIZATION, HeaderMap};

use crate::failure::Failure;

/// Keys that begin so are refused.
pub(crate) const BAD_KEY: &str = "bad";

/// The key of `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim()).filter(|key| !key.is_empty())
}

pub(crate) fn authorise(headers: &HeaderMap) -> Result<(), Failure> {
    match bearer(headers) {
        Some(key) if key.starts_with(BAD_KEY) => {
            let shown: String = key.chars().take(8).collect();
            let message = format!(
                "Incorrect API key provided: {shown}***. You can find your API key at \
                 https://platform.openai.com/account/api-keys."
            );
            Err(Failure::new(401, message).code("invalid_api_key"))
        }
        Some(_) => Ok(()),
        None => Err(Failure::new(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth \
             (i.e. Authorization: Bearer YOUR_KEY).",
        )),
    }
}
