//! Keeps `postgres` running: one thread a server, which starts it, waits for it, and starts it again.

use crate::account::Account;
use crate::cluster::plain_environment;
use crate::log::Log;
use crate::postmaster::{PidFile, die_with_us};
use crate::{Binaries, Durability, Error};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use parking_lot::{Condvar, Mutex};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// First pause before a restart; doubled each time up to the longest.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest pause before a restart.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// A server that ran this long was healthy: the pauses begin anew.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);
/// How often the thread looks at the process while it runs, and while it starts or stops.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOK_OFTEN: Duration = Duration::from_millis(4);
/// How long a fast shutdown may take; then it is an immediate one.
const STOP_FAST_WITHIN: Duration = Duration::from_secs(10);
/// How long an immediate shutdown may take; then the processes are killed.
const STOP_IMMEDIATE_WITHIN: Duration = Duration::from_secs(5);

/// What the server is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Started, not ready yet.
    Starting,
    /// Takes connections.
    Ready {
        /// Its process id.
        pid: i32,
    },
    /// It ended by itself and is started again after a pause.
    Restarting {
        /// How it ended, for a person.
        exit: String,
        /// Restarts in a row.
        attempt: u32,
    },
    /// Stopped, because it was asked to, or because it never got ready.
    Stopped,
}

/// Everything needed to start the process again and again.
pub(crate) struct Program {
    pub(crate) binaries: Binaries,
    pub(crate) account: Option<Account>,
    pub(crate) cluster: PathBuf,
    pub(crate) settings: Vec<String>,
    pub(crate) durability: Durability,
}

impl Program {
    fn spawn(&self, log: &Arc<Log>) -> std::io::Result<Child> {
        let mut command = Command::new(self.binaries.program("postgres"));
        command.arg("-D").arg(&self.cluster);
        for setting in &self.settings {
            command.arg("-c").arg(setting);
        }
        plain_environment(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        // Its own group: Ctrl-C in the terminal is for us, and we stop it in order.
        command.process_group(0);
        if let Some(account) = &self.account {
            account.apply(&mut command);
        }
        die_with_us(&mut command, self.stop_signal());
        let mut child = command.spawn()?;
        if let Some(stderr) = child.stderr.take() {
            let log = log.clone();
            std::thread::Builder::new().name("postgres-log".to_owned()).spawn(move || log.drain(stderr))?;
        }
        Ok(child)
    }

    /// SIGINT is a fast shutdown: clients are cut off, what was committed is written. SIGQUIT is an immediate one.
    fn stop_signal(&self) -> Signal {
        match self.durability {
            Durability::On => Signal::SIGINT,
            Durability::Off => Signal::SIGQUIT,
        }
    }
}

/// The supervising thread, and how to talk to it.
pub(crate) struct Supervisor {
    control: Arc<Control>,
    state: watch::Receiver<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Control {
    stopping: Mutex<bool>,
    wake: Condvar,
}

impl Supervisor {
    pub(crate) fn start(program: Program, log: Arc<Log>) -> Result<Self, Error> {
        let control = Arc::new(Control::default());
        let (sender, state) = watch::channel(State::Starting);
        let run = {
            let control = control.clone();
            move || Run { program, log, control, state: sender }.run()
        };
        let thread = std::thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(run)
            .map_err(|source| Error::Io { what: "start a thread".to_owned(), source })?;
        Ok(Self { control, state, thread: Some(thread) })
    }

    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Asks the server to stop; returns at once.
    pub(crate) fn ask_to_stop(&self) {
        *self.control.stopping.lock() = true;
        self.control.wake.notify_all();
    }

    /// Stops the server and waits for its end. Blocks.
    pub(crate) fn stop(&mut self) {
        self.ask_to_stop();
        if let Some(thread) = self.thread.take() {
            // A panic there has ended the server already: the thread was its parent.
            let _ = thread.join();
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Run {
    program: Program,
    log: Arc<Log>,
    control: Arc<Control>,
    state: watch::Sender<State>,
}

impl Run {
    fn run(self) {
        let mut pause = PAUSE_MIN;
        let mut attempt = 0;
        let mut was_ready = false;
        loop {
            let began = Instant::now();
            let exit = match self.program.spawn(&self.log) {
                Ok(child) => self.attend(child, &mut was_ready),
                Err(error) => Some(format!("could not be started: {error}")),
            };
            let Some(exit) = exit else { break };
            // One that never was ready is not a crash but a wrong setting, port or cluster: whoever starts it decides.
            if !was_ready {
                self.log.line(&format!("postgres {exit}"));
                break;
            }
            if began.elapsed() > HEALTHY_AFTER {
                (pause, attempt) = (PAUSE_MIN, 0);
            }
            attempt += 1;
            tracing::error!(exit, attempt, "PostgreSQL ended; it is started again");
            self.log.line(&format!("postgres {exit}; starting it again"));
            self.state.send_replace(State::Restarting { exit, attempt });
            if self.sleep_or_stop(pause) {
                break;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        self.state.send_replace(State::Stopped);
    }

    /// Stays with the process until it ends: how, if it was not asked to.
    fn attend(&self, mut child: Child, was_ready: &mut bool) -> Option<String> {
        let pid = Pid::from_raw(child.id().cast_signed());
        let mut ready = false;
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Some(describe(status)),
                Ok(None) => {}
                Err(error) => return Some(format!("could not be waited for: {error}")),
            }
            if !ready && PidFile::read(&self.program.cluster).is_some_and(|file| file.pid == pid && file.ready) {
                ready = true;
                *was_ready = true;
                self.state.send_replace(State::Ready { pid: pid.as_raw() });
            }
            if self.sleep_or_stop(if ready { LOOK_EVERY } else { LOOK_OFTEN }) {
                self.shut_down(child, pid);
                return None;
            }
        }
    }

    fn shut_down(&self, mut child: Child, pid: Pid) {
        // Not reaped yet, so the pid is still its own.
        let steps = [(self.program.stop_signal(), STOP_FAST_WITHIN), (Signal::SIGQUIT, STOP_IMMEDIATE_WITHIN)];
        for (signal, limit) in steps {
            let _ = kill(pid, signal);
            let deadline = Instant::now() + limit;
            while Instant::now() < deadline {
                if !matches!(child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(LOOK_OFTEN);
            }
            tracing::warn!(%signal, "PostgreSQL did not end in time");
        }
        let _ = killpg(pid, Signal::SIGKILL);
        let _ = child.kill();
        let _ = child.wait();
    }

    /// True when asked to stop.
    fn sleep_or_stop(&self, pause: Duration) -> bool {
        let mut stopping = self.control.stopping.lock();
        if !*stopping {
            self.control.wake.wait_for(&mut stopping, pause);
        }
        *stopping
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
