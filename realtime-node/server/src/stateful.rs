//! Stateful reconnect (HubProtocol.md, "Stateful Reconnect"): a connection whose WebSocket is cut goes on over another,
//! with nothing lost and nothing done twice. The counting is `octavo-domain-signalr`'s.

use crate::Ending;
use crate::connection::{Connection, Phase};
use crate::encoded::Encoded;
use crate::inbound::MALFORMED;
use crate::link::{Link, LinkFault};
use bytes::Bytes;
use octavo_domain_signalr::{ACK_INTERVAL, Inbox, Message, Outbox, Protocol, Receipt, ack, sequence};
use realtime_node_websocket::{Frame, Sender, WhenFull};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The way to a client that may come back.
pub(crate) struct Stateful {
    pub(crate) sender: Option<Sender>,
    outbox: Outbox,
    inbox: Inbox,
    /// Which socket it is: what an older one still brings counts for nothing.
    carrier: u32,
    acked: Instant,
    ack_planned: bool,
    bytes_soft: usize,
    budget: Arc<AtomicUsize>,
    budget_max: usize,
}

impl Stateful {
    fn frame(protocol: Protocol, record: &Bytes) -> Frame {
        if protocol.is_text() { Frame::text(record) } else { Frame::binary(record) }
    }

    pub(crate) fn send(&mut self, protocol: Protocol, encoded: &Encoded) -> Result<(), LinkFault> {
        if encoded.is_numbered() {
            let must = encoded.when_full() == WhenFull::Disconnect;
            // Once it is numbered it cannot be dropped any more.
            if !must && self.is_full() {
                return Ok(());
            }
            if self.sender.is_none() && self.budget.load(Ordering::Relaxed) >= self.budget_max {
                return Err(LinkFault::OverBudget);
            }
            let record = encoded.record(protocol).clone();
            let bytes = record.len();
            self.outbox.push(record).map_err(|_| LinkFault::Slow)?;
            self.budget.fetch_add(bytes, Ordering::Relaxed);
        }
        match &self.sender {
            // One that is cut keeps what it is sent; a socket that is too slow is cut, and gets it when it comes back.
            Some(sender) => {
                let _ = sender.send(encoded.frame(protocol));
                Ok(())
            }
            None if encoded.is_numbered() => Ok(()),
            None => Err(LinkFault::Absent),
        }
    }

    /// Whether answers and streams wait until the client acknowledges.
    pub(crate) fn is_full(&self) -> bool {
        self.outbox.bytes() >= self.bytes_soft
    }
}

impl Drop for Stateful {
    fn drop(&mut self) {
        self.budget.fetch_sub(self.outbox.bytes(), Ordering::Relaxed);
    }
}

/// What becomes of a message of a socket.
pub(crate) enum Verdict {
    Process,
    Drop,
    /// The counts do not fit.
    Fault,
}

impl Connection {
    /// From here on it can come back: its handshake asked for it.
    pub(crate) fn become_stateful(&self) {
        let core = self.core();
        let limits = &core.options.limits;
        let mut link = self.link.lock();
        if let Link::WebSocket(sender) = &*link {
            let stateful = Stateful {
                sender: Some(sender.clone()),
                outbox: Outbox::new(limits.stateful_bytes.saturating_add(limits.queue_bytes)),
                inbox: Inbox::new(),
                carrier: 0,
                acked: Instant::now(),
                ack_planned: false,
                bytes_soft: limits.stateful_bytes,
                budget: core.stateful_bytes.clone(),
                budget_max: limits.stateful_bytes_total,
            };
            *link = Link::Stateful(Box::new(stateful));
        }
    }

    /// Goes on over a new socket: the old one is dropped, what was not acknowledged is sent again. The number of the new
    /// one; none if the connection has ended, or never was one that can come back.
    pub(crate) fn resume(&self, sender: &Sender) -> Option<u32> {
        let protocol = self.protocol();
        let mut link = self.link.lock();
        let Link::Stateful(stateful) = &mut *link else {
            sender.abort();
            return None;
        };
        if self.phase() != Phase::Active {
            sender.abort();
            return None;
        }
        if let Some(old) = stateful.sender.replace(sender.clone()) {
            old.abort();
        }
        stateful.carrier += 1;
        stateful.inbox.resumed();
        let (first, records) = stateful.outbox.resume();
        // A socket that fails says so to its reader.
        let _ = sender.send(&Stateful::frame(protocol, &sequence(protocol, first)));
        for record in records {
            let _ = sender.send(&Stateful::frame(protocol, record));
        }
        self.heard();
        Some(stateful.carrier)
    }

    /// A socket has ended: the connection with it, unless it can come back.
    pub(crate) fn lost(self: &Arc<Self>, carrier: u32, ending: Ending) {
        {
            let mut link = self.link.lock();
            if let Link::Stateful(stateful) = &mut *link {
                if stateful.carrier != carrier {
                    return;
                }
                // A client that has closed does not come back.
                if matches!(ending, Ending::Lost | Ending::Slow) {
                    stateful.sender = None;
                    self.restart_since();
                    return;
                }
            }
        }
        self.end(ending, None);
    }

    /// Counts a message that came by a socket, and acknowledges.
    pub(crate) fn judge(self: &Arc<Self>, carrier: u32, message: &Message) -> Verdict {
        let mut link = self.link.lock();
        let Link::Stateful(stateful) = &mut *link else { return Verdict::Process };
        if stateful.carrier != carrier {
            return Verdict::Drop;
        }
        let receipt = stateful.inbox.receive(message);
        if let (Ok(Receipt::Process), Message::Ack { sequence_id }) = (&receipt, message) {
            match stateful.outbox.acknowledge(*sequence_id) {
                Ok(bytes) => {
                    stateful.budget.fetch_sub(bytes, Ordering::Relaxed);
                }
                Err(_) => return Verdict::Fault,
            }
        }
        if stateful.inbox.owes_ack() && !stateful.ack_planned {
            self.acknowledge(stateful);
            if stateful.inbox.owes_ack() {
                stateful.ack_planned = true;
                // Only while something came and was not acknowledged: never for one that is idle.
                let connection = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(ACK_INTERVAL).await;
                    if let Link::Stateful(stateful) = &mut *connection.link.lock() {
                        stateful.ack_planned = false;
                        connection.acknowledge(stateful);
                    }
                });
            }
        }
        match receipt {
            Ok(Receipt::Process) => Verdict::Process,
            Ok(Receipt::Drop) => Verdict::Drop,
            Err(_) => Verdict::Fault,
        }
    }

    fn acknowledge(&self, stateful: &mut Stateful) {
        let Some(sender) = &stateful.sender else { return };
        if let Some(number) = stateful.inbox.ack_due(stateful.acked.elapsed()) {
            stateful.acked = Instant::now();
            let _ = sender.send(&Stateful::frame(self.protocol(), &ack(self.protocol(), number)));
        }
    }

    /// The counts do not fit: nothing can be trusted.
    pub(crate) fn out_of_count(self: &Arc<Self>) {
        self.end(Ending::Malformed, Some((Some(MALFORMED.to_owned()), false)));
    }
}
