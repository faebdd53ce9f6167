//! What the wire format must hold to, whatever the bytes: for the fuzz targets of the workspace.

use bytes::{Bytes, BytesMut};

use crate::resp::{Batch, Decoder, Limits, ProtocolError, encode_command};

/// Small, so that an input of a few bytes meets them.
const LIMITS: Limits = Limits { bulk_bytes: 512, arguments: 32 };

/// Bytes that come at once, where they come in pieces: lines and lengths are cut everywhere.
const PIECES: [usize; 3] = [1, 3, 64];

type Commands = Vec<Vec<Bytes>>;

/// Reads `wire` as a client's bytes. Panics where the reading depends on how the bytes were split, where an argument is
/// over its limit, or where a command is not the same after it was written and read again.
pub fn resp(wire: &[u8]) {
    for stranger in [false, true] {
        let limits = if stranger { Limits::STRANGER } else { LIMITS };
        let (commands, fault) = read(wire, wire.len().max(1), &limits, stranger);
        for piece in PIECES {
            let (in_pieces, their_fault) = read(wire, piece, &limits, stranger);
            assert_eq!(in_pieces, commands, "commands of pieces of {piece}");
            assert_eq!(their_fault, fault, "fault of pieces of {piece}");
        }
        for command in &commands {
            assert!(!command.is_empty(), "a command without a name");
            let mut again = Vec::new();
            encode_command(&mut again, command);
            let inline = command.len() > limits.arguments || command.iter().any(|part| part.len() > limits.bulk_bytes);
            if !inline {
                assert_eq!(read(&again, again.len(), &limits, false), (vec![command.clone()], None));
            }
        }
    }
}

fn read(wire: &[u8], piece: usize, limits: &Limits, stranger: bool) -> (Commands, Option<ProtocolError>) {
    let (mut decoder, mut buffer, mut batch) = (Decoder::new(), BytesMut::new(), Batch::default());
    let mut commands = Vec::new();
    for part in wire.chunks(piece) {
        buffer.extend_from_slice(part);
        loop {
            if let Err(fault) = decoder.decode(&mut buffer, &mut batch, limits, stranger) {
                return (commands, Some(fault));
            }
            if batch.is_empty() {
                break;
            }
            while let Some(command) = batch.pop() {
                commands.push(command.to_vec());
            }
        }
    }
    (commands, None)
}
