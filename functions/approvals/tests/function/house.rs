//! One function with its ports, workflows that ask, and ways to ask the function and to deliver its messages.

use crate::ports::{Blobs, Drawn, Sent};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use local_emulator_postgres::testing;
use octavo_adapters_postgres::{Postgres, TEST_APP_LOGIN, TEST_PASSWORD, options_for_tests};
use octavo_approvals::{Deps, Links, QueueRecord, handle_queue, router};
use octavo_domain_approvals::{
    ApprovalId, ApprovalStore, ApprovedDocument, Committed as Kept, Creation, Origin, Request as Asked, create,
    created_message, derived_id, wake_message,
};
use octavo_domain_calendar::Calendar;
use octavo_domain_documents::{Commit, Content, Document, DocumentStore, MediaType, Metadata, Version};
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, BlobKey, BlobStore, Clock, DocumentId, Message, Principal, TenantId,
};
use octavo_domain_notify::{People, Person};
use octavo_domain_workflow::catalogue::{Catalogue, MachineCreated, NewMachine, NewRevision};
use octavo_domain_workflow::definition::parse;
use octavo_domain_workflow::engine::ports::{Committed, ExecutionReads, ExecutionStore, ExecutionView, Machines};
use octavo_domain_workflow::engine::{
    Draw, ExecutionId, Keeper, NewExecution, RevisionId, Settling, Status, Work, begin, settle,
};
use octavo_domain_workflow::machine::{Event, Execution, FIRST_FRAME, Frame, Signal};
use octavo_testing::time::ManualClock;
use octavo_wiring_edge::{Body, Query, Request, Router};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A token here is the person itself: `tenant/user/group,group`; whoever is called root administers.
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        let parts: Vec<&str> = token.split('/').collect();
        let [tenant, user, groups] = parts[..] else { return Err(AuthenticateError::Expired) };
        let groups = groups.split(',').filter(|group| !group.is_empty()).map(|group| group.parse().unwrap()).collect();
        let roles = (user == "root").then(|| "admin".to_owned()).into_iter().collect();
        let (tenant, user) = (tenant.parse().unwrap(), user.parse().unwrap());
        Ok(Principal { tenant, user, name: None, groups, roles, api_key: None })
    }
}

pub(crate) struct House {
    pub(crate) deps: Arc<Deps>,
    pub(crate) store: Postgres,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) queue: Arc<Sent>,
    pub(crate) clock: Arc<ManualClock>,
    router: Router<Deps>,
}

/// An approval, and the execution that waits for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) execution: ExecutionId,
    pub(crate) approval: ApprovalId,
}

impl Waiting {
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/approvals/{}{rest}", self.approval)
    }
}

pub(crate) fn acme() -> TenantId {
    "acme".parse().unwrap()
}

pub(crate) async fn house() -> House {
    let database =
        testing::database("octavo", |url| async move { octavo_adapters_postgres::prepare_for_tests(&url).await }).await;
    let options = options_for_tests(6);
    let store = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap();
    let (blobs, queue, clock) =
        (Arc::new(Blobs::default()), Arc::new(Sent::default()), Arc::new(ManualClock::default()));
    let deps = Arc::new(Deps {
        approvals: Arc::new(store.clone()),
        documents: Arc::new(store.clone()),
        people: Arc::new(store.clone()),
        executions: Arc::new(store.clone()),
        machines: Arc::new(store.clone()),
        blobs: blobs.clone(),
        queue: queue.clone(),
        clock: clock.clone(),
        ids: Arc::new(Drawn),
        links: Links::new("https://octavo.example", &[7; 32]),
        announces: true,
    });
    House { deps, store, blobs, queue, clock, router: router() }
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.json);
        self.json
    }

    /// The status, the code, and the first field that is wrong.
    pub(crate) fn problem(&self) -> (u16, &str, &str) {
        let field = self.json["errors"][0]["field"].as_str().unwrap_or_default();
        (self.status, self.json["code"].as_str().unwrap_or_default(), field)
    }
}

impl House {
    /// Asks as `user` of acme (`ada`, `ada/legal` with a group) or of another tenant (`umbrella:ada`).
    pub(crate) async fn ask(&self, user: &str, method: &str, target: &str, body: Option<Value>) -> Answer {
        self.ask_with(user, method, target, body, &[]).await
    }

    pub(crate) async fn get(&self, user: &str, target: &str) -> Value {
        self.ask(user, "GET", target, None).await.expect(200)
    }

    pub(crate) async fn post(&self, user: &str, target: &str, body: Value) -> Answer {
        self.ask(user, "POST", target, Some(body)).await
    }

    pub(crate) async fn ask_with(
        &self,
        user: &str,
        method: &str,
        target: &str,
        body: Option<Value>,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let (tenant, user) = user.split_once(':').unwrap_or(("acme", user));
        let slash = if user.contains('/') { "" } else { "/" };
        let token = format!("Bearer {tenant}/{user}{slash}");
        let mut all = vec![("authorization", token.as_str()), ("user-agent", "tests")];
        all.extend_from_slice(headers);
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        self.send(method, target, &all, body.map(|body| body.to_string()).unwrap_or_default()).await
    }

    /// A form, without any token.
    pub(crate) async fn form(&self, target: &str, form: &str) -> Answer {
        self.send("POST", target, &[("content-type", "application/x-www-form-urlencoded")], form.to_owned()).await
    }

    /// Follows a link, without any token.
    pub(crate) async fn follow(&self, method: &str, target: &str) -> Answer {
        self.send(method, target, &[], String::new()).await
    }

    async fn send(&self, method: &str, target: &str, headers: &[(&'static str, &str)], body: String) -> Answer {
        let target = target.strip_prefix("https://octavo.example").unwrap_or(target);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Request::default();
        request.method = method.parse().unwrap();
        request.path = path.to_owned();
        request.query = Query::parse(query).unwrap();
        request.source_ip = Some("192.0.2.7".to_owned());
        request.body = body.into();
        for (name, value) in headers {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let response = self.router.handle(self.deps.clone(), &Tokens, request).await;
        let (status, headers, body) = response.into_parts();
        let Body::Bytes(bytes) = body else { panic!("a stream") };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: status.as_u16(), headers, json: serde_json::from_slice(&bytes).unwrap_or_default(), text }
    }

    /// A workflow of ada's that asks this, and waits.
    pub(crate) async fn wait(&self, asked: Value) -> Waiting {
        self.wait_as("ada", asked, None).await
    }

    /// The same of anybody's, about a document perhaps.
    pub(crate) async fn wait_as(&self, user: &str, asked: Value, document: Option<&Document>) -> Waiting {
        let execution = self.start(user, &asked).await;
        let approval = self.request(user, execution, asked, document).await;
        let message = created_message_of(&self.queue);
        assert!(self.deliver(&message).await);
        Waiting { execution, approval }
    }

    /// What the function `step` does with the task.
    async fn request(
        &self,
        user: &str,
        execution: ExecutionId,
        asked: Value,
        document: Option<&Document>,
    ) -> ApprovalId {
        let now = self.clock.now();
        let until = now + TimeDelta::seconds(30);
        let claimed = self.store.tasks_claim(&acme(), execution, "worker", now, until, 1).await.unwrap().remove(0);
        let Work::Do(order) = claimed.task.work else { panic!("a task") };
        let request: Asked = serde_json::from_value(asked).unwrap();
        let id = ApprovalId(self.deps.ids.next());
        let creation = Creation {
            id,
            requester: user.parse().unwrap(),
            origin: Origin {
                execution: execution.0,
                execution_arn: "arn:aws:states:us-east-1:1:execution:m:one".to_owned(),
                state: claimed.task.state,
                token: order.token,
            },
            document: document.map(|document| ApprovedDocument {
                id: document.id,
                version: document.version,
                since: Some(document.version - 1).filter(|since| *since > 0),
                title: document.title.clone(),
            }),
            author: document.map(|document| document.updated_by.clone()),
            calendar: &Calendar::working_week(),
            now,
        };
        let change = create(request, creation).unwrap();
        let message = created_message(&acme(), id, &change.notices, now);
        let commit = change.into_commit(None, vec![message.clone()], None);
        let kept = self.store.approval_commit(&acme(), &commit).await.unwrap();
        assert!(matches!(kept, Kept::Done { .. }));
        self.store.outbox_published(&acme(), &[message.message.id]).await.unwrap();
        self.queue.messages.lock().push((message.queue.to_string(), message.message));
        id
    }

    async fn start(&self, user: &str, asked: &Value) -> ExecutionId {
        let resource = "arn:aws:states:::approvals:request.waitForTaskToken";
        let state = json!({"Type": "Task", "Resource": resource, "Parameters": asked, "End": true});
        let definition = json!({"StartAt": "Ask", "States": {"Ask": state}}).to_string();
        let (by, now) = (user.parse().unwrap(), self.clock.now());
        let id = ExecutionId(self.deps.ids.next());
        let name = format!("m-{}", id.0.simple());
        let arn = format!("arn:aws:states:us-east-1:1:stateMachine:{name}");
        let revision = RevisionId(self.deps.ids.next());
        let new = NewMachine {
            arn: arn.clone(),
            name: name.clone(),
            express: false,
            revision: NewRevision {
                id: revision,
                definition: definition.clone(),
                role_arn: "arn:aws:iam::1:role/r".to_owned(),
                configuration: json!({}),
            },
            publish: None,
            tags: Default::default(),
            by,
            at: now,
        };
        assert_eq!(self.store.machine_create(&acme(), &new).await.unwrap(), MachineCreated::New(None));
        let execution = Execution {
            arn: arn.replace(":stateMachine:", ":execution:") + ":one",
            name: "one".to_owned(),
            machine_arn: arn,
            machine_name: name,
            role_arn: "arn:aws:iam::1:role/r".to_owned(),
            input: json!({}),
            started_at: now,
            redrive_count: 0,
            express: false,
            events: 0,
            frames: FIRST_FRAME,
            mocked: None,
        };
        let definition = parse(&definition, false).unwrap();
        let new = NewExecution {
            id,
            execution,
            revision,
            version_arn: None,
            alias_arn: None,
            started_by: user.parse().unwrap(),
            attributes: Map::new(),
            trace_header: None,
            above: None,
            map_run_arn: None,
            frame: Frame::first(0, "Ask", json!({}), now),
        };
        let draw = Draw(&*self.deps.ids);
        let mut change = {
            let (chance, token, ids) = (|| draw.number(), || draw.token(), || draw.id());
            begin(&Settling { definition: &definition, now, chance: &chance, token: &token, ids: &ids }, new).unwrap()
        };
        let kept = self.keeper().keep(&acme(), &mut change, &user.parse().unwrap(), None).await.unwrap();
        assert_eq!(kept, Committed::Done);
        id
    }

    fn keeper(&self) -> Keeper<'_> {
        Keeper { store: &self.store, blobs: &*self.blobs, queue: &*self.queue, ids: &Drawn, watchers: None }
    }

    /// Advances an execution by what it was told, and by `signals`; as it is then.
    pub(crate) async fn advance(&self, id: ExecutionId, signals: Vec<Signal>) -> ExecutionView {
        let now = self.clock.now();
        let loaded = self.store.execution_load(&acme(), id, now).await.unwrap().unwrap();
        let by = loaded.started_by.clone();
        let text = self.store.revision_get(&acme(), loaded.revision).await.unwrap().unwrap();
        let definition = parse(&text.definition, false).unwrap();
        let draw = Draw(&*self.deps.ids);
        let mut change = {
            let (chance, token, ids) = (|| draw.number(), || draw.token(), || draw.id());
            let settling = Settling { definition: &definition, now, chance: &chance, token: &token, ids: &ids };
            settle(&settling, loaded, signals).unwrap()
        };
        self.keeper().keep(&acme(), &mut change, &by, None).await.unwrap();
        self.store.execution_get(&acme(), id).await.unwrap().unwrap()
    }

    /// What the workflow was answered.
    pub(crate) async fn output(&self, waiting: Waiting) -> Value {
        let view = self.advance(waiting.execution, Vec::new()).await;
        assert_eq!(view.status, Status::Succeeded, "{:?} {:?}", view.error, view.cause);
        view.output.unwrap()
    }

    pub(crate) async fn stop(&self, id: ExecutionId) {
        let event = Event::Abort { error: None, cause: None };
        let view = self.advance(id, vec![Signal { frame: FIRST_FRAME, turn: 0, event }]).await;
        assert_eq!(view.status, Status::Aborted);
    }

    /// The messages of a queue that were sent since this was asked last.
    pub(crate) fn sent(&self, queue: &str) -> Vec<Message> {
        let sent = std::mem::take(&mut *self.queue.messages.lock());
        let (own, others): (Vec<_>, Vec<_>) = sent.into_iter().partition(|(name, _)| name == queue);
        self.queue.messages.lock().extend(others);
        own.into_iter().map(|(_, message)| message).collect()
    }

    /// What was told: category, whom, and the links of each.
    pub(crate) fn told(&self) -> Vec<(String, Vec<String>)> {
        let told = self.sent("notify").into_iter().map(|message| {
            let event = &message.body["event"];
            let users = event["recipients"].as_array().unwrap().iter();
            let users = users.map(|recipient| recipient["user"].as_str().unwrap().to_owned()).collect();
            (event["category"].as_str().unwrap().to_owned(), users)
        });
        told.collect()
    }

    /// Delivers a message; true if it was done.
    pub(crate) async fn deliver(&self, message: &Message) -> bool {
        let body = serde_json::to_string(message).unwrap();
        let record = QueueRecord { message_id: message.id.to_string(), body };
        handle_queue(&self.deps, vec![record]).await.is_empty()
    }

    /// Rings for an approval.
    pub(crate) async fn wake(&self, waiting: Waiting) {
        let entry = wake_message(self.deps.ids.next(), &acme(), waiting.approval, self.clock.now());
        assert!(self.deliver(&entry.message).await);
    }

    /// Somebody that the tenant knows.
    pub(crate) async fn person(&self, user: &str, groups: &[&str]) {
        let person = Person {
            user: user.parse().unwrap(),
            name: Some(format!("{}{}", user[..1].to_uppercase(), &user[1..])),
            email: Some(format!("{user}@example.com")),
            phone: None,
            language: None,
            zone: None,
            groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
            updated_at: self.clock.now(),
        };
        self.store.person_put(&acme(), &person).await.unwrap();
    }

    /// A document of `owner`'s, a version a text.
    pub(crate) async fn document(&self, owner: &str, texts: &[&str]) -> Document {
        let id = DocumentId(self.deps.ids.next());
        let mut newest = None;
        for (at, text) in texts.iter().enumerate() {
            newest = Some(self.write(id, owner, u32::try_from(at + 1).unwrap(), text).await);
        }
        newest.unwrap()
    }

    pub(crate) async fn write(&self, id: DocumentId, owner: &str, number: u32, text: &str) -> Document {
        let hash = format!("{:064x}", derived_id(&[&id.to_string(), text]).as_u128()).parse().unwrap();
        let content = Content {
            hash,
            size: text.len() as u64,
            media_type: MediaType::Markdown,
            file_name: None,
            text_chars: text.chars().count() as u64,
            text_truncated: false,
        };
        let key = BlobKey::text(&acme(), &content.hash);
        self.blobs.put(&key, Bytes::from(text.to_owned()), "text/plain").await.unwrap();
        let at: DateTime<Utc> = DateTime::UNIX_EPOCH;
        let document = Document {
            id,
            tenant: acme(),
            revision: i64::from(number),
            version: number,
            content: content.clone(),
            title: "Contract".to_owned(),
            tags: Vec::new(),
            metadata: Metadata::new(),
            owner: owner.parse().unwrap(),
            grants: Vec::new(),
            created_at: at,
            updated_at: at,
            updated_by: owner.parse().unwrap(),
            deleted_at: None,
        };
        let (title, created_by) = (document.title.clone(), document.owner.clone());
        let commit = Commit {
            expected_revision: (number > 1).then_some(i64::from(number) - 1),
            document: document.clone(),
            version: Some(Version { number, content, title, created_by, created_at: at }),
            hidden_from: Vec::new(),
            outbox: Vec::new(),
            idempotency: None,
        };
        self.store.document_commit(&commit).await.unwrap();
        document
    }
}

fn created_message_of(queue: &Sent) -> Message {
    let mut sent = queue.messages.lock();
    let at = sent.iter().position(|(name, message)| name == "approvals" && message.kind == "approval.created");
    sent.remove(at.expect("it was asked for")).1
}
