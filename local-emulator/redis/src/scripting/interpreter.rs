//! The interpreter and the scripts that it has compiled.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mlua::chunk::ChunkMode;
use mlua::{Function, HookTriggers, Lua, LuaOptions, StdLib, Table, VmState};

use super::Digest;
use super::sandbox;
use crate::fault::Fault;

/// Beyond this many scripts all are forgotten; a client that names one by its digest hears NOSCRIPT and sends it again.
const SCRIPTS_MAX: usize = 5_000;

/// How many instructions run between two looks at the clock.
const INSTRUCTIONS_PER_CHECK: u32 = 10_000;

/// Compiled scripts. The interpreter starts with the first of them.
#[derive(Default)]
pub(crate) struct Scripting {
    interpreter: Option<Interpreter>,
    scripts: HashMap<Digest, Function>,
}

/// A Lua state with the sandbox in place.
pub(crate) struct Interpreter {
    pub(crate) lua: Lua,
    /// Calls a script and catches what it raises.
    pub(crate) runner: Function,
    /// Holds the function behind `redis.call` while a script runs.
    pub(crate) holder: Table,
    deadline: Arc<Deadline>,
}

/// When the running script is stopped.
struct Deadline {
    since: Instant,
    /// Milliseconds behind `since`.
    at_ms: AtomicU64,
}

impl Deadline {
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_over(&self) -> bool {
        self.elapsed_ms() > self.at_ms.load(Ordering::Relaxed)
    }
}

impl Interpreter {
    fn start(memory_bytes: usize) -> mlua::Result<Self> {
        let lua = Lua::new_with(StdLib::TABLE | StdLib::STRING | StdLib::MATH, LuaOptions::new())?;
        lua.set_memory_limit(memory_bytes)?;
        let deadline = Arc::new(Deadline { since: Instant::now(), at_ms: AtomicU64::new(u64::MAX) });
        let watched = Arc::clone(&deadline);
        let (runner, holder) = sandbox::furnish(&lua, move || watched.is_over())?;
        let watched = Arc::clone(&deadline);
        // The global hook holds in a script's coroutines as well.
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(INSTRUCTIONS_PER_CHECK), move |_, _| {
            if watched.is_over() {
                return Err(mlua::Error::runtime("Script killed: it ran for longer than the time limit"));
            }
            Ok(VmState::Continue)
        })?;
        Ok(Self { lua, runner, holder, deadline })
    }

    /// The next script may run for so long.
    pub(crate) fn arm(&self, limit: Duration) {
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        self.deadline.at_ms.store(self.deadline.elapsed_ms().saturating_add(limit), Ordering::Relaxed);
    }

    /// Nothing is stopped any more: what follows is ours.
    pub(crate) fn disarm(&self) {
        self.deadline.at_ms.store(u64::MAX, Ordering::Relaxed);
    }
}

impl Scripting {
    pub(crate) fn knows(&self, digest: Digest) -> bool {
        self.scripts.contains_key(&digest)
    }

    /// Compiles a script, if it is not known yet.
    pub(crate) fn load(&mut self, text: &[u8], digest: Digest, memory_bytes: usize) -> Result<(), Fault> {
        if self.knows(digest) {
            return Ok(());
        }
        if self.scripts.len() >= SCRIPTS_MAX {
            self.scripts.clear();
        }
        let interpreter = match &mut self.interpreter {
            Some(interpreter) => interpreter,
            slot => slot.insert(Interpreter::start(memory_bytes).map_err(|error| internal(&error))?),
        };
        let function =
            interpreter.lua.load(text).set_name("@user_script").set_mode(ChunkMode::Text).into_function().map_err(
                |error| Fault::text(format!("ERR Error compiling script (new function): {}", message(&error))),
            )?;
        self.scripts.insert(digest, function);
        Ok(())
    }

    /// The interpreter and a script that is known.
    pub(crate) fn get(&self, digest: Digest) -> Option<(&Interpreter, &Function)> {
        Some((self.interpreter.as_ref()?, self.scripts.get(&digest)?))
    }
}

/// The text of a Lua error without what mlua puts around it.
pub(crate) fn message(error: &mlua::Error) -> String {
    match error {
        mlua::Error::SyntaxError { message, .. } => message.clone(),
        mlua::Error::RuntimeError(message) => message.clone(),
        mlua::Error::CallbackError { cause, .. } => message(cause),
        other => other.to_string(),
    }
}

pub(crate) fn internal(error: &mlua::Error) -> Fault {
    Fault::text(format!("ERR {}", message(error)))
}
