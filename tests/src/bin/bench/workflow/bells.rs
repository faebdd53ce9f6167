//! The doorbell, in this process: whoever is rung for is advanced at once.

use async_trait::async_trait;
use octavo_domain_kernel::{Message, PortError, Queue, QueueDepth, QueueName};
use octavo_domain_workflow::engine::{ExecutionId, WakeBody};
use octavo_step::{Deps, Left, advance};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tokio::sync::oneshot;

/// The queue `step` and its function.
#[derive(Default)]
pub(super) struct Bells {
    step: OnceLock<Arc<Deps>>,
    ends: Arc<Mutex<HashMap<ExecutionId, End>>>,
}

/// What is known of an execution's end, by whoever comes first.
enum End {
    Awaited(oneshot::Sender<anyhow::Result<()>>),
    Come(anyhow::Result<()>),
}

impl Bells {
    /// Whom the bells wake.
    pub(super) fn wakes(&self, step: Deps) {
        let _ = self.step.set(Arc::new(step));
    }

    /// Waits until an execution has ended. Only for one that ends in a wake: not in its start.
    pub(super) async fn ended(&self, id: ExecutionId) -> anyhow::Result<()> {
        let (tell, told) = oneshot::channel();
        {
            let mut ends = self.ends.lock();
            match ends.remove(&id) {
                Some(End::Come(end)) => return end,
                _ => ends.insert(id, End::Awaited(tell)),
            };
        }
        told.await?
    }
}

#[async_trait]
impl Queue for Bells {
    async fn send(&self, _: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        let step = self.step.get().ok_or_else(|| PortError::corrupt("nobody hears the bells"))?;
        for message in messages {
            let body: WakeBody = serde_json::from_value(message.body.clone()).map_err(PortError::corrupt)?;
            let (step, ends, tenant) = (step.clone(), self.ends.clone(), message.tenant.clone());
            tokio::spawn(async move {
                let end = match advance(&step, &tenant, body.execution).await {
                    Ok(Left::Ended) => Ok(()),
                    Ok(_) => return,
                    Err(fault) => Err(fault.into()),
                };
                let mut ends = ends.lock();
                match ends.remove(&body.execution) {
                    Some(End::Awaited(tell)) => drop(tell.send(end)),
                    _ => drop(ends.insert(body.execution, End::Come(end))),
                }
            });
        }
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}
