//! Byte ranges (RFC 9110, section 14).

use crate::{EdgeFault, Request};
use http::header;

/// Bytes `start..end` of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// One after the last byte.
    pub end: u64,
}

impl ByteRange {
    /// As in `Content-Range`.
    pub fn content_range(self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.start, self.end - 1)
    }
}

/// The range that the request asks for, of something of `size` bytes. None where the whole is to be sent: there is no
/// `Range`, it is of another unit, malformed, or names several ranges (each allowed by section 14.2).
pub fn byte_range(request: &Request, size: u64) -> Result<Option<ByteRange>, EdgeFault> {
    let Some(value) = request.header(&header::RANGE)? else { return Ok(None) };
    let Some(set) = value.trim().strip_prefix("bytes=") else { return Ok(None) };
    let Some((first, last)) = set.split_once('-').filter(|_| !set.contains(',')) else { return Ok(None) };
    let outside = || EdgeFault::RangeNotSatisfiable { size };
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => {
            if first >= size {
                Err(outside())
            } else {
                Ok(Some(ByteRange { start: first, end: last.saturating_add(1).min(size) }))
            }
        }
        (Ok(first), Err(_)) if last.trim().is_empty() => {
            if first >= size {
                Err(outside())
            } else {
                Ok(Some(ByteRange { start: first, end: size }))
            }
        }
        (Err(_), Ok(suffix)) if first.trim().is_empty() => {
            if suffix == 0 || size == 0 {
                Err(outside())
            } else {
                Ok(Some(ByteRange { start: size.saturating_sub(suffix), end: size }))
            }
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn of(value: &str, size: u64) -> Result<Option<(u64, u64)>, EdgeFault> {
        let mut request = Request::default();
        request.headers.insert(header::RANGE, HeaderValue::from_str(value).unwrap());
        byte_range(&request, size).map(|range| range.map(|range| (range.start, range.end)))
    }

    #[test]
    fn the_forms_of_the_specification() {
        assert_eq!(of("bytes=0-499", 10_000).unwrap(), Some((0, 500)));
        assert_eq!(of("bytes=9500-", 10_000).unwrap(), Some((9_500, 10_000)));
        assert_eq!(of("bytes=-500", 10_000).unwrap(), Some((9_500, 10_000)));
        assert_eq!(of("bytes=0-99999", 10).unwrap(), Some((0, 10)));
        assert_eq!(of("bytes=0-1,3-4", 10).unwrap(), None);
        assert_eq!(of("lines=1-2", 10).unwrap(), None);
        assert_eq!(of("bytes=5-2", 10).unwrap(), None);
        assert!(of("bytes=10-", 10).is_err());
        assert!(of("bytes=-0", 10).is_err());
    }

    proptest! {
        #[test]
        fn a_range_lies_within(value in "bytes=[0-9]{0,20}-[0-9]{0,20}", size in 0u64..1000) {
            if let Ok(Some((start, end))) = of(&value, size) {
                prop_assert!(start < end && end <= size);
            }
        }
    }
}
