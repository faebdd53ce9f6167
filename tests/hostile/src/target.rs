//! The list.

use crate::{ai_wire, cursor, definition, engine, expression, extraction, search_request, signalr, websocket, yjs};

/// Bytes of an input, at most: more finds no more ways through these parsers, only slower ones.
pub const BYTES_MAX: usize = 64 * 1024;

/// A property, ready to be held against inputs. Panics where it does not hold.
pub type Run = Box<dyn Fn(&[u8])>;

/// A property with its name, which is that of its corpus and of its libFuzzer target.
pub struct Target {
    /// `a-z` and `_`.
    pub name: &'static str,
    /// Makes it ready.
    pub ready: fn() -> Run,
    /// Whether its seeds are text, so that changing them by words makes sense.
    pub text: bool,
}

/// All of them.
pub const TARGETS: [Target; 17] = [
    Target { name: "resp", ready: || Box::new(local_emulator_redis::fuzz::resp), text: false },
    Target { name: "engine_query", ready: engine::ready, text: true },
    Target { name: "search_request", ready: || Box::new(search_request::run), text: true },
    Target { name: "cursor", ready: || Box::new(cursor::run), text: true },
    Target { name: "multipart", ready: || Box::new(octavo_documents::fuzz::multipart), text: true },
    Target { name: "markdown", ready: || Box::new(extraction::markdown), text: true },
    Target { name: "html", ready: || Box::new(extraction::html), text: true },
    Target { name: "pdf", ready: || Box::new(extraction::pdf), text: false },
    Target { name: "docx", ready: || Box::new(extraction::docx), text: false },
    Target { name: "signalr_json", ready: || Box::new(signalr::json), text: true },
    Target { name: "signalr_message_pack", ready: || Box::new(signalr::message_pack), text: false },
    Target { name: "websocket", ready: || Box::new(websocket::run), text: false },
    Target { name: "yjs_frame", ready: || Box::new(yjs::frame), text: false },
    Target { name: "yjs_update", ready: || Box::new(yjs::update), text: false },
    Target { name: "definition", ready: || Box::new(definition::run), text: true },
    Target { name: "expression", ready: || Box::new(expression::run), text: true },
    Target { name: "ai_wire", ready: || Box::new(ai_wire::run), text: true },
];

/// The one of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
