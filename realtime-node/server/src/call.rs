//! One invocation, as the method that runs sees it.

use crate::{Caller, HubFault};
use futures::Stream;
use octavo_domain_signalr::{Payload, Protocol};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What comes on an uploaded stream.
pub(crate) enum Uploaded {
    Item(Payload),
    /// The caller has ended it; with an error, if it failed.
    End(Option<String>),
}

/// One invocation.
#[derive(Clone)]
pub struct Call(Arc<Parts>);

struct Parts {
    caller: Caller,
    cancel: CancellationToken,
    uploads: Mutex<Vec<Option<mpsc::Receiver<Uploaded>>>>,
}

impl Call {
    pub(crate) fn new(
        caller: Caller,
        cancel: CancellationToken,
        uploads: Vec<Option<mpsc::Receiver<Uploaded>>>,
    ) -> Self {
        Self(Arc::new(Parts { caller, cancel, uploads: Mutex::new(uploads) }))
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.0.caller.protocol()
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.0.caller
    }

    /// How many streams the caller sends.
    pub fn uploads(&self) -> usize {
        self.0.uploads.lock().len()
    }

    /// The `index`th stream that the caller sends, counted from 0; each can be taken once. An item that is not a `T`, the
    /// caller's error and a connection that ends before the stream does are an error, and its last item.
    pub fn upload<T: DeserializeOwned + Send + 'static>(
        &self,
        index: usize,
    ) -> Result<impl Stream<Item = Result<T, HubFault>> + Send + use<T>, HubFault> {
        let receiver = self.0.uploads.lock().get_mut(index).and_then(Option::take);
        let receiver = receiver.ok_or_else(|| HubFault::Refused(format!("stream {} is missing", index + 1)))?;
        Ok(futures::stream::unfold(Some(receiver), |receiver| async move {
            let mut receiver = receiver?;
            match receiver.recv().await {
                Some(Uploaded::Item(payload)) => match payload.decode() {
                    Ok(item) => Some((Ok(item), Some(receiver))),
                    Err(fault) => Some((Err(HubFault::Refused(format!("a stream's item is wrong: {fault}"))), None)),
                },
                Some(Uploaded::End(None)) => None,
                Some(Uploaded::End(Some(error))) => Some((Err(HubFault::Refused(error)), None)),
                None => Some((Err(HubFault::refused("the connection has ended before the stream did")), None)),
            }
        }))
    }

    /// Returns when the caller wants no more, or is gone.
    pub async fn cancelled(&self) {
        self.0.cancel.cancelled().await;
    }

    /// Whether the caller wants no more, or is gone.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancel.is_cancelled()
    }
}
