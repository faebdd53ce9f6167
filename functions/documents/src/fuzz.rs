//! What reading a form must hold to, whatever the bytes: for the fuzz targets of the workspace.

use crate::multipart;
use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderValue, header};
use octavo_domain_kernel::Fault;
use octavo_wiring_edge::Request;

/// A refusal is short, whatever the names of the parts were.
const TOLD_BYTES_MAX: usize = 10_000;

/// Reads `bytes` as an upload: a line that is the Content-Type, then the body. Panics where a refusal names no field or
/// would be a defect of ours, where more comes out than went in, or where reading waits for anything.
pub fn multipart(bytes: &[u8]) {
    let (head, body) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let Ok(content_type) = HeaderValue::from_bytes(head) else { return };
    let mut request = Request::default();
    request.body = Bytes::copy_from_slice(body);
    request.headers.insert(header::CONTENT_TYPE, content_type);
    let read = multipart::read(&request).now_or_never().expect("all of the body is here: nothing is waited for");
    match read {
        Ok(input) => {
            let texts = input.tags.iter().map(String::len).sum::<usize>() + input.title.map_or(0, |title| title.len());
            assert!(input.upload.bytes.len() + texts <= body.len(), "more came out than went in");
        }
        Err(fault) => {
            assert!(!octavo_wiring_edge::status(fault.kind()).is_server_error(), "{fault}");
            let told = fault.detail().len() + fault.fields().iter().map(|wrong| wrong.field.len()).sum::<usize>();
            assert!((1..TOLD_BYTES_MAX).contains(&told), "{told} bytes are told of a refusal");
        }
    }
}
