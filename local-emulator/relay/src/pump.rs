//! The bytes of one connection.

use crate::Mode;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

/// Bytes that are read at a time, in each direction of each connection. Memory is used only where bytes come.
const PIECE_BYTES: usize = 32 * 1024;

/// Passes bytes from one end to the other as the mode says, until the one ends or the other breaks.
pub(crate) async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut modes: watch::Receiver<Mode>,
) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        piece.clear();
        let count = from.read_buf(&mut piece).await?;
        let mode = *modes.borrow();
        match mode {
            Mode::Pass | Mode::Refuse => {}
            Mode::Delay(by) => tokio::time::sleep(by).await,
            Mode::BlackHole => {
                modes.wait_for(|mode| *mode != Mode::BlackHole).await.map_err(io::Error::other)?;
            }
        }
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece).await?;
    }
}
