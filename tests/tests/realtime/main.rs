//! Realtime nodes as stock clients see them: SignalR of npm and PyPI, Yjs of npm. Nodes are processes of their own on an
//! emulator's engines.

mod balanced;
mod cluster;
mod faults;
mod signalr;
mod yjs;

/// What the scripts of Node need.
pub(crate) const CLIENTS: &str = "SignalR and Yjs clients from npm";
