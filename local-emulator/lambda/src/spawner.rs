//! Starts processes that end with this one.
//!
//! Linux sends a child its parent-death signal when the *thread* that forked it ends, so one thread forks all of them and
//! lives as long as the process: a worker of the async runtime may end earlier.

use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How often and after how long a start is tried again while the program's file is still open for writing.
const BUSY_ATTEMPTS: usize = 50;
const BUSY_PAUSE: Duration = Duration::from_millis(5);

type Started = std::io::Result<Child>;

/// Hands commands to the thread that forks.
#[derive(Clone)]
pub(crate) struct Spawner(mpsc::Sender<(Command, oneshot::Sender<Started>)>);

impl Spawner {
    /// Starts the thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel::<(Command, oneshot::Sender<Started>)>();
        let runtime = Handle::current();
        std::thread::Builder::new().name("lambda-spawner".to_owned()).spawn(move || {
            for (mut command, reply) in receiver {
                let _runtime = runtime.enter();
                let _ = reply.send(spawn(&mut command));
            }
            // A process that outlives the service here would lose its parent-death signal: whoever holds the service
            // kills its sandboxes before.
        })?;
        Ok(Self(sender))
    }

    /// Starts `command` in a process group of its own, with both outputs piped, to be killed when this process ends.
    pub(crate) async fn spawn(&self, mut command: Command) -> Started {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let parent = std::process::id();
        #[expect(unsafe_code, reason = "the closure runs between fork and exec and calls only prctl and getppid")]
        // SAFETY: both calls are async-signal-safe and touch no memory of the parent.
        unsafe {
            command.pre_exec(move || {
                #[cfg(target_os = "linux")]
                nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
                // The parent may have died between fork and the call above.
                if nix::unistd::getppid().as_raw().unsigned_abs() != parent {
                    return Err(std::io::Error::from_raw_os_error(nix::errno::Errno::ESRCH as i32));
                }
                Ok(())
            });
        }
        let (reply, started) = oneshot::channel();
        let gone = || std::io::Error::other("the thread that starts processes has ended");
        self.0.send((command, reply)).map_err(|_| gone())?;
        started.await.map_err(|_| gone())?
    }
}

/// A program that has just been built may be "busy" for a moment: a process forked by somebody else while it was written
/// holds it open until it has executed its own program.
fn spawn(command: &mut Command) -> Started {
    for _ in 1..BUSY_ATTEMPTS {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::sleep(BUSY_PAUSE),
            done => return done,
        }
    }
    command.spawn()
}
