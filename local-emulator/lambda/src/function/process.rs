//! The beginning and the end of a sandbox's process.

use super::Function;
use crate::binary::Build;
use crate::clock::new_id;
use crate::invocation::Reply;
use crate::log::OutputTap;
use crate::sandbox::Sandbox;
use crate::{FunctionError, Output};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// After a failed initialisation the next is tried after this, doubled each time up to the maximum.
const BACKOFF: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// How long after a process's end its last lines are waited for.
const LAST_LINES: Duration = Duration::from_secs(1);
/// Tells the runtime how many `GET /next` it is to hold open (AWS Lambda Managed Instances).
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

impl Function {
    pub(super) async fn start_sandbox(self: Arc<Self>, build: Option<Build>) {
        let id = new_id();
        let sandbox = Arc::new(Sandbox::new(id.clone(), self.config.name.clone(), build, self.config.concurrency));
        // Known before it runs: a quick process asks for its invocation before this task is woken.
        self.all.write().insert(id.clone(), (self.clone(), sandbox.clone()));
        let child = self.spawner.spawn(self.command(&id)).await;
        let child = child.and_then(|child| {
            child.id().map(|pid| (child, pid)).ok_or_else(|| std::io::Error::other("it ended at once"))
        });
        let (mut child, process) = match child {
            Ok(started) => started,
            Err(error) => {
                self.all.write().remove(&id);
                let reason =
                    format!("RequestId: {id} Error: {} cannot be started: {error}", self.config.binary.display());
                self.init_failed(&FunctionError::new("Runtime.InvalidEntrypoint", reason));
                return;
            }
        };
        sandbox.is_process(process);
        let followers = follow(&mut child, &sandbox, self.config.output.as_ref());
        {
            let mut inner = self.inner.lock();
            if inner.stopping {
                sandbox.kill();
            }
            inner.sandboxes.insert(id, sandbox.clone());
        }
        let ended = {
            let wait = child.wait();
            tokio::pin!(wait);
            tokio::select! {
                ended = &mut wait => ended,
                () = tokio::time::sleep(self.config.init_timeout) => {
                    if !sandbox.is_ready() {
                        let seconds = self.config.init_timeout.as_secs_f64();
                        let reason = format!("RequestId: {} Error: the runtime did not ask for an invocation within {seconds:.2} seconds", sandbox.id);
                        sandbox.doom(FunctionError::new("Sandbox.Timedout", reason));
                    }
                    wait.await
                }
            }
        };
        // Whoever reads the error wants the last lines with it.
        let _ = tokio::time::timeout(LAST_LINES, futures::future::join_all(followers)).await;
        self.ended(&sandbox, ended.ok());
    }

    fn command(&self, sandbox: &str) -> Command {
        let mut command = Command::new(&self.config.binary);
        command.env_clear();
        for inherited in ["PATH", "HOME", "TZ", "LANG", "RUST_BACKTRACE", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            #[expect(
                clippy::disallowed_methods,
                reason = "a process needs these of its machine; they are handed on, not read"
            )]
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        let name = &self.config.name;
        command
            // With its scheme: an address with a path and no scheme is no URI, and `lambda_runtime` refuses it.
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://{}/s/{sandbox}", self.runtime_api))
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.config.memory_mb.to_string())
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", sandbox)
            .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("_HANDLER", "bootstrap")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .envs(self.config.env.iter().map(|(name, value)| (name, value)))
            // The service's own to say: it holds as many slots as the runtime opens.
            .env_remove(MAX_CONCURRENCY);
        if self.config.concurrency > 1 {
            command
                .env("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances")
                .env(MAX_CONCURRENCY, self.config.concurrency.to_string());
        }
        command
    }

    fn ended(self: &Arc<Self>, sandbox: &Arc<Sandbox>, status: Option<ExitStatus>) {
        self.all.write().remove(&sandbox.id);
        let (ran, was_ready) = {
            let mut slots = sandbox.slots.lock();
            (slots.end(), slots.is_ready())
        };
        {
            let mut inner = self.inner.lock();
            inner.sandboxes.remove(&sandbox.id);
            inner.open.retain(|open| open.id != sandbox.id);
        }
        let fate = |request_id: &str| sandbox.fate().unwrap_or_else(|| exit_error(request_id, status));
        if !was_ready {
            let mut fate = fate(&sandbox.id);
            if let Some(last) = sandbox.log.lines().last() {
                fate.error_message = format!("{}: {last}", fate.error_message);
            }
            self.init_failed(&fate);
            return;
        }
        for running in ran {
            if let Some(reply) = running.reply {
                let output = Output::Failed(fate(&running.request_id));
                let _ = reply.send(Reply { output, log: sandbox.log.since(running.log_from), cold: running.cold });
            }
        }
        self.serve_waiting();
    }

    fn init_failed(self: &Arc<Self>, error: &FunctionError) {
        tracing::warn!(function = self.config.name, %error, "a sandbox could not be started");
        let mut inner = self.inner.lock();
        inner.starting = inner.starting.saturating_sub(1);
        inner.failures += 1;
        let backoff = BACKOFF.saturating_mul(1 << inner.failures.min(10)).min(BACKOFF_MAX);
        inner.not_before = Some(Instant::now() + backoff);
        inner.last_error = Some(error.clone());
        // As long as another sandbox lives, what waits is its work.
        if inner.sandboxes.is_empty() && inner.starting == 0 {
            for job in inner.waiting.drain(..) {
                let _ = job.reply.send(Reply { output: Output::Failed(error.clone()), log: Vec::new(), cold: true });
            }
        }
    }
}

fn follow(child: &mut Child, sandbox: &Sandbox, tap: Option<&OutputTap>) -> Vec<tokio::task::JoinHandle<()>> {
    let mut followers = Vec::new();
    if let Some(output) = child.stdout.take() {
        followers.push(tokio::spawn(sandbox.log.clone().follow_process(
            output,
            sandbox.function.clone(),
            tap.cloned(),
        )));
    }
    if let Some(output) = child.stderr.take() {
        followers.push(tokio::spawn(sandbox.log.clone().follow_process(output, sandbox.function.clone(), None)));
    }
    followers
}

fn exit_error(request_id: &str, status: Option<ExitStatus>) -> FunctionError {
    use std::os::unix::process::ExitStatusExt;
    let how = match status {
        Some(status) => match (status.code(), status.signal()) {
            (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
            (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
            (None, Some(signal)) => format!("Runtime exited with error: signal {signal}"),
            (None, None) => "Runtime exited".to_owned(),
        },
        None => "Runtime exited".to_owned(),
    };
    FunctionError::new("Runtime.ExitError", format!("RequestId: {request_id} Error: {how}"))
}
