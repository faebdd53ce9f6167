//! Declaring a hub: in one place, typed, its methods described.

use crate::arguments::Arguments;
use crate::{Call, Caller, HubFault};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use octavo_domain_realtime::HubName;
use octavo_domain_signalr::{Outcome, Payload};
use serde::Serialize;
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

/// Why an invocation gives nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Its arguments do not fit; the text is for the caller.
    Arguments(String),
    /// The hub failed.
    Hub(HubFault),
}

type Answering = dyn Fn(Call, Vec<Payload>) -> BoxFuture<'static, Result<Outcome, Failure>> + Send + Sync;
pub(crate) type Items = BoxStream<'static, Result<Payload, HubFault>>;
type Streaming = dyn Fn(Call, Vec<Payload>) -> BoxFuture<'static, Result<Items, Failure>> + Send + Sync;
type Connected = dyn Fn(Caller) -> BoxFuture<'static, Result<(), HubFault>> + Send + Sync;
type Disconnected = dyn Fn(Caller) -> BoxFuture<'static, ()> + Send + Sync;

/// How a method runs.
pub(crate) enum Run {
    Answer(Box<Answering>),
    Stream(Box<Streaming>),
}

/// A declared method.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    summary: &'static str,
    pub(crate) run: Run,
}

/// A hub that is being declared. `D` is what its methods work with.
pub struct Hub<D> {
    deps: Arc<D>,
    definition: HubDefinition,
}

/// A declared hub, ready to be served.
pub struct HubDefinition {
    pub(crate) name: HubName,
    summary: &'static str,
    connected: Option<Box<Connected>>,
    disconnected: Option<Box<Disconnected>>,
    methods: Vec<Method>,
    // By name in lower case.
    index: HashMap<String, usize>,
    pub(crate) twice: Option<&'static str>,
}

/// What a hub offers, for the documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubDocumentation {
    /// Its name: the last part of its path.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// Its methods in the order of their declaration.
    pub methods: Vec<MethodDocumentation>,
}

/// What a method does, for the documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MethodDocumentation {
    /// As it was declared. Callers may write it in any case.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Whether it answers with a stream.
    pub streams: bool,
}

impl<D: Send + Sync + 'static> Hub<D> {
    /// A hub of no methods yet.
    pub fn new(name: HubName, summary: &'static str, deps: Arc<D>) -> Self {
        let definition = HubDefinition {
            name,
            summary,
            connected: None,
            disconnected: None,
            methods: Vec::new(),
            index: HashMap::new(),
            twice: None,
        };
        Self { deps, definition }
    }

    /// Runs after a handshake, before the connection's first invocation; it is one of everyone and of its user's by then. An
    /// error closes the connection with it. The client cannot be asked for a result here: nothing is read from it meanwhile.
    #[must_use]
    pub fn connected<F, Fut>(mut self, run: F) -> Self
    where
        F: Fn(Arc<D>, Caller) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HubFault>> + Send + 'static,
    {
        let deps = self.deps.clone();
        self.definition.connected = Some(Box::new(move |caller| Box::pin(run(deps.clone(), caller))));
        self
    }

    /// Runs after a connection has ended for good, if [`Hub::connected`] did not refuse it. It has left its groups by then.
    #[must_use]
    pub fn disconnected<F, Fut>(mut self, run: F) -> Self
    where
        F: Fn(Arc<D>, Caller) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let deps = self.deps.clone();
        self.definition.disconnected = Some(Box::new(move |caller| Box::pin(run(deps.clone(), caller))));
        self
    }

    /// A method that answers once. `A` is a tuple of its arguments; streams that the caller uploads are not among them
    /// ([`Call::upload`]). A method of `()` answers with no value.
    #[must_use]
    pub fn method<A, R, F, Fut>(mut self, name: &'static str, summary: &'static str, run: F) -> Self
    where
        A: Arguments,
        R: Serialize + Send + 'static,
        F: Fn(Arc<D>, Call, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, HubFault>> + Send + 'static,
    {
        let deps = self.deps.clone();
        let run: Box<Answering> = Box::new(move |call, payloads| {
            let protocol = call.protocol();
            let running = A::read(&payloads).map(|arguments| run(deps.clone(), call, arguments));
            Box::pin(async move {
                let result = running.map_err(Failure::Arguments)?.await.map_err(Failure::Hub)?;
                if TypeId::of::<R>() == TypeId::of::<()>() {
                    return Ok(Outcome::Void);
                }
                let payload = Payload::of(protocol, &result);
                payload.map(Outcome::Value).map_err(|fault| Failure::Hub(HubFault::internal(fault)))
            })
        });
        self.definition.add(Method { name, summary, run: Run::Answer(run) });
        self
    }

    /// A method that answers with a stream. An item that is an error ends it with that error. It is dropped when the caller
    /// cancels it or goes.
    #[must_use]
    pub fn stream<A, T, S, F, Fut>(mut self, name: &'static str, summary: &'static str, run: F) -> Self
    where
        A: Arguments,
        T: Serialize + Send + 'static,
        S: Stream<Item = Result<T, HubFault>> + Send + 'static,
        F: Fn(Arc<D>, Call, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<S, HubFault>> + Send + 'static,
    {
        let deps = self.deps.clone();
        let run: Box<Streaming> = Box::new(move |call, payloads| {
            let protocol = call.protocol();
            let running = A::read(&payloads).map(|arguments| run(deps.clone(), call, arguments));
            Box::pin(async move {
                let items = running.map_err(Failure::Arguments)?.await.map_err(Failure::Hub)?;
                let written = items.map(move |item| Payload::of(protocol, &item?).map_err(HubFault::internal));
                Ok(written.boxed())
            })
        });
        self.definition.add(Method { name, summary, run: Run::Stream(run) });
        self
    }

    /// The hub is complete.
    pub fn define(self) -> HubDefinition {
        self.definition
    }
}

impl HubDefinition {
    fn add(&mut self, method: Method) {
        if self.index.insert(method.name.to_ascii_lowercase(), self.methods.len()).is_some() {
            self.twice = Some(method.name);
        }
        self.methods.push(method);
    }

    /// The method of that name, in any case.
    pub(crate) fn find(&self, target: &str) -> Option<&Method> {
        let at = match self.index.get(target) {
            Some(at) => *at,
            None => *self.index.get(&target.to_ascii_lowercase())?,
        };
        self.methods.get(at)
    }

    pub(crate) fn on_connected(&self, caller: Caller) -> Option<BoxFuture<'static, Result<(), HubFault>>> {
        self.connected.as_ref().map(|run| run(caller))
    }

    pub(crate) fn on_disconnected(&self, caller: Caller) -> Option<BoxFuture<'static, ()>> {
        self.disconnected.as_ref().map(|run| run(caller))
    }

    /// What it offers.
    pub fn documentation(&self) -> HubDocumentation {
        let methods = self.methods.iter().map(|method| MethodDocumentation {
            name: method.name.to_owned(),
            summary: method.summary.to_owned(),
            streams: matches!(method.run, Run::Stream(_)),
        });
        HubDocumentation { name: self.name.to_string(), summary: self.summary.to_owned(), methods: methods.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> Hub<()> {
        Hub::new("test".parse().unwrap(), "For a test.", Arc::new(()))
            .method("Add", "Adds.", |_deps, _call, (a, b): (i64, i64)| async move { Ok(a + b) })
            .stream("Count", "Counts.", |_deps, _call, (count,): (u32,)| async move {
                Ok(futures::stream::iter((0..count).map(Ok)))
            })
    }

    #[test]
    fn methods_are_found_in_any_case_and_documented_as_declared() {
        let definition = hub().define();
        for name in ["Add", "add", "ADD"] {
            assert_eq!(definition.find(name).unwrap().name, "Add");
        }
        assert!(definition.find("Adds").is_none());
        let documentation = definition.documentation();
        assert_eq!(
            documentation.methods.iter().map(|m| (m.name.as_str(), m.streams)).collect::<Vec<_>>(),
            [("Add", false), ("Count", true)]
        );
    }

    #[test]
    fn two_methods_of_one_name_are_noticed() {
        let twice = hub().method("add", "Again.", |_deps, _call, ()| async move { Ok(()) }).define();
        assert_eq!(twice.twice, Some("add"));
    }
}
