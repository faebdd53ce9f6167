//! Batches by SQS, or by whoever sends the same event.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use std::sync::Arc;

/// One message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The body as it was sent.
    pub body: String,
}

/// Hands batches to `handler` until the process ends. It answers the ids of those that failed: they alone come again.
pub async fn serve_queue<F, R>(handler: F) -> Result<(), Error>
where
    F: Fn(Vec<QueueRecord>) -> R + Send + Sync + 'static,
    R: Future<Output = Vec<String>> + Send,
{
    let handler = Arc::new(handler);
    run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let handler = handler.clone();
        async move {
            let records = event.payload.records.into_iter().map(|record| QueueRecord {
                message_id: record.message_id.unwrap_or_default(),
                body: record.body.unwrap_or_default(),
            });
            let failed = handler(records.collect()).await;
            let mut response = SqsBatchResponse::default();
            response.batch_item_failures = failed
                .into_iter()
                .map(|id| {
                    let mut failure = BatchItemFailure::default();
                    failure.item_identifier = id;
                    failure
                })
                .collect();
            Ok::<_, Error>(response)
        }
    }))
    .await
}
