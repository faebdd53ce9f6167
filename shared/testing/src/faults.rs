//! A TCP proxy between a client and an engine, with switches for what networks and engines do to people.

use local_emulator_relay::Relay;
use std::net::SocketAddr;
use std::time::Duration;

pub use local_emulator_relay::Mode;

/// A proxy with a fixed address of its own. Stops, and closes all connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy(Relay);

impl Proxy {
    /// A proxy on a free port of the loopback interface, in front of `upstream`, that passes.
    pub async fn start(upstream: SocketAddr) -> Self {
        Self(Relay::start(upstream).await.unwrap())
    }

    /// Where clients connect to instead of to the engine.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// `url` with its host and port replaced by the proxy's: `redis://:secret@127.0.0.1:6379/2` keeps all but the address.
    pub fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").expect("a URL with a scheme");
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let user = authority.rsplit_once('@').map_or(String::new(), |(user, _)| format!("{user}@"));
        format!("{scheme}://{user}{}{path}", self.address())
    }

    /// Switches. Returns when the switch is in effect: after [`Mode::Refuse`] a connection is refused, after leaving it
    /// one is accepted.
    pub async fn switch(&self, mode: Mode) {
        self.0.switch(mode).await;
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
        self.0.cut();
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.0.open()
    }

    /// How many were accepted since it started.
    pub fn accepted(&self) -> usize {
        self.0.accepted()
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn keeps_the_rest_of_a_url() {
        let proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 7))).await;
        let address = proxy.address();
        assert_eq!(proxy.url("redis://:secret@host:6379/2?x=1"), format!("redis://:secret@{address}/2?x=1"));
        assert_eq!(proxy.url("http://host:80"), format!("http://{address}"));
        assert_eq!(address_of("redis://:secret@127.0.0.1:7/2").await, SocketAddr::from((Ipv4Addr::LOCALHOST, 7)));
    }
}
