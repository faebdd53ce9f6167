use std::sync::Arc;

use local_emulator_redis::{ManualClock, Options, Server};

use crate::support::{connect, run};

#[tokio::test]
async fn keys_end_when_their_time_has_come() {
    let clock = Arc::new(ManualClock::new(1_000_000));
    let server = Server::start(Options { clock: clock.clone(), ..Options::default() }).await.unwrap();
    let mut connection = connect(&server).await;
    run::<String>(&mut connection, "SET k v PX 1500").await;
    run::<String>(&mut connection, "SET other v").await;
    assert_eq!(run::<i64>(&mut connection, "TTL k").await, 2);
    clock.advance_ms(1499);
    assert_eq!(run::<i64>(&mut connection, "PTTL k").await, 1);
    clock.advance_ms(1);
    assert_eq!(run::<Option<String>>(&mut connection, "GET k").await, None);
    assert_eq!(run::<i64>(&mut connection, "DBSIZE").await, 1);
    assert_eq!(run::<(i64, i64)>(&mut connection, "TIME").await, (1001, 500_000));
}

#[tokio::test]
async fn keys_that_nobody_asks_for_are_removed_as_well() {
    let clock = Arc::new(ManualClock::new(1_000_000));
    let server = Server::start(Options { clock: clock.clone(), ..Options::default() }).await.unwrap();
    let mut connection = connect(&server).await;
    for n in 0..1200 {
        run::<String>(&mut connection, &format!("SET k{n} v PX 100")).await;
    }
    assert_eq!(run::<i64>(&mut connection, "DBSIZE").await, 1200);
    clock.advance_ms(100);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while run::<i64>(&mut connection, "DBSIZE").await > 0 {
        assert!(std::time::Instant::now() < deadline, "the keys are still there");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn entries_become_idle_and_can_be_claimed() {
    let clock = Arc::new(ManualClock::new(1_000_000));
    let server = Server::start(Options { clock: clock.clone(), ..Options::default() }).await.unwrap();
    let mut connection = connect(&server).await;
    run::<String>(&mut connection, "XGROUP CREATE s g 0 MKSTREAM").await;
    assert_eq!(run::<String>(&mut connection, "XADD s * a 1").await, "1000000-0");
    assert_eq!(run::<String>(&mut connection, "XADD s * a 2").await, "1000000-1");
    run::<redis::Value>(&mut connection, "XREADGROUP GROUP g dead COUNT 1 STREAMS s >").await;
    clock.advance_ms(5000);
    run::<redis::Value>(&mut connection, "XREADGROUP GROUP g dead COUNT 1 STREAMS s >").await;
    let (_, claimed, _): (String, Vec<String>, Vec<String>) =
        run(&mut connection, "XAUTOCLAIM s g alive 5000 0 JUSTID").await;
    assert_eq!(claimed, ["1000000-0"]);
    let held: Vec<(String, String, u64, u64)> = run(&mut connection, "XPENDING s g IDLE 0 - + 10").await;
    let held: Vec<_> = held.iter().map(|(id, who, idle, count)| (id.as_str(), who.as_str(), *idle, *count)).collect();
    assert_eq!(held, [("1000000-0", "alive", 0, 1), ("1000000-1", "dead", 0, 1)]);
}

#[tokio::test]
async fn scan_finds_all_that_stays_while_others_go() {
    let server = Server::start(Options::default()).await.unwrap();
    let mut connection = connect(&server).await;
    for n in 0..500 {
        run::<String>(&mut connection, &format!("SET k{n} v")).await;
    }
    let (mut cursor, mut seen, mut round) = (0u64, std::collections::HashSet::new(), 0);
    loop {
        let (next, keys): (u64, Vec<String>) = run(&mut connection, &format!("SCAN {cursor} COUNT 20")).await;
        seen.extend(keys);
        // Every third key goes, in an order that has nothing to do with that of the walk.
        run::<i64>(&mut connection, &format!("DEL k{}", (round * 51) % 500 / 3 * 3)).await;
        run::<String>(&mut connection, &format!("SET new{round} v")).await;
        round += 1;
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    let missed: Vec<_> = (0..500).filter(|n| n % 3 != 0 && !seen.contains(&format!("k{n}"))).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
