use std::time::Duration;

use local_emulator_redis::{Options, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{connect, refusal, run, start};

/// Sends bytes, and reads until the server closes.
async fn last_words(server: &Server, send: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(send).await.unwrap();
    let mut said = String::new();
    tokio::time::timeout(Duration::from_secs(60), stream.read_to_string(&mut said)).await.unwrap().unwrap();
    said
}

#[tokio::test]
async fn memory_runs_full_and_is_given_back() {
    let server = Server::start(Options { maxmemory_bytes: 100_000, ..Options::default() }).await.unwrap();
    let mut connection = connect(&server).await;
    let value = "x".repeat(1000);
    let mut stored = 0;
    let refused = loop {
        let result: Result<(), _> =
            redis::cmd("SET").arg(format!("k{stored}")).arg(&value).query_async(&mut connection).await;
        match result {
            Ok(()) => stored += 1,
            Err(error) => break error.to_string(),
        }
        assert!(stored < 200, "never full");
    };
    assert!(refused.contains("command not allowed when used memory > 'maxmemory'"), "{refused}");
    assert!(stored > 50, "{stored} keys of 1 KB");
    assert_eq!(run::<String>(&mut connection, "GET k0").await, value);
    run::<i64>(&mut connection, "DEL k0 k1 k2").await;
    run::<String>(&mut connection, "SET again 1").await;
    run::<String>(&mut connection, "FLUSHALL").await;
    let info: String = run(&mut connection, "INFO memory").await;
    assert!(info.contains("used_memory:0\r\n"), "{info}");
}

#[tokio::test]
async fn a_password_is_asked_for() {
    let server = Server::start(Options { password: Some("s p".to_owned()), ..Options::default() }).await.unwrap();
    let mut known = connect(&server).await;
    assert_eq!(run::<String>(&mut known, "PING").await, "PONG");
    let said =
        last_words(&server, b"GET k\r\nNOSUCH\r\nAUTH wrong\r\nHELLO 3\r\nAUTH \"s p\"\r\nGET k\r\nQUIT\r\n").await;
    let lines: Vec<&str> = said.split("\r\n").collect();
    assert_eq!(lines[0], "-NOAUTH Authentication required.");
    assert_eq!(lines[1], "-NOAUTH Authentication required.");
    assert_eq!(lines[2], "-WRONGPASS invalid username-password pair or user is disabled.");
    assert!(lines[3].starts_with("-NOAUTH HELLO must be called"), "{said}");
    assert_eq!(lines[4..], ["+OK", "$-1", "+OK", ""]);
    let said = last_words(&server, b"*11\r\n").await;
    assert_eq!(said, "-ERR Protocol error: unauthenticated multibulk length\r\n");
}

#[tokio::test]
async fn what_is_too_big_ends_the_connection() {
    let server =
        Server::start(Options { bulk_bytes_max: 1000, arguments_max: 10, ..Options::default() }).await.unwrap();
    assert_eq!(last_words(&server, b"*1\r\n$1001\r\n").await, "-ERR Protocol error: invalid bulk length\r\n");
    assert_eq!(last_words(&server, b"*11\r\n").await, "-ERR Protocol error: invalid multibulk length\r\n");
    // What came before is still answered.
    let said = last_words(&server, b"PING\r\n*1\r\n$4\r\nPING\r\n*1\r\nx").await;
    assert_eq!(said, "+PONG\r\n+PONG\r\n-ERR Protocol error: expected '$', got 'x'\r\n");
}

#[tokio::test]
async fn one_client_too_many_is_told() {
    let server = Server::start(Options { clients_max: 1, ..Options::default() }).await.unwrap();
    let _first = connect(&server).await;
    assert_eq!(last_words(&server, b"").await, "-ERR max number of clients reached\r\n");
}

#[tokio::test]
async fn a_script_that_does_not_end_is_stopped() {
    let options = Options { script_time_max: Duration::from_millis(50), ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let mut connection = connect(&server).await;
    for script in ["loop", "pcall", "coroutine"] {
        let text = match script {
            "pcall" => "while true do pcall(function() while true do end end) end",
            "coroutine" => "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
            _ => "while true do end",
        };
        let result: Result<redis::Value, _> = redis::cmd("EVAL").arg(text).arg(0).query_async(&mut connection).await;
        assert!(result.unwrap_err().to_string().contains("longer than the time limit"), "{script}");
    }
    let result: Result<redis::Value, _> = redis::cmd("EVAL")
        .arg("local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1000000) .. i end")
        .arg(0)
        .query_async(&mut connection)
        .await;
    assert!(result.is_err());
    assert_eq!(redis::cmd("EVAL").arg("return 1").arg(0).query_async(&mut connection).await, Ok(1));
}

#[tokio::test]
async fn a_long_pipeline_is_answered_whole() {
    const COMMANDS: usize = 20_000;
    let server = start().await;
    let mut connection = connect(&server).await;
    let mut pipe = redis::pipe();
    for n in 0..COMMANDS {
        pipe.cmd("ECHO").arg(n);
    }
    let told: Vec<usize> = pipe.query_async(&mut connection).await.unwrap();
    assert_eq!(told, (0..COMMANDS).collect::<Vec<_>>());
    let big = "y".repeat(8 * 1024 * 1024);
    let () = redis::cmd("SET").arg("big").arg(&big).query_async(&mut connection).await.unwrap();
    assert_eq!(run::<String>(&mut connection, "GET big").await, big);
}

#[tokio::test]
async fn what_is_not_known_is_refused() {
    let server = start().await;
    let mut connection = connect(&server).await;
    assert!(refusal(&mut connection, "FLY away home").await.contains("unknown command"));
    assert!(refusal(&mut connection, "CLUSTER INFO").await.contains("unknown command"));
}
