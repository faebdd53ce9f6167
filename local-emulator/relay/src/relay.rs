//! The relay: its address, its switch and its connections.

use crate::Mode;
use crate::pump::pump;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// After a connection could not be accepted, or the port could not be had back, it is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// A relay with a fixed address of its own. Stops, and closes all connections, when it is dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    /// Bound and never listening: while nobody listens the port is still nobody else's, and refuses.
    reserve: TcpSocket,
    cut: Notify,
    open: AtomicUsize,
    accepted: AtomicUsize,
    listening: watch::Sender<bool>,
}

impl Relay {
    /// A relay on a free port of the loopback interface, in front of `upstream`, that passes. Fails if there is no port.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let reserve = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = reserve.local_addr()?;
        let listener = listen(address)?;
        let (mode, modes) = watch::channel(Mode::Pass);
        let shared = Arc::new(Shared {
            upstream,
            reserve,
            cut: Notify::new(),
            open: AtomicUsize::new(0),
            accepted: AtomicUsize::new(0),
            listening: watch::Sender::new(true),
        });
        let serving = tokio::spawn(serve(listener, modes, shared.clone()));
        Ok(Self { address, mode, shared, serving })
    }

    /// Where clients connect to instead of to the engine.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it does now.
    pub fn mode(&self) -> Mode {
        *self.mode.borrow()
    }

    /// Switches. Returns when the switch is in effect: after [`Mode::Refuse`] a connection is refused, after leaving it
    /// one is accepted.
    pub async fn switch(&self, mode: Mode) {
        self.mode.send_replace(mode);
        let listening = mode != Mode::Refuse;
        // It fails only where serving has ended, which it does with this very value.
        let _ = self.shared.listening.subscribe().wait_for(|now| *now == listening).await;
    }

    /// Closes every connection that is open now; new ones are welcome.
    pub fn cut(&self) {
        self.shared.cut.notify_waiters();
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::Acquire)
    }

    /// How many were accepted since it started.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::Acquire)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A socket of `address` that does not listen. Two of them may have one port, which nobody gets who does not ask for a port
/// to share.
fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    bound(address)?.listen(BACKLOG)
}

async fn serve(listener: TcpListener, mut modes: watch::Receiver<Mode>, shared: Arc<Shared>) {
    let mut listener = Some(listener);
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        let refuse = *modes.borrow_and_update() == Mode::Refuse;
        if refuse && listener.take().is_some() {
            connections.abort_all();
            while connections.join_next().await.is_some() {}
            shared.listening.send_replace(false);
        } else if !refuse && listener.is_none() {
            listener = Some(again(&shared).await);
            shared.listening.send_replace(true);
        }
        tokio::select! {
            changed = modes.changed() => if changed.is_err() { return },
            accepted = accept(listener.as_ref()) => {
                shared.accepted.fetch_add(1, Ordering::AcqRel);
                connections.spawn(connection(accepted, modes.clone(), shared.clone()));
            }
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// The next connection; none ever comes where nobody listens.
async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        match listener.accept().await {
            Ok((client, _)) => return client,
            Err(error) => {
                tracing::warn!(%error, "a relay could not accept a connection");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Listens on the port that was kept.
async fn again(shared: &Shared) -> TcpListener {
    loop {
        match shared.reserve.local_addr().and_then(listen) {
            Ok(listener) => return listener,
            Err(error) => tracing::warn!(%error, "a relay cannot listen on its port"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Counts an open connection for as long as it lives, however it ends.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn connection(client: TcpStream, modes: watch::Receiver<Mode>, shared: Arc<Shared>) {
    shared.open.fetch_add(1, Ordering::AcqRel);
    let _open = Open(shared.clone());
    // Asked for before the first await, so that no cut is missed.
    let cut = shared.cut.notified();
    let pass = async {
        let mut waiting = modes.clone();
        // In a black hole the engine does not see the connection either.
        waiting.wait_for(|mode| *mode != Mode::BlackHole).await.map_err(io::Error::other)?;
        let engine = TcpStream::connect(shared.upstream).await?;
        client.set_nodelay(true)?;
        engine.set_nodelay(true)?;
        let (client_read, client_write) = client.into_split();
        let (engine_read, engine_write) = engine.into_split();
        tokio::try_join!(pump(client_read, engine_write, modes.clone()), pump(engine_read, client_write, modes))
            .map(drop)
    };
    tokio::select! {
        // A broken connection is what this is for: both sides see it closed.
        _ = pass => {}
        () = cut => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    /// Answers every byte with itself.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = socket.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        address
    }

    async fn relay() -> Relay {
        Relay::start(echo().await).await.unwrap()
    }

    async fn round_trip(socket: &mut TcpStream) -> io::Result<u8> {
        socket.write_all(b"x").await?;
        socket.read_u8().await
    }

    #[tokio::test]
    async fn passes_and_counts() {
        let relay = relay().await;
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        assert_eq!(round_trip(&mut socket).await.unwrap(), b'x');
        assert_eq!((relay.open(), relay.accepted(), relay.mode()), (1, 1, Mode::Pass));
        let long: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
        let (mut read, mut write) = socket.split();
        let mut back = vec![0; long.len()];
        tokio::try_join!(write.write_all(&long), async { read.read_exact(&mut back).await.map(drop) }).unwrap();
        assert!(back == long);
    }

    #[tokio::test]
    async fn refuses_closes_and_comes_back_on_the_same_port() {
        let relay = relay().await;
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        round_trip(&mut socket).await.unwrap();
        for _ in 0..3 {
            relay.switch(Mode::Refuse).await;
            assert!(round_trip(&mut socket).await.is_err());
            let refused = TcpStream::connect(relay.address()).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            let port = relay.address();
            assert!(std::net::TcpListener::bind(port).is_err(), "nobody else gets the port meanwhile");
            relay.switch(Mode::Pass).await;
            socket = TcpStream::connect(relay.address()).await.unwrap();
            round_trip(&mut socket).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_black_hole_holds_and_later_gives() {
        let relay = relay().await;
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        round_trip(&mut socket).await.unwrap();
        relay.switch(Mode::BlackHole).await;
        assert!(timeout(Duration::from_millis(50), round_trip(&mut socket)).await.is_err());
        let mut second = TcpStream::connect(relay.address()).await.unwrap();
        assert!(timeout(Duration::from_millis(50), round_trip(&mut second)).await.is_err());
        relay.switch(Mode::Pass).await;
        assert_eq!(timeout(Duration::from_secs(60), socket.read_u8()).await.unwrap().unwrap(), b'x');
        assert_eq!(timeout(Duration::from_secs(60), second.read_u8()).await.unwrap().unwrap(), b'x');
    }

    #[tokio::test]
    async fn delays_in_both_directions() {
        let relay = relay().await;
        relay.switch(Mode::Delay(Duration::from_millis(40))).await;
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        let began = Instant::now();
        round_trip(&mut socket).await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(80));
    }

    #[tokio::test]
    async fn a_cut_closes_what_is_open_and_nothing_else() {
        let relay = relay().await;
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        round_trip(&mut socket).await.unwrap();
        relay.cut();
        let ended = timeout(Duration::from_secs(60), async { while round_trip(&mut socket).await.is_ok() {} });
        assert!(ended.await.is_ok());
        round_trip(&mut TcpStream::connect(relay.address()).await.unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_dropped_one() {
        let relay = relay().await;
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        round_trip(&mut socket).await.unwrap();
        let address = relay.address();
        drop(relay);
        let gone = timeout(Duration::from_secs(60), async { while TcpStream::connect(address).await.is_ok() {} });
        assert!(gone.await.is_ok());
        assert!(round_trip(&mut socket).await.is_err());
    }
}
