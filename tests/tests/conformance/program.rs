//! Programs of others: bounded in time, and gone when the test is.

use octavo_tests::eventually;
use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A client that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(200);

/// Free ports that are tried for a program that must be told its port: another process may take one in between.
const PORTS_TRIED: usize = 5;

/// What a program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) succeeded: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program to its end.
pub(crate) async fn run(program: &str, arguments: &[&str], stdin: &str) -> Said {
    run_within(WITHIN, program, arguments, stdin).await
}

/// The same for a program that has more to do.
pub(crate) async fn run_within(within: Duration, program: &str, arguments: &[&str], stdin: &str) -> Said {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    let mut input = child.stdin.take().expect("its input is piped");
    // A program that ends before it has read everything is judged by its answer.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let output = timeout(within, child.wait_with_output())
        .await
        .unwrap_or_else(|_| panic!("{program} {arguments:?} does not end within {within:?}"))
        .expect("its output can be read");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("its output is text");
    Said { succeeded: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A program that runs until it is dropped.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// Starts it; what it says is written to `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Self {
        let file = File::create(log).expect("the log can be made");
        let copy = file.try_clone().expect("a file can be opened twice");
        command.stdin(Stdio::null()).stdout(file).stderr(copy).kill_on_drop(true);
        Self { child: command.spawn().expect("the program can be started") }
    }

    /// Starts a server with a port of its choice and waits until it listens there.
    pub(crate) async fn listening(command: impl Fn(u16) -> Command, log: &Path) -> (Self, u16) {
        for _ in 0..PORTS_TRIED {
            let free = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
            let port = free.local_addr().expect("it is bound").port();
            drop(free);
            let mut running = Self::start(command(port), log);
            let listens = eventually("the program listens", || {
                let ended = running.child.try_wait().expect("its state can be asked for").is_some();
                async move {
                    match TcpStream::connect(("127.0.0.1", port)).await {
                        _ if ended => Some(false),
                        Ok(_) => Some(true),
                        Err(_) => None,
                    }
                }
            })
            .await;
            if listens {
                return (running, port);
            }
        }
        panic!("it does not start: {}", std::fs::read_to_string(log).unwrap_or_default());
    }
}
