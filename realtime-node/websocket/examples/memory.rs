//! What an idle socket takes of the heap: prints the sizes of its parts, and measures sockets over loopback.

use bytes::BytesMut;
use realtime_node_websocket::{Decoder, Limits, Reader, open};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};
use tokio::net::TcpListener;

/// File descriptors of a process are 1,024 by default, and a socket here takes two.
const SOCKETS: usize = 400;
/// These pay for what is there once.
const WARM_UP: usize = 50;

struct Counting;
static HELD: AtomicIsize = AtomicIsize::new(0);

#[expect(unsafe_code, reason = "an allocator that counts can be had no other way")]
// SAFETY: everything is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size() as isize, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

async fn idle(mut reader: Reader) {
    while reader.next().await.is_ok() {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    println!("reader: {} bytes, decoder: {}", size_of::<Reader>(), size_of::<Decoder>());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let mut clients = Vec::with_capacity(SOCKETS + WARM_UP);
    let mut senders = Vec::with_capacity(SOCKETS + WARM_UP);
    let mut before = 0;
    for count in 0..SOCKETS + WARM_UP {
        if count == WARM_UP {
            before = HELD.load(Ordering::Relaxed);
        }
        let client = std::net::TcpStream::connect(address)?;
        let (stream, _) = listener.accept().await?;
        // As HTTP libraries hand it over: empty, and the end of a large buffer.
        let unread = BytesMut::with_capacity(8 * 1024).freeze();
        let (reader, sender) = open(stream, unread, Limits { message_bytes_max: 1 << 16, queue_bytes_max: 1 << 16 });
        tokio::spawn(idle(reader));
        tokio::task::yield_now().await;
        clients.push(client);
        senders.push(sender);
    }
    let held = HELD.load(Ordering::Relaxed) - before;
    println!("heap per idle socket, its task included: {} bytes", held / SOCKETS as isize);
    Ok(())
}
