//! A streamed answer: a prelude with status and headers, eight zero bytes, then the body, in pieces cut anywhere.

use super::response::Answer;
use crate::{Body, FunctionError, Pieces};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http_body_util::{BodyExt, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tokio_stream::wrappers::UnboundedReceiverStream;

/// Announces that the stream begins with a prelude.
pub(super) const INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";
const DELIMITER: [u8; 8] = [0; 8];
/// Bytes of a prelude.
const PRELUDE_BYTES_MAX: usize = 64 * 1024;

/// The HTTP answer that a streamed response stands for. Waits for its head, and no longer.
pub(super) async fn streamed(content_type: &str, mut pieces: Pieces) -> Result<Response<Body>, FunctionError> {
    let (mut response, rest) = if content_type.starts_with(INTEGRATION) {
        let (prelude, rest) = prelude(&mut pieces).await?;
        let broken = |reason: String| FunctionError::new("InvalidPrelude", reason);
        let answer: Answer<'_> = serde_json::from_slice(&prelude).map_err(|error| broken(error.to_string()))?;
        let head = answer.head().map_err(broken)?;
        let mut response = Response::new(());
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        // With its length said, the answer ends for the client with its last byte, whatever the function does then.
        if let Some(length) = head.length {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        (response, rest)
    } else {
        (Response::new(()), Bytes::new())
    };
    if let Ok(value) = content_type.parse()
        && !content_type.starts_with(INTEGRATION)
    {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    let first = futures::stream::iter((!rest.is_empty()).then_some(Ok(rest)));
    // An error breaks the connection: a client must not take a part for the whole.
    let frames = first
        .chain(UnboundedReceiverStream::new(pieces))
        .map(|piece| piece.map(Frame::data).map_err(std::io::Error::other));
    Ok(response
        .map(|()| BodyExt::boxed(StreamBody::new(frames.map(|frame: Result<Frame<Bytes>, std::io::Error>| frame)))))
}

/// The bytes before the delimiter, and those after it that have come already.
async fn prelude(pieces: &mut Pieces) -> Result<(Bytes, Bytes), FunctionError> {
    let mut seen = BytesMut::new();
    loop {
        match pieces.recv().await {
            Some(Ok(piece)) => {
                // The delimiter may lie across the border of two pieces.
                let from = seen.len().saturating_sub(DELIMITER.len() - 1);
                seen.extend_from_slice(&piece);
                if let Some(found) = seen[from..].windows(DELIMITER.len()).position(|window| window == DELIMITER) {
                    let rest = seen.split_off(from + found + DELIMITER.len()).freeze();
                    seen.truncate(from + found);
                    return Ok((seen.freeze(), rest));
                }
                if seen.len() > PRELUDE_BYTES_MAX {
                    return Err(FunctionError::new(
                        "InvalidPrelude",
                        format!("it is longer than {PRELUDE_BYTES_MAX} bytes"),
                    ));
                }
            }
            Some(Err(error)) => return Err(error),
            None => return Err(FunctionError::new("InvalidPrelude", "the stream ended within it")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_delimiter_is_found_wherever_it_is_cut() {
        let whole =
            [b"{\"statusCode\":201,\"headers\":{\"x-a\":\"b\"}}".as_slice(), &DELIMITER, b"body\0\0more"].concat();
        for cut in 1..whole.len() {
            let (sender, pieces) = tokio::sync::mpsc::unbounded_channel();
            for piece in [&whole[..cut], &whole[cut..]] {
                sender.send(Ok(Bytes::copy_from_slice(piece))).unwrap();
            }
            drop(sender);
            let response = streamed(INTEGRATION, pieces).await.unwrap();
            assert_eq!(
                (response.status().as_u16(), &response.headers()["x-a"]),
                (201, &"b".parse().unwrap()),
                "cut at {cut}"
            );
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(&body[..], b"body\0\0more", "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_failure_in_the_middle_breaks_the_body() {
        let (sender, pieces) = tokio::sync::mpsc::unbounded_channel();
        sender.send(Ok(Bytes::from_static(b"half"))).unwrap();
        sender.send(Err(FunctionError::new("X", "y"))).unwrap();
        drop(sender);
        let response = streamed("text/plain", pieces).await.unwrap();
        assert!(response.into_body().collect().await.is_err());
    }
}
