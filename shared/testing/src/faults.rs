//! A TCP proxy between a client and an engine, with switches for what networks and engines do to people.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

/// How often a refusing proxy tries to listen again.
const REBIND: Duration = Duration::from_millis(10);
/// How long it tries: longer than this its port was taken by somebody else.
const REBIND_MAX: Duration = Duration::from_secs(5);

/// What the proxy does with bytes and with new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Passes everything.
    Pass,
    /// Nobody listens: new connections are refused, existing ones are closed. The engine is down.
    Refuse,
    /// New connections are accepted, nothing is passed in either direction, nothing is closed. The engine hangs, or the
    /// network swallows. Back on [`Mode::Pass`] the held bytes flow, as after a network's pause.
    BlackHole,
    /// Passes everything, each piece this much later, in each direction.
    Delay(Duration),
}

/// A proxy with a fixed address of its own. Stops, and closes all connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    cut: Notify,
    open: AtomicUsize,
    accepted: AtomicUsize,
    listening: watch::Sender<bool>,
}

impl Proxy {
    /// A proxy on a free port of the loopback interface, in front of `upstream`, that passes.
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, modes) = watch::channel(Mode::Pass);
        let shared = Arc::new(Shared {
            upstream,
            cut: Notify::new(),
            open: AtomicUsize::new(0),
            accepted: AtomicUsize::new(0),
            listening: watch::Sender::new(true),
        });
        let serving = tokio::spawn(serve(listener, address, modes, shared.clone()));
        Self { address, mode, shared, serving }
    }

    /// Where clients connect to instead of to the engine.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `url` with its host and port replaced by the proxy's: `redis://:secret@127.0.0.1:6379/2` keeps all but the address.
    pub fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").expect("a URL with a scheme");
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let user = authority.rsplit_once('@').map_or(String::new(), |(user, _)| format!("{user}@"));
        format!("{scheme}://{user}{}{path}", self.address)
    }

    /// Switches. Returns when the switch is in effect: after [`Mode::Refuse`] a connection is refused, after leaving it
    /// one is accepted.
    pub async fn switch(&self, mode: Mode) {
        self.mode.send_replace(mode);
        let listening = mode != Mode::Refuse;
        self.shared.listening.subscribe().wait_for(|now| *now == listening).await.unwrap();
    }

    /// Passes everything again.
    pub async fn pass(&self) {
        self.switch(Mode::Pass).await;
    }

    /// The engine is down.
    pub async fn refuse(&self) {
        self.switch(Mode::Refuse).await;
    }

    /// The engine hangs.
    pub async fn black_hole(&self) {
        self.switch(Mode::BlackHole).await;
    }

    /// The engine is slow.
    pub async fn delay(&self, by: Duration) {
        self.switch(Mode::Delay(by)).await;
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

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The address of a URL's host and port, for [`Proxy::start`]. Panics where there is none.
pub async fn address_of(url: &str) -> SocketAddr {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let mut found = tokio::net::lookup_host(host).await.unwrap_or_else(|error| panic!("{host}: {error}"));
    found.next().unwrap_or_else(|| panic!("{host} has no address"))
}

async fn serve(listener: TcpListener, address: SocketAddr, mut modes: watch::Receiver<Mode>, shared: Arc<Shared>) {
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
            listener = Some(rebind(address).await);
            shared.listening.send_replace(true);
        }
        tokio::select! {
            changed = modes.changed() => if changed.is_err() { return },
            accepted = async { listener.as_ref().expect("guarded").accept().await }, if listener.is_some() => {
                if let Ok((client, _)) = accepted {
                    shared.accepted.fetch_add(1, Ordering::AcqRel);
                    connections.spawn(connection(client, modes.clone(), shared.clone()));
                }
            }
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn rebind(address: SocketAddr) -> TcpListener {
    let bind = || {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(1024)
    };
    let mut waited = Duration::ZERO;
    loop {
        match bind() {
            Ok(listener) => return listener,
            Err(error) if waited >= REBIND_MAX => panic!("the proxy cannot have {address} back: {error}"),
            Err(_) => tokio::time::sleep(REBIND).await,
        }
        waited += REBIND;
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

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut modes: watch::Receiver<Mode>,
) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut piece).await?;
        let mode = *modes.borrow();
        if let Mode::Delay(by) = mode {
            tokio::time::sleep(by).await;
        }
        modes.wait_for(|mode| *mode != Mode::BlackHole).await.map_err(io::Error::other)?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..count]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
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

    async fn round_trip(socket: &mut TcpStream) -> io::Result<u8> {
        socket.write_all(b"x").await?;
        socket.read_u8().await
    }

    #[tokio::test]
    async fn passes_and_counts() {
        let proxy = Proxy::start(echo().await).await;
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(round_trip(&mut socket).await.unwrap(), b'x');
        assert_eq!((proxy.open(), proxy.accepted()), (1, 1));
    }

    #[tokio::test]
    async fn refuses_closes_and_comes_back_on_the_same_port() {
        let proxy = Proxy::start(echo().await).await;
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        round_trip(&mut socket).await.unwrap();
        proxy.refuse().await;
        assert!(round_trip(&mut socket).await.is_err());
        let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        proxy.pass().await;
        round_trip(&mut TcpStream::connect(proxy.address()).await.unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn a_black_hole_holds_and_later_gives() {
        let proxy = Proxy::start(echo().await).await;
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        round_trip(&mut socket).await.unwrap();
        proxy.black_hole().await;
        assert!(timeout(Duration::from_millis(50), round_trip(&mut socket)).await.is_err());
        let mut second = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(timeout(Duration::from_millis(50), round_trip(&mut second)).await.is_err());
        proxy.pass().await;
        assert_eq!(timeout(Duration::from_secs(5), socket.read_u8()).await.unwrap().unwrap(), b'x');
        assert_eq!(timeout(Duration::from_secs(5), second.read_u8()).await.unwrap().unwrap(), b'x');
    }

    #[tokio::test]
    async fn delays_in_both_directions() {
        let proxy = Proxy::start(echo().await).await;
        proxy.delay(Duration::from_millis(40)).await;
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        let began = Instant::now();
        round_trip(&mut socket).await.unwrap();
        assert!(began.elapsed() >= Duration::from_millis(80));
    }

    #[tokio::test]
    async fn a_cut_closes_what_is_open_and_nothing_else() {
        let proxy = Proxy::start(echo().await).await;
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        round_trip(&mut socket).await.unwrap();
        proxy.cut();
        assert!(
            timeout(Duration::from_secs(5), async { while round_trip(&mut socket).await.is_ok() {} }).await.is_ok()
        );
        round_trip(&mut TcpStream::connect(proxy.address()).await.unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn keeps_the_rest_of_a_url() {
        let proxy = Proxy::start(echo().await).await;
        let address = proxy.address();
        assert_eq!(proxy.url("redis://:secret@host:6379/2?x=1"), format!("redis://:secret@{address}/2?x=1"));
        assert_eq!(proxy.url("http://host:80"), format!("http://{address}"));
        assert_eq!(address_of("redis://:secret@127.0.0.1:7/2").await, SocketAddr::from((Ipv4Addr::LOCALHOST, 7)));
    }
}
