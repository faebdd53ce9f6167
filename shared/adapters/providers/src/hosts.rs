//! How much may be under way with one host.

use crate::patience::{Patience, Wait};
use octavo_domain_ai::{FaultClass, ProviderFault};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;
use url::{Position, Url};

/// Most exchanges that are under way with one host at a time. Over HTTP/1.1 each has a connection of its own, so that
/// this is also how many connections there are; over HTTP/2 they are streams. One more waits until one ends, as long as
/// it may wait for a connection. 512.
pub const CONNECTIONS_PER_HOST_MAX: usize = 512;

/// The hosts of the configuration: as many as there are endpoints, so that the map needs no bound of its own.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Hosts {
    /// A place among those under way with the URL's host; given back when it is dropped.
    pub(crate) async fn place(&self, url: &Url, patience: &Patience) -> Result<OwnedSemaphorePermit, ProviderFault> {
        let places = self.places(&url[Position::BeforeScheme..Position::AfterPort]);
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            return Ok(place);
        }
        let (by, wait) = patience.connected_by();
        match timeout_at(by, places.acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            // Never closed; a fault is still better than a panic.
            Ok(Err(_)) => Err(ProviderFault::new(FaultClass::Network, "the client has been shut down")),
            Err(_) => {
                let mut fault = patience.exhausted(wait);
                if wait == Wait::Connection {
                    fault.message =
                        format!("{}: all {CONNECTIONS_PER_HOST_MAX} to this host are in use", fault.message);
                }
                Err(fault)
            }
        }
    }

    fn places(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = hosts.get(host) {
            return Arc::clone(places);
        }
        let places = Arc::new(Semaphore::new(CONNECTIONS_PER_HOST_MAX));
        hosts.insert(host.to_owned(), Arc::clone(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_ai::ports::Timeouts;
    use std::time::Duration;
    use tokio::time::Instant;

    #[tokio::test]
    async fn one_more_than_the_most_waits_until_one_ends_and_other_hosts_do_not() {
        let (hosts, long) = (Hosts::default(), Duration::from_secs(30));
        let url = |text| Url::parse(text).unwrap();
        let busy = url("https://a.test:1/x");
        let within =
            |connect| Patience::new(Instant::now(), Timeouts { connect, first_token: long, idle: long, total: long });
        let mut places = Vec::new();
        for _ in 0..CONNECTIONS_PER_HOST_MAX {
            places.push(hosts.place(&busy, &within(long)).await.unwrap());
        }
        let fault = hosts.place(&busy, &within(Duration::from_millis(20))).await.unwrap_err();
        assert_eq!(fault.class, FaultClass::Timeout);
        assert!(fault.message.contains("all 512 to this host are in use"), "{fault}");
        let _other = hosts.place(&url("https://a.test:2/x"), &within(Duration::ZERO)).await.unwrap();
        let patience = within(long);
        let waiting = hosts.place(&busy, &patience);
        let ending = async { drop(places.pop()) };
        let (place, ()) = tokio::join!(waiting, ending);
        assert!(place.is_ok());
    }
}
