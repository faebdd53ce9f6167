use std::time::{Duration, Instant};

use local_emulator_redis::{Options, Server};
use redis::aio::MultiplexedConnection;

pub(crate) async fn start() -> Server {
    Server::start(Options::default()).await.unwrap()
}

pub(crate) async fn connect(server: &Server) -> MultiplexedConnection {
    let client = redis::Client::open(server.url()).unwrap();
    // A connection of its own without a response timeout: tests wait longer than the crate's default.
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await.unwrap()
}

pub(crate) fn command(line: &str) -> redis::Cmd {
    let mut words = line.split(' ');
    let mut cmd = redis::cmd(words.next().unwrap());
    words.for_each(|word| {
        cmd.arg(word);
    });
    cmd
}

/// Runs a command whose words have no blanks.
pub(crate) async fn run<T: redis::FromRedisValue>(connection: &mut MultiplexedConnection, line: &str) -> T {
    command(line).query_async(connection).await.unwrap_or_else(|error| panic!("{line}: {error}"))
}

pub(crate) async fn refusal(connection: &mut MultiplexedConnection, line: &str) -> String {
    let result: Result<redis::Value, _> = command(line).query_async(connection).await;
    result.expect_err(line).to_string()
}

/// Polls until so many clients wait for a key.
pub(crate) async fn blocked(connection: &mut MultiplexedConnection, count: usize) {
    let expected = format!("blocked_clients:{count}\r");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let info: String = run(connection, "INFO clients").await;
        if info.lines().any(|line| format!("{line}\r") == expected) {
            return;
        }
        assert!(Instant::now() < deadline, "never {count} blocked clients: {info}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
