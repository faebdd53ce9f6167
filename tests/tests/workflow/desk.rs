//! A platform with workflows on it: people, their access keys, and a function that tasks call.

use local_emulator::Options;
use local_emulator_lambda::FunctionConfig;
use octavo_tests::{Person, World};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// The tenant that most happens in.
pub(crate) const TENANT: &str = "acme";
/// The function's name, within what the workflows of any tenant may call here.
const FUNCTION: &str = "effects";

/// An access key and its secret.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// A running platform.
pub(crate) struct Desk {
    pub(crate) world: World,
    folder: TempDir,
}

impl Desk {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// A platform started as `options` say, and the function beside its own.
    pub(crate) async fn with(options: Options) -> Self {
        Self::beside(tempfile::tempdir().expect("a folder can be made"), World::with(options).await)
    }

    /// The same with a PostgreSQL of its own, which can be killed.
    pub(crate) async fn alone(options: Options) -> Self {
        Self::beside(tempfile::tempdir().expect("a folder can be made"), World::alone(options).await)
    }

    /// Ends it, whatever is under way, and starts another one with what the function remembers.
    pub(crate) async fn again(self, options: Options) -> Self {
        let Self { world, folder } = self;
        // Waited for: what is given back by a drop is given back a moment later, and the next one finds the folder taken.
        world.emulator.stop().await;
        Self::beside(folder, World::with(options).await)
    }

    fn beside(folder: TempDir, world: World) -> Self {
        let mut function = FunctionConfig::new(FUNCTION, env!("CARGO_BIN_EXE_effects"));
        function.env.push(("EFFECTS_FOLDER".to_owned(), folder.path().to_string_lossy().into_owned()));
        function.sandboxes_max = 8;
        world.emulator.lambda().add_function(function);
        Self { world, folder }
    }

    /// What the function remembers.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Who changes definitions.
    pub(crate) fn ada(&self) -> Person {
        self.world.with_roles(TENANT, "ada", &["admin"])
    }

    /// Somebody of the same tenant without a role.
    pub(crate) fn ben(&self) -> Person {
        self.world.person(TENANT, "ben")
    }

    /// An administrator of another tenant.
    pub(crate) fn eve(&self) -> Person {
        self.world.with_roles("globex", "eve", &["admin"])
    }

    /// A new access key of this person's.
    pub(crate) async fn key(&self, person: &Person) -> Key {
        let made = person.post("/v1/access-keys", json!({ "label": "stock clients" })).await.expect(201).json();
        let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name} of {made}")).to_owned();
        Key { id: text("id"), secret: text("secret") }
    }

    /// The function's ARN, as definitions name it.
    pub(crate) fn function_arn(&self) -> String {
        format!("arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}")
    }

    /// What the scripts are told.
    pub(crate) async fn settings(&self) -> Value {
        let people = [("ada", self.ada()), ("ben", self.ben()), ("eve", self.eve())];
        let (mut keys, mut tokens) = (json!({}), json!({}));
        for (name, person) in people {
            let key = self.key(&person).await;
            keys[name] = json!([key.id, key.secret]);
            tokens[name] = json!(person.token());
        }
        json!({ "url": self.world.emulator.url(), "keys": keys, "tokens": tokens, "function": self.function_arn() })
    }

    /// What the functions said last, to be shown with a failure.
    pub(crate) fn logs(&self) -> String {
        let records = self.world.emulator.lambda().records();
        let failed = records.iter().rev().filter(|record| record.failed).take(20);
        failed.map(|record| format!("{record:?}\n")).collect()
    }
}
