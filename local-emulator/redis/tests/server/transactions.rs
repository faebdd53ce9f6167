use std::sync::Arc;

use local_emulator_redis::{ManualClock, Options, Server};
use redis::aio::MultiplexedConnection;

use crate::support::{connect, run, start};

async fn exec_after(watched: &mut MultiplexedConnection) -> redis::Value {
    let mut pipe = redis::pipe();
    pipe.atomic().cmd("SET").arg("done").arg(1).ignore();
    pipe.query_async(watched).await.unwrap()
}

#[tokio::test]
async fn a_watched_key_that_others_changed_stops_the_transaction() {
    let server = start().await;
    let (mut one, mut two) = (connect(&server).await, connect(&server).await);
    for (setup, change) in [
        ("SET k 1", "SET k 1"),
        ("DEL k", "SET k 1"),
        ("SET k 1", "DEL k"),
        ("SET k 1", "EXPIRE k 100"),
        ("SET k 1", "FLUSHDB"),
        ("SET k 1", "RENAME k other"),
    ] {
        run::<redis::Value>(&mut one, setup).await;
        run::<redis::Value>(&mut one, "DEL done").await;
        run::<String>(&mut one, "WATCH k").await;
        run::<redis::Value>(&mut two, change).await;
        assert_eq!(exec_after(&mut one).await, redis::Value::Nil, "{setup}, {change}");
        assert_eq!(run::<i64>(&mut one, "EXISTS done").await, 0, "{setup}, {change}");
    }
    run::<String>(&mut one, "WATCH k").await;
    run::<redis::Value>(&mut two, "SET unrelated 1").await;
    exec_after(&mut one).await;
    assert_eq!(run::<i64>(&mut one, "EXISTS done").await, 1);
}

#[tokio::test]
async fn a_watched_key_that_ended_stops_the_transaction() {
    let clock = Arc::new(ManualClock::new(1_000_000));
    let server = Server::start(Options { clock: clock.clone(), ..Options::default() }).await.unwrap();
    let mut connection = connect(&server).await;
    run::<String>(&mut connection, "SET k v PX 100").await;
    run::<String>(&mut connection, "WATCH k").await;
    clock.advance_ms(100);
    assert_eq!(exec_after(&mut connection).await, redis::Value::Nil);
}

#[tokio::test]
async fn the_crates_own_scripts_run() {
    let server = start().await;
    let mut connection = connect(&server).await;
    let script = redis::Script::new(
        "local n = redis.call('INCRBY', KEYS[1], ARGV[1]) redis.call('PEXPIRE', KEYS[1], 60000) return n",
    );
    for expected in [5, 10] {
        let n: i64 = script.key("counter").arg(5).invoke_async(&mut connection).await.unwrap();
        assert_eq!(n, expected);
    }
    assert!(run::<i64>(&mut connection, "PTTL counter").await > 0);
}

#[tokio::test]
async fn concurrent_scripts_and_transactions_are_atomic() {
    let server = start().await;
    let mut tasks = Vec::new();
    for n in 0..4 {
        let mut connection = connect(&server).await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..100 {
                if n % 2 == 0 {
                    let text = "local v = tonumber(redis.call('GET', 'n') or 0) redis.call('SET', 'n', v + 1)";
                    let () = redis::cmd("EVAL").arg(text).arg(0).query_async(&mut connection).await.unwrap();
                } else {
                    let mut pipe = redis::pipe();
                    pipe.atomic().cmd("INCR").arg("n").ignore().cmd("INCR").arg("n").ignore().cmd("DECR").arg("n");
                    let _: (i64,) = pipe.query_async(&mut connection).await.unwrap();
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(run::<i64>(&mut connect(&server).await, "GET n").await, 400);
}
