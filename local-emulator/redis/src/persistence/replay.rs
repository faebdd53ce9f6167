//! The log to data.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use bytes::{Bytes, BytesMut};

use crate::engine::Engine;
use crate::resp::{Batch, Decoder, Limits, ProtocolError};
use crate::session::{Mode, Session};

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("the append-only log cannot be read")]
    Read(#[from] io::Error),
    /// Not merely cut short, but wrong in the middle: it is left as it is, for a person to look at.
    #[error("the append-only log is damaged behind byte {offset}: {fault}")]
    Damaged { offset: u64, fault: String },
}

/// How much is read at a time, in bytes.
const CHUNK_BYTES: usize = 1 << 20;

/// The log was written by us: what it may hold is not limited again.
const LIMITS: Limits = Limits { bulk_bytes: usize::MAX / 4, arguments: usize::MAX / 4 };

/// Replays the log at `path`, if there is one. Returns how many bytes of it are good: an incomplete command or
/// transaction at the end does not count, because it was never answered.
pub(crate) fn replay(engine: &mut Engine, path: &Path) -> Result<u64, ReplayError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    engine.replaying = true;
    let result = read(engine, &mut file);
    engine.replaying = false;
    result
}

fn read(engine: &mut Engine, file: &mut File) -> Result<u64, ReplayError> {
    let mut session = Session::internal(0, Mode::Replay);
    let (mut decoder, mut batch, mut buffer) = (Decoder::new(), Batch::default(), BytesMut::new());
    let (mut offset, mut good) = (0u64, 0u64);
    let mut unit: Option<Vec<Vec<Bytes>>> = None;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok(good);
        }
        buffer.extend_from_slice(&chunk[..count]);
        loop {
            decoder
                .decode(&mut buffer, &mut batch, &LIMITS, false)
                .map_err(|fault: ProtocolError| ReplayError::Damaged { offset, fault: fault.to_string() })?;
            if batch.is_empty() {
                break;
            }
            while let Some(args) = batch.pop() {
                offset += wire_bytes(args);
                let damaged = |fault: String| ReplayError::Damaged { offset, fault };
                match (&args[0][..], &mut unit) {
                    (b"MULTI", None) => unit = Some(Vec::new()),
                    (b"EXEC", Some(commands)) => {
                        for args in std::mem::take(commands) {
                            apply(engine, &mut session, &args).map_err(damaged)?;
                        }
                        unit = None;
                    }
                    (_, Some(commands)) => commands.push(args.to_vec()),
                    (_, None) => apply(engine, &mut session, args).map_err(damaged)?,
                }
                if unit.is_none() {
                    good = offset;
                }
            }
        }
    }
}

fn apply(engine: &mut Engine, session: &mut Session, args: &[Bytes]) -> Result<(), String> {
    let command = engine.admit(session, args).map_err(|fault| fault.to_string())?;
    let reply = engine.call(session, command, args);
    if let crate::reply::Reply::Error(text) = reply {
        // A command that failed was not logged; one that fails now met other data than it should have.
        return Err(text);
    }
    Ok(())
}

/// The length of a command as the log writes it.
fn wire_bytes(args: &[Bytes]) -> u64 {
    let digits = |n: usize| n.checked_ilog10().map_or(1, |log| u64::from(log) + 1);
    let head = 1 + digits(args.len()) + 2;
    head + args.iter().map(|arg| 1 + digits(arg.len()) + 2 + arg.len() as u64 + 2).sum::<u64>()
}
