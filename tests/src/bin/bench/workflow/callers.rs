//! Connections to one target that are kept alive, as many as there are callers at a time.

use crate::ai::{Answer, Connection, Target};
use bytes::Bytes;
use parking_lot::Mutex;

pub(super) struct Callers {
    target: Target,
    idle: Mutex<Vec<Connection>>,
}

impl Callers {
    pub(super) fn new(target: Target) -> Self {
        Self { target, idle: Mutex::default() }
    }

    /// Sends `body` and reads all of the answer; a refusal is an error.
    pub(super) async fn ask(&self, body: Bytes) -> anyhow::Result<Answer> {
        let idle = self.idle.lock().pop();
        let mut connection = idle.unwrap_or_else(|| Connection::new(&self.target));
        let answer = connection.ask(body).await?.good(&self.target)?;
        self.idle.lock().push(connection);
        Ok(answer)
    }
}
