//! A model that answers as a test says, counts its calls and remembers what it was asked.

use async_trait::async_trait;
use octavo_domain_ai::ports::{Completion, CompletionError, CompletionRequest, Completions};
use octavo_domain_ai::{Answer, Finish, Part, ResponseFormat, Usage};
use octavo_domain_kernel::PortError;
use octavo_testing::ids::SequentialIds;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::time::Duration;

/// What is said to one call, instead of the usual.
pub(crate) enum Reply {
    /// This text.
    Text(&'static str),
    /// This text, ended so.
    Ended(&'static str, Finish),
    /// Refused for good.
    Refused(&'static str),
    /// Not now.
    Later(&'static str),
    /// Something is away.
    Away,
}

type Hook = Box<dyn FnOnce() -> futures::future::BoxFuture<'static, ()> + Send>;

#[derive(Default)]
pub(crate) struct Model {
    /// What was asked, call by call.
    pub(crate) asked: Mutex<Vec<CompletionRequest>>,
    /// What is said to the next calls.
    pub(crate) replies: Mutex<VecDeque<Reply>>,
    /// Done once, while the call of this number (from 0) is under way.
    hook: Mutex<Option<(usize, Hook)>>,
}

impl Model {
    pub(crate) fn will(&self, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().extend(replies);
    }

    /// While the call of this number is under way, `act`.
    pub(crate) fn during<F>(&self, call: usize, act: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        *self.hook.lock() = Some((call, Box::new(move || Box::pin(act()))));
    }

    pub(crate) fn calls(&self) -> usize {
        self.asked.lock().len()
    }

    /// A call's prompt as text: rules, then the message.
    pub(crate) fn prompt(&self, call: usize) -> String {
        let asked = self.asked.lock();
        let prompt = &asked[call].prompt;
        let text = |part: &Part| match part {
            Part::Text { text, .. } => text.clone(),
            other => panic!("{other:?}"),
        };
        let system: Vec<String> = prompt.system.iter().map(text).collect();
        let message: Vec<String> = prompt.messages.iter().flat_map(|message| &message.content).map(text).collect();
        format!("{}\n=====\n{}", system.join("\n"), message.join("\n"))
    }
}

/// Three sections of an outline, or a text that cites sources 1 and 9.
fn usual(request: &CompletionRequest) -> String {
    match request.prompt.format {
        ResponseFormat::JsonSchema { .. } => r#"{"title": "Planned", "sections": [
            {"heading": "First", "brief": "What comes first"}, {"heading": "Second", "brief": ""},
            {"heading": "Third", "brief": "What comes last"}]}"#
            .to_owned(),
        _ => "It is so [1]. It is said elsewhere [9].".to_owned(),
    }
}

#[async_trait]
impl Completions for Model {
    async fn complete(&self, request: CompletionRequest) -> Result<Completion, CompletionError> {
        let number = self.asked.lock().len();
        let usual = usual(&request);
        self.asked.lock().push(request);
        let hook = self.hook.lock().take_if(|(call, _)| *call == number);
        if let Some((_, act)) = hook {
            act().await;
        }
        let (text, finish) = match self.replies.lock().pop_front() {
            None => (usual, Finish::Stop),
            Some(Reply::Text(text)) => (text.to_owned(), Finish::Stop),
            Some(Reply::Ended(text, finish)) => (text.to_owned(), finish),
            Some(Reply::Refused(code)) => {
                return Err(CompletionError::Refused { code, message: "refused".to_owned(), fields: Vec::new() });
            }
            Some(Reply::Later(code)) => {
                let after = Duration::from_secs(1);
                return Err(CompletionError::Later { code, message: "not now".to_owned(), after });
            }
            Some(Reply::Away) => return Err(CompletionError::Away(PortError::unavailable("told to be away"))),
        };
        let usage = Usage { input: 100, output: 10, ..Usage::default() };
        let answer =
            Answer { content: vec![Part::text(text)], finish: Some(finish), usage: Some(usage), ..Answer::default() };
        let call = SequentialIds::nth(u64::try_from(number).unwrap() + 1);
        Ok(Completion { answer, call, provider: "fake".to_owned(), model: "small".to_owned() })
    }
}
