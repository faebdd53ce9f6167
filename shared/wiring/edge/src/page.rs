//! Cursors of listings: opaque to the client, and good for nothing but going on. A cursor holds no permission (every
//! page is filtered anew), so it is not signed.

use crate::EdgeFault;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Serialize, de::DeserializeOwned};

/// A position as text that can stand in a query.
pub fn encode_cursor(position: &impl Serialize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(position).unwrap_or_default())
}

/// The position that [`encode_cursor`] wrote; anything else is refused under the name `field`.
pub fn decode_cursor<T: DeserializeOwned>(field: &str, cursor: &str) -> Result<T, EdgeFault> {
    let unreadable = || EdgeFault::malformed(field, "expected a cursor of an earlier page, unchanged");
    let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| unreadable())?;
    serde_json::from_slice(&json).map_err(|_| unreadable())
}
