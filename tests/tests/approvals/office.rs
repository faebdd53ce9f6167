//! A platform with workflows that ask, and people who are asked.

use chrono::{NaiveDate, TimeDelta};
use local_emulator::Options;
use local_emulator_notify::{Filter, Kind, Sent};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use octavo_testing::ids::unique;
use octavo_tests::{Answer, Person, World, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// The tenant that most happens in.
pub(crate) const TENANT: &str = "acme";
const ROLE: &str = "arn:aws:iam::123456789012:role/any";
const FORM: &str = "application/x-www-form-urlencoded";

/// A running platform.
pub(crate) struct Office {
    pub(crate) world: World,
}

/// An approval, and the execution that waits for it.
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) execution: String,
}

impl Asked {
    /// The path of an operation on it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/approvals/{}{rest}", self.id)
    }
}

impl Office {
    pub(crate) async fn start() -> Self {
        Self { world: World::with(Options { sandboxes_max: 8, ..Options::default() }).await }
    }

    /// Who administers the tenant.
    pub(crate) fn root(&self) -> Person {
        self.world.with_roles(TENANT, "root", &["admin"])
    }

    /// Somebody of the tenant.
    pub(crate) fn person(&self, user: &str) -> Person {
        self.world.person(TENANT, user)
    }

    /// Somebody of the tenant in a group.
    pub(crate) fn member(&self, user: &str, group: &str) -> Person {
        self.world.member(TENANT, user, &[group])
    }

    /// Says where people are reached, and in which groups they are.
    pub(crate) async fn knows(&self, people: &[(&str, &[&str])]) {
        for (user, groups) in people {
            let name = format!("{}{}", user[..1].to_uppercase(), &user[1..]);
            let body = json!({ "name": name, "email": address(user), "groups": groups });
            self.root().put(&format!("/v1/people/{user}"), body).await.expect(200);
        }
    }

    /// Calls the API of workflows.
    pub(crate) async fn call(&self, person: &Person, operation: &str, body: &Value) -> Value {
        let request = person
            .request(Method::POST, "/v1/states")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .body(body.to_string());
        person.send(request).await.expect(200).json()
    }

    /// A new state machine.
    pub(crate) async fn machine(&self, definition: &Value) -> String {
        let name = format!("m-{}", unique().simple());
        let body = json!({ "name": name, "roleArn": ROLE, "definition": definition.to_string() });
        let made = self.call(&self.root(), "CreateStateMachine", &body).await;
        made["stateMachineArn"].as_str().expect("it has an ARN").to_owned()
    }

    /// Starts an execution.
    pub(crate) async fn run(&self, person: &Person, machine: &str, input: &Value) -> String {
        let body = json!({ "stateMachineArn": machine, "input": input.to_string() });
        let started = self.call(person, "StartExecution", &body).await;
        started["executionArn"].as_str().expect("it has an ARN").to_owned()
    }

    /// A workflow of this person's that asks this, once it asks.
    pub(crate) async fn asks(&self, person: &Person, request: Value) -> Asked {
        let execution = self.begins(person, &request).await;
        let title = request["Title"].as_str().expect("it has a title").to_owned();
        Asked { id: self.approval(&title).await, execution }
    }

    /// The same before it asks.
    pub(crate) async fn begins(&self, person: &Person, request: &Value) -> String {
        let resource = "arn:aws:states:::approvals:request.waitForTaskToken";
        let ask = json!({ "Type": "Task", "Resource": resource, "Parameters": request, "End": true });
        let machine = self.machine(&json!({ "StartAt": "Ask", "States": { "Ask": ask } })).await;
        self.run(person, &machine, &json!({})).await
    }

    /// The approval of this title, once there is one.
    pub(crate) async fn approval(&self, title: &str) -> String {
        let root = self.root();
        let request = || root.request(Method::GET, "/v1/approvals").query(&[("box", "all"), ("title", title)]);
        eventually(&format!("{title} is asked"), || async {
            let page = root.send(request()).await.expect(200).json();
            let found = page["approvals"].as_array()?.iter().find(|one| one["title"] == title)?.clone();
            found["id"].as_str().map(str::to_owned)
        })
        .await
    }

    /// What the workflow was answered.
    pub(crate) async fn output(&self, execution: &str) -> Value {
        let ended = self.ended(execution).await;
        assert_eq!(ended["status"], "SUCCEEDED", "{ended:#}");
        serde_json::from_str(ended["output"].as_str().expect("it has an output")).expect("which is JSON")
    }

    /// How an execution ended.
    pub(crate) async fn ended(&self, execution: &str) -> Value {
        let root = self.root();
        eventually("the execution ends", || async {
            let found = self.call(&root, "DescribeExecution", &json!({ "executionArn": execution })).await;
            (found["status"] != "RUNNING").then_some(found)
        })
        .await
    }

    /// Whether an execution runs still.
    pub(crate) async fn runs(&self, asked: &Asked) -> bool {
        let body = json!({ "executionArn": asked.execution });
        self.call(&self.root(), "DescribeExecution", &body).await["status"] == "RUNNING"
    }

    /// The approval as an administrator sees it.
    pub(crate) async fn seen(&self, asked: &Asked) -> Value {
        self.root().get(&asked.path("")).await.expect(200).json()
    }

    /// What happened to it, by kind.
    pub(crate) async fn history(&self, asked: &Asked) -> Vec<Value> {
        let page = self.root().get(&asked.path("/history?limit=200")).await.expect(200).json();
        page["events"].as_array().unwrap().clone()
    }

    /// How often something of this kind happened to it.
    pub(crate) async fn happened(&self, asked: &Asked, kind: &str) -> usize {
        self.history(asked).await.iter().filter(|event| event["kind"] == kind).count()
    }

    /// The mails to somebody so far whose subject has this in it.
    pub(crate) fn mails(&self, user: &str, subject: &str) -> Vec<Sent> {
        let filter =
            Filter { kind: Some(Kind::Mail), to: Some(address(user)), accepted: Some(true), ..Filter::default() };
        let sent = self.world.emulator.sent().messages(&filter);
        sent.into_iter().filter(|mail| mail.subject.contains(subject)).collect()
    }

    /// The first mail to somebody whose subject has this in it, once it came.
    pub(crate) async fn mail(&self, user: &str, subject: &str) -> Sent {
        eventually(&format!("{user} gets a mail about {subject}"), || async {
            self.mails(user, subject).into_iter().next()
        })
        .await
    }

    /// The path of the link in a mail.
    pub(crate) fn link(&self, mail: &Sent) -> String {
        let url = self.world.emulator.url();
        let words = mail.text.split_whitespace();
        let link = words.filter_map(|word| word.strip_prefix(&url)).find(|path| path.contains("/approval-links/"));
        link.unwrap_or_else(|| panic!("no link in {}", mail.text)).to_owned()
    }

    /// What a browser sends from the link's page; nobody is signed in there.
    pub(crate) async fn confirms(&self, link: &str, form: &str) -> Answer {
        let stranger = self.world.stranger();
        let request = stranger.request(Method::POST, link).header("content-type", FORM).body(form.to_owned());
        stranger.send(request).await
    }

    /// The titles of somebody's box.
    pub(crate) async fn titles(&self, person: &Person, name: &str) -> Vec<String> {
        let page = person.get(&format!("/v1/approvals?box={name}&limit=200")).await.expect(200).json();
        let all = page["approvals"].as_array().unwrap().iter();
        let mut titles: Vec<String> = all.map(|one| one["title"].as_str().unwrap().to_owned()).collect();
        titles.sort();
        titles
    }

    /// How many wait for somebody: alone, in their groups, and of what they asked.
    pub(crate) async fn counts(&self, person: &Person) -> (u64, u64, u64) {
        let counts = person.get("/v1/approvals/counts").await.expect(200).json();
        let count = |name: &str| counts[name].as_u64().unwrap();
        (count("mine"), count("groups"), count("requested"))
    }
}

/// Yesterday and the day after tomorrow, wherever the test runs.
pub(crate) fn around_today() -> (NaiveDate, NaiveDate) {
    let today = SystemClock.now().date_naive();
    (today - TimeDelta::days(1), today + TimeDelta::days(2))
}

/// Where somebody gets mail.
pub(crate) fn address(user: &str) -> String {
    format!("{user}@acme.example")
}

/// Yes.
pub(crate) fn approve() -> Value {
    json!({ "verdict": "approve" })
}

/// No, and why.
pub(crate) fn reject() -> Value {
    json!({ "verdict": "reject", "comment": "Too dear." })
}
