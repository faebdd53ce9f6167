//! What calls a function, and the loop that answers.

use crate::event::{Event, Kind, Unserved};
use crate::http_event::{self, HttpAnswer, HttpEvent, Pieces};
use crate::queue_event::{BatchAnswer, QueueRecord};
use crate::schedule_event::ScheduleEvent;
use crate::traced;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::{Diagnostic, Error, FunctionResponse, LambdaEvent, run_concurrent, service_fn};
use octavo_domain_kernel::{Authenticator, TraceContext, trace};
use octavo_wiring_edge::{Problem, Response, Router};
use serde::Serialize;
use std::sync::Arc;

type HttpHandler = Box<dyn Fn(HttpEvent, String) -> BoxFuture<'static, Response> + Send + Sync>;
type QueueHandler = Box<dyn Fn(Vec<QueueRecord>) -> BoxFuture<'static, Vec<String>> + Send + Sync>;
type ScheduleHandler = Box<dyn Fn(ScheduleEvent) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// What a function is called by: HTTP, a queue, schedules, or several of these.
#[derive(Default)]
pub struct Triggers {
    http: Option<HttpHandler>,
    queue: Option<QueueHandler>,
    schedule: Option<ScheduleHandler>,
}

/// An answer of any kind.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Http(HttpAnswer),
    Batch(BatchAnswer),
    Done(()),
}

type Answered = FunctionResponse<Answer, Pieces>;

impl Triggers {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// HTTP events (API Gateway payload format 2.0, function URLs) are answered by `router`.
    #[must_use]
    pub fn http<D: Send + Sync + 'static>(
        mut self,
        router: Router<D>,
        deps: Arc<D>,
        authenticator: Arc<dyn Authenticator>,
    ) -> Self {
        let router = Arc::new(router);
        self.http = Some(Box::new(move |event, invocation_id| {
            let (router, deps, authenticator) = (router.clone(), deps.clone(), authenticator.clone());
            Box::pin(async move {
                match http_event::request(event, &invocation_id) {
                    Ok(request) => router.handle(deps, &*authenticator, request).await,
                    Err(fault) => Problem::from(fault).into_response(&invocation_id),
                }
            })
        }));
        self
    }

    /// Batches of SQS go to `handler`. It answers the ids of the messages that failed: they alone come again.
    #[must_use]
    pub fn queue<F, R>(mut self, handler: F) -> Self
    where
        F: Fn(Vec<QueueRecord>) -> R + Send + Sync + 'static,
        R: Future<Output = Vec<String>> + Send + 'static,
    {
        self.queue = Some(Box::new(move |records| handler(records).boxed()));
        self
    }

    /// Scheduled events go to `handler`. An error fails the invocation, which is then repeated or logged by whoever made it.
    #[must_use]
    pub fn schedule<F, R>(mut self, handler: F) -> Self
    where
        F: Fn(ScheduleEvent) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.schedule = Some(Box::new(move |event| handler(event).boxed()));
        self
    }

    fn takes(&self) -> String {
        let all =
            [("http", self.http.is_some()), ("queue", self.queue.is_some()), ("schedule", self.schedule.is_some())];
        let names: Vec<&str> = all.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    }

    async fn answer(&self, event: LambdaEvent<Event>) -> Result<Answered, Diagnostic> {
        let (event, context) = event.into_parts();
        let own = context.xray_trace_id.as_deref();
        let missing = |kind| unserved(&Unserved::NotTaken { kind, takes: self.takes() });
        let buffered = |answer| Ok(FunctionResponse::BufferedResponse(answer));
        match event.kind(&self.takes()).map_err(|error| unserved(&error))? {
            Kind::Http(mut event) => {
                let handler = self.http.as_ref().ok_or_else(|| missing("http"))?;
                let traced = traced::of_request(own, &mut event.headers);
                Ok(match http_event::answer(trace::within(traced, handler(event, context.request_id)).await) {
                    FunctionResponse::BufferedResponse(answer) => {
                        FunctionResponse::BufferedResponse(Answer::Http(answer))
                    }
                    FunctionResponse::StreamingResponse(stream) => FunctionResponse::StreamingResponse(stream),
                })
            }
            Kind::Queue(records) => {
                let handler = self.queue.as_ref().ok_or_else(|| missing("queue"))?;
                let traced = traced::of_batch(own, &records);
                let handled = handler(records.into_iter().map(QueueRecord::from).collect());
                let failed = trace::within(traced, handled).await;
                buffered(Answer::Batch(BatchAnswer::of(failed)))
            }
            Kind::Schedule(scheduled) => {
                let handler = self.schedule.as_ref().ok_or_else(|| missing("schedule"))?;
                let traced = own.and_then(TraceContext::from_xray);
                let handled = handler(scheduled.seen_by(&context.env_config.function_name));
                trace::within(traced, handled).await.map_err(Diagnostic::from)?;
                buffered(Answer::Done(()))
            }
        }
    }
}

fn unserved(error: &Unserved) -> Diagnostic {
    Diagnostic { error_type: "Octavo.UnservedEvent".to_owned(), error_message: error.to_string() }
}

/// Answers events until the process ends: each goes to the trigger whose shape it has, and fails with words that name the
/// shapes where there is none. As many run at a time as the platform says (`AWS_LAMBDA_MAX_CONCURRENCY`); one, where it says
/// nothing.
pub async fn serve(triggers: Triggers) -> Result<(), Error> {
    let triggers = Arc::new(triggers);
    run_concurrent(service_fn(move |event: LambdaEvent<Event>| {
        let triggers = triggers.clone();
        async move { triggers.answer(event).await }
    }))
    .await
}

/// [`serve`] for a function that is called by HTTP only.
pub async fn serve_http<D: Send + Sync + 'static>(
    router: Router<D>,
    deps: Arc<D>,
    authenticator: Arc<dyn Authenticator>,
) -> Result<(), Error> {
    serve(Triggers::new().http(router, deps, authenticator)).await
}

/// [`serve`] for a function that is called by a queue only. `handler` answers the ids of the messages that failed.
pub async fn serve_queue<F, R>(handler: F) -> Result<(), Error>
where
    F: Fn(Vec<QueueRecord>) -> R + Send + Sync + 'static,
    R: Future<Output = Vec<String>> + Send + 'static,
{
    serve(Triggers::new().queue(handler)).await
}

#[cfg(test)]
mod tests;
