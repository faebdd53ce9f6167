//! The wire forms of AI: requests of callers, answers and streams of providers.

use octavo_domain_ai::ports::ServerSentEvent;
use octavo_domain_ai::wire::{chat, messages, responses};
use octavo_domain_ai::{Assembly, Prompt};
use octavo_domain_kernel::FieldFault;
use serde_json::{Map, Value};

/// Findings of one refusal, at most, by any of the forms.
const FINDINGS_MAX: usize = 64;

/// Panics where a refusal names no field, where a prompt is another one after it was written and read, or where a stream
/// cannot be put together.
pub(crate) fn run(bytes: &[u8]) {
    let _ = (chat::decode_answer(bytes), chat::decode_fault(500, bytes), chat::embeddings::decode_answer(bytes));
    let _ = (messages::decode_answer(bytes), messages::decode_fault(500, bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        streamed(text);
    }
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(bytes) else { return };
    match chat::decode_request(&body) {
        Ok(decoded) => stable(&decoded.prompt),
        Err(faults) => told(&faults),
    }
    match messages::decode_request(&body) {
        Ok(decoded) => stable(&decoded.prompt),
        Err(faults) => told(&faults),
    }
    match responses::decode_request(&body) {
        Ok(decoded) => stable(&decoded.prompt),
        Err(faults) => told(&faults),
    }
    if let Err(faults) = chat::embeddings::decode_request(&body) {
        told(&faults);
    }
}

fn told(faults: &[FieldFault]) {
    assert!(!faults.is_empty() && faults.len() <= FINDINGS_MAX, "{} findings", faults.len());
    for wrong in faults {
        assert!(!wrong.field.is_empty() && !wrong.message.is_empty(), "{wrong:?}");
    }
}

/// What a form cannot say is lost the first time; after that nothing changes any more.
fn stable(prompt: &Prompt) {
    let once = chat::encode_request(prompt, "model", true);
    // A prompt that only another form can say is refused by this one; most are not.
    if let Ok(decoded) = chat::decode_request(&once) {
        let twice = chat::encode_request(&decoded.prompt, "model", true);
        assert_eq!(written(&twice), written(&once), "written and read by OpenAI's form");
    }
}

fn written(body: &Map<String, Value>) -> String {
    serde_json::to_string(body).expect("JSON")
}

fn streamed(text: &str) {
    let (mut openai, mut anthropic) = (chat::StreamDecoder::default(), messages::StreamDecoder::default());
    let (mut first, mut second) = (Assembly::default(), Assembly::default());
    for line in text.lines() {
        let (name, data) = line.split_once('|').unwrap_or(("", line));
        let event = ServerSentEvent { name: name.to_owned(), data: data.to_owned() };
        for told in openai.push(&event).into_iter().flatten() {
            first.push(&told);
        }
        for told in anthropic.push(&event).into_iter().flatten() {
            second.push(&told);
        }
    }
}
