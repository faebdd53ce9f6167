//! One connection: bytes in, commands to the engine, replies and published messages out.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::options::Options;
use crate::reply::Reply;
use crate::resp::{Batch, Decoder, Limits, encode};
use crate::session::Session;

/// The read buffer has at least this much room before each read, in bytes.
const READ_BYTES: usize = 16 * 1024;

/// Replies are sent when they have grown to this, even when the pipeline goes on, in bytes.
const REPLY_BYTES_SOFT: usize = 1024 * 1024;

/// A reply buffer that has grown beyond this is given back after use, in bytes.
const REPLY_BYTES_KEPT: usize = 256 * 1024;

/// A client that does not take its replies for this long is disconnected.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that waits for a key.
struct Waiting {
    id: u64,
    reply: oneshot::Receiver<Reply>,
    deadline: Option<Instant>,
    on_timeout: Reply,
}

pub(crate) struct Connection {
    stream: TcpStream,
    engine: Arc<Mutex<Engine>>,
    options: Arc<Options>,
    session: Session,
    decoder: Decoder,
    buffer: BytesMut,
    batch: Batch,
    out: Vec<u8>,
    /// Bytes that are known to be missing of the next command.
    missing: usize,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, engine: Arc<Mutex<Engine>>, options: Arc<Options>, session: Session) -> Self {
        Self {
            stream,
            engine,
            options,
            session,
            decoder: Decoder::new(),
            buffer: BytesMut::with_capacity(READ_BYTES),
            batch: Batch::default(),
            out: Vec::new(),
            missing: 0,
        }
    }

    /// Serves until the client leaves or the server stops.
    pub(crate) async fn serve(mut self, stop: CancellationToken) {
        let result = tokio::select! {
            result = self.talk() => result,
            () = stop.cancelled() => Ok(()),
        };
        if let Err(error) = result {
            tracing::debug!(%error, client = self.session.id, "connection ended");
        }
        self.engine.lock().leave(&mut self.session);
    }

    async fn talk(&mut self) -> io::Result<()> {
        let outbox = Arc::clone(&self.session.outbox);
        loop {
            // Everything that was sent is answered before more is read.
            while self.decode() {
                while !self.batch.is_empty() {
                    if let Some(waiting) = self.execute()? {
                        self.write().await?;
                        if !self.wait(waiting).await? {
                            return Ok(());
                        }
                    }
                    if self.out.len() >= REPLY_BYTES_SOFT {
                        self.write().await?;
                    }
                }
            }
            self.write().await?;
            if self.session.closing {
                return Ok(());
            }
            tokio::select! {
                read = read(&mut self.stream, &mut self.buffer, self.missing) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    if self.buffer.len() > self.options.query_buffer_bytes_max {
                        return Err(io::Error::other("the client has sent more than its query buffer may hold"));
                    }
                }
                () = outbox.ready() => self.take_messages()?,
            }
        }
    }

    /// Reads the commands that are complete; `false` when there is none.
    fn decode(&mut self) -> bool {
        if self.session.closing {
            return false;
        }
        let stranger = !self.session.authenticated;
        let limits = if stranger {
            Limits::STRANGER
        } else {
            Limits { bulk_bytes: self.options.bulk_bytes_max, arguments: self.options.arguments_max }
        };
        match self.decoder.decode(&mut self.buffer, &mut self.batch, &limits, stranger) {
            Ok(missing) => {
                self.missing = missing;
                !self.batch.is_empty()
            }
            Err(fault) => {
                encode(&mut self.out, &Reply::Error(fault.to_string()), self.session.protocol);
                self.session.closing = true;
                false
            }
        }
    }

    /// Runs the commands of the batch under one hold of the lock, up to one that waits.
    fn execute(&mut self) -> io::Result<Option<Waiting>> {
        let mut engine = self.engine.lock();
        let mut waiting = None;
        let answered = self.out.len();
        while let Some(args) = self.batch.pop() {
            let reply = engine.run(&mut self.session, args);
            if self.session.subscriptions > 0 {
                // What was published before this reply goes before it.
                self.session.outbox.drain_into(&mut self.out);
            }
            if reply == Reply::Pending
                && let Some(request) = engine.take_block_request()
            {
                let deadline = request.timeout_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
                let on_timeout = request.on_timeout.clone();
                let (id, reply) = engine.wait(&self.session, request);
                waiting = Some(Waiting { id, reply, deadline, on_timeout });
                break;
            }
            encode(&mut self.out, &reply, self.session.protocol);
            if self.session.closing {
                self.batch.clear();
                break;
            }
            if self.out.len() >= REPLY_BYTES_SOFT {
                break;
            }
        }
        if let Err(error) = engine.settle() {
            // Not in the log: must not look done.
            self.out.truncate(answered);
            tracing::error!(%error, "the append-only log cannot be written");
            return Err(error);
        }
        Ok(waiting)
    }

    /// Waits for a key, the timeout, or the client's end; `false` when the client has gone.
    async fn wait(&mut self, mut waiting: Waiting) -> io::Result<bool> {
        let far = Instant::now() + Duration::from_secs(365 * 24 * 3600);
        let outbox = Arc::clone(&self.session.outbox);
        let reply = loop {
            tokio::select! {
                biased;
                reply = &mut waiting.reply => break reply.unwrap_or(Reply::Null),
                () = sleep_until(waiting.deadline.unwrap_or(far)), if waiting.deadline.is_some() => {
                    // Whoever takes the waiter out answers: the server may have done so in this instant.
                    let removed = self.engine.lock().blocking.remove(waiting.id).is_some();
                    if removed {
                        break waiting.on_timeout;
                    }
                    waiting.deadline = None;
                }
                () = outbox.ready() => {
                    self.take_messages()?;
                    self.write().await?;
                }
                read = read(&mut self.stream, &mut self.buffer, self.missing) => {
                    let gone = !matches!(read, Ok(count) if count > 0);
                    if gone || self.buffer.len() > self.options.query_buffer_bytes_max {
                        self.engine.lock().blocking.remove(waiting.id);
                        return Ok(false);
                    }
                }
            }
        };
        encode(&mut self.out, &reply, self.session.protocol);
        Ok(true)
    }

    fn take_messages(&mut self) -> io::Result<()> {
        if self.session.outbox.has_overflowed() {
            return Err(io::Error::other("the subscriber was too slow: its buffer has overflowed"));
        }
        self.session.outbox.drain_into(&mut self.out);
        Ok(())
    }

    async fn write(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let outbox = Arc::clone(&self.session.outbox);
        tokio::select! {
            result = tokio::time::timeout(WRITE_TIMEOUT, self.stream.write_all(&self.out)) => result??,
            // A subscriber that does not read is let go as soon as its messages have overflowed.
            () = outbox.overflowed() => return Err(io::Error::other("the subscriber was too slow")),
        }
        if self.out.capacity() > REPLY_BYTES_KEPT {
            self.out = Vec::new();
        } else {
            self.out.clear();
        }
        Ok(())
    }
}

/// Reads what there is; grows the buffer to what the next command needs.
async fn read(stream: &mut TcpStream, buffer: &mut BytesMut, missing: usize) -> io::Result<usize> {
    buffer.reserve(missing.max(READ_BYTES));
    stream.read_buf(buffer).await
}
