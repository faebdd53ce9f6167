//! The names of calendars.

use octavo_wiring_edge::{EdgeFault, Request};

const NAME_CHARS_MAX: usize = 64;

/// The calendar that the path names.
pub(crate) fn name(request: &Request) -> Result<String, EdgeFault> {
    let name: String = request.param("name")?;
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=NAME_CHARS_MAX).contains(&name.len()) || !name.bytes().all(good) {
        let expected = format!("expected 1 to {NAME_CHARS_MAX} characters of a-z, 0-9 and -");
        return Err(EdgeFault::malformed("path:name", expected));
    }
    Ok(name)
}
