use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use local_emulator_redis::{ManualClock, Options, Server, StartError};

use crate::support::{connect, run};

fn options(folder: &Path) -> Options {
    Options { persist: Some(folder.to_owned()), ..Options::default() }
}

/// All that can be asked about the data, as text.
async fn describe(server: &Server) -> Vec<String> {
    let mut connection = connect(server).await;
    let mut told = Vec::new();
    for question in [
        "GET s",
        "TTL s",
        "GET n",
        "GET f",
        "GET gone",
        "LRANGE l 0 -1",
        "HGETALL h",
        "SMISMEMBER set a b c",
        "SCARD set",
        "ZRANGE z 0 -1 WITHSCORES",
        "XRANGE x - +",
        "XINFO STREAM x",
        "XINFO GROUPS x",
        "XPENDING x g",
        "XLEN empty",
        "XINFO GROUPS empty",
        "EXISTS dest",
        "GET script",
    ] {
        let value: redis::Value = run(&mut connection, question).await;
        told.push(format!("{question}: {value:?}"));
    }
    let () = run(&mut connection, "SELECT 3").await;
    let value: redis::Value = run(&mut connection, "GET other").await;
    told.push(format!("other: {value:?}"));
    told
}

async fn fill(server: &Server) {
    let mut connection = connect(server).await;
    for line in [
        "SET s v EX 1000",
        "INCRBY n 5",
        "DECR n",
        "INCRBYFLOAT f 0.1",
        "INCRBYFLOAT f 0.2",
        "SET gone x",
        "DEL gone",
        "RPUSH l a b c d",
        "LPOP l",
        "LMOVE l l LEFT RIGHT",
        "BLPOP l 1",
        "HSET h a 1 b 2",
        "HINCRBY h a 4",
        "HDEL h b",
        "SADD set a b c",
        "SREM set b",
        "ZADD z 1 a 2 b 0.1 c",
        "ZINCRBY z 5 a",
        "ZPOPMIN z",
        "XADD x * a 1",
        "XADD x * a 2",
        "XADD x * a 3",
        "XGROUP CREATE x g 0",
        "XREADGROUP GROUP g c COUNT 2 STREAMS x >",
        "XGROUP CREATECONSUMER x g idle",
        "XADD x MAXLEN 10 * b 4",
        "XGROUP CREATE empty g $ MKSTREAM",
        "SADD pop a b c d",
        "SPOP pop 2",
        "SDIFFSTORE dest pop set",
        "DEL dest",
        "EVAL redis.call('SET','script',1)redis.call('INCR','script') 0",
        "SELECT 3",
        "SET other 1",
    ] {
        run::<redis::Value>(&mut connection, line).await;
    }
}

#[tokio::test]
async fn everything_survives_the_end_and_a_rewrite() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(options(folder.path())).await.unwrap();
    fill(&server).await;
    let before = describe(&server).await;
    server.shutdown().await;
    // The first start replays what was logged, the second what the first has rewritten.
    for start in ["logged", "rewritten"] {
        let server = Server::start(options(folder.path())).await.unwrap();
        assert_eq!(describe(&server).await, before, "{start}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn what_was_answered_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(options(folder.path())).await.unwrap();
    fill(&server).await;
    let before = describe(&server).await;
    // As after kill -9: what the process has not handed over is lost, so another folder gets what the file holds now.
    let copy = tempfile::tempdir().unwrap();
    let log = std::fs::read(folder.path().join("appendonly.aof")).unwrap();
    std::fs::write(copy.path().join("appendonly.aof"), &log).unwrap();
    let again = Server::start(options(copy.path())).await.unwrap();
    assert_eq!(describe(&again).await, before);
}

#[tokio::test]
async fn a_torn_end_is_cut_off_at_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(options(folder.path())).await.unwrap();
    let mut connection = connect(&server).await;
    run::<String>(&mut connection, "SET first 1").await;
    let path = folder.path().join("appendonly.aof");
    let whole = std::fs::metadata(&path).unwrap().len();
    let mut pipe = redis::pipe();
    pipe.atomic().cmd("SET").arg("a").arg(1).cmd("SET").arg("b").arg(2);
    let () = pipe.query_async(&mut connection).await.unwrap();
    drop(connection);
    server.shutdown().await;
    let log = std::fs::read(&path).unwrap();
    let whole = usize::try_from(whole).unwrap();
    for cut in (whole..log.len()).step_by(7).chain([log.len() - 1]) {
        let copy = tempfile::tempdir().unwrap();
        std::fs::write(copy.path().join("appendonly.aof"), &log[..cut]).unwrap();
        let server = Server::start(options(copy.path())).await.unwrap();
        let mut connection = connect(&server).await;
        let values: Vec<Option<String>> = run(&mut connection, "MGET first a b").await;
        assert_eq!(values, [Some("1".to_owned()), None, None], "cut at {cut}");
        // What is written behind the cut is found again.
        run::<String>(&mut connection, "SET later 1").await;
        drop(connection);
        server.shutdown().await;
        let server = Server::start(options(copy.path())).await.unwrap();
        assert_eq!(run::<i64>(&mut connect(&server).await, "EXISTS first later").await, 2);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_damaged_log_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("appendonly.aof");
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(b"*1\r\n:nonsense\r\n*1\r\n$4\r\nPING\r\n").unwrap();
    let error = Server::start(options(folder.path())).await.unwrap_err();
    assert!(matches!(error, StartError::Replay(_)), "{error:?}");
    assert!(std::fs::read(&path).unwrap().starts_with(b"*1\r\n:nonsense"));
}

#[tokio::test]
async fn one_folder_has_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(options(folder.path())).await.unwrap();
    assert!(matches!(Server::start(options(folder.path())).await.unwrap_err(), StartError::Locked));
    server.shutdown().await;
    Server::start(options(folder.path())).await.unwrap();
}

#[tokio::test]
async fn a_key_that_ended_stays_away() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(1_000_000));
    let with_clock = || Options { clock: clock.clone(), ..options(folder.path()) };
    let server = Server::start(with_clock()).await.unwrap();
    let mut connection = connect(&server).await;
    run::<String>(&mut connection, "SET short v PX 500").await;
    run::<String>(&mut connection, "SET long v PX 5000").await;
    drop(connection);
    server.shutdown().await;
    clock.advance_ms(1000);
    let server = Server::start(with_clock()).await.unwrap();
    let mut connection = connect(&server).await;
    assert_eq!(run::<i64>(&mut connection, "EXISTS short").await, 0);
    assert_eq!(run::<i64>(&mut connection, "PTTL long").await, 4000);
}
