//! An answer of 400 and above.

use crate::patience::Patience;
use crate::pieces::{Most, Pieces};
use crate::upstream::coding;
use bytes::BytesMut;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use octavo_domain_ai::ProviderFault;
use octavo_domain_ai::ports::UpstreamRequest;
use octavo_domain_ai::routing::parse_retry_after;
use octavo_domain_ai::wire::{chat, messages};
use reqwest::Response;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Most bytes of a refusal that are read; it is understood from what came until then. 64 KiB.
pub const REFUSAL_BYTES_MAX: usize = 64 * 1024;
/// So long is waited for the words of a refusal: its status alone says the most.
const REFUSAL_WAIT: Duration = Duration::from_secs(5);
/// What stands where a provider quotes the key that it does not accept.
const KEY_PLACEHOLDER: &str = "[key]";

/// What the refusal says. What is cut off, packed, too long or too slow is understood as far as it came.
pub(crate) async fn read(
    response: Response,
    patience: Patience,
    place: OwnedSemaphorePermit,
    request: &UpstreamRequest,
    now: DateTime<Utc>,
) -> ProviderFault {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = if coding(&headers).is_some() { BytesMut::new() } else { words(response, patience, place).await };
    let decode = if request.endpoint.kind.speaks_messages() { messages::decode_fault } else { chat::decode_fault };
    let mut fault = decode(status, &body);
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    fault.retry_after = parse_retry_after(header, now).or(fault.retry_after);
    if !request.key.is_empty() && fault.message.contains(&*request.key) {
        fault.message = fault.message.replace(&*request.key, KEY_PLACEHOLDER);
    }
    fault
}

async fn words(response: Response, patience: Patience, place: OwnedSemaphorePermit) -> BytesMut {
    // Longer than that is cut here and not refused there.
    const MOST: Most = Most { bytes: usize::MAX, of: "a refusal" };
    let patience = patience.ending_by(Instant::now() + REFUSAL_WAIT);
    let mut pieces = Pieces::new(response.into(), patience, MOST, place);
    pieces.progress().understood();
    let mut words = BytesMut::new();
    while let Some(Ok(piece)) = pieces.next().await {
        let room = REFUSAL_BYTES_MAX - words.len();
        words.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            break;
        }
    }
    words
}
