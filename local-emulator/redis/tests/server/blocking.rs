use std::time::Duration;

use crate::support::{blocked, command, connect, run, start};

#[tokio::test]
async fn clients_are_served_in_the_order_in_which_they_came() {
    let server = start().await;
    let mut control = connect(&server).await;
    let mut waiting = Vec::new();
    for n in 0..3 {
        let mut connection = connect(&server).await;
        waiting.push(tokio::spawn(async move { run::<(String, String)>(&mut connection, "BLPOP q 10").await.1 }));
        blocked(&mut control, n + 1).await;
    }
    // One push of two items serves the first two; the third goes on waiting.
    run::<i64>(&mut control, "RPUSH q a b").await;
    let third = waiting.pop().unwrap();
    for (task, expected) in waiting.into_iter().zip(["a", "b"]) {
        assert_eq!(task.await.unwrap(), expected);
    }
    blocked(&mut control, 1).await;
    run::<i64>(&mut control, "RPUSH q c d").await;
    assert_eq!(third.await.unwrap(), "c");
    assert_eq!(run::<Vec<String>>(&mut control, "LRANGE q 0 -1").await, ["d"]);
}

#[tokio::test]
async fn a_client_that_has_gone_takes_nothing() {
    let server = start().await;
    let mut control = connect(&server).await;
    let mut gone = connect(&server).await;
    let task = tokio::spawn(async move { run::<redis::Value>(&mut gone, "BLPOP q 0").await });
    blocked(&mut control, 1).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    blocked(&mut control, 0).await;
    run::<i64>(&mut control, "RPUSH q a").await;
    assert_eq!(run::<i64>(&mut control, "LLEN q").await, 1);
}

#[tokio::test]
async fn a_wait_ends_by_its_timeout() {
    let server = start().await;
    let mut connection = connect(&server).await;
    assert_eq!(run::<redis::Value>(&mut connection, "BLPOP q 0.05").await, redis::Value::Nil);
    assert_eq!(run::<redis::Value>(&mut connection, "XREAD BLOCK 50 STREAMS s $").await, redis::Value::Nil);
    run::<i64>(&mut connection, "RPUSH q a").await;
    assert_eq!(run::<i64>(&mut connection, "LLEN q").await, 1, "a wait that is over takes nothing");
}

#[tokio::test]
async fn many_pushers_and_poppers_lose_nothing() {
    const ITEMS: usize = 300;
    let server = start().await;
    let mut poppers = Vec::new();
    for _ in 0..6 {
        let mut connection = connect(&server).await;
        poppers.push(tokio::spawn(async move {
            let mut got = Vec::new();
            while let Some((_, item)) = run::<Option<(String, usize)>>(&mut connection, "BRPOP q 4").await {
                got.push(item);
            }
            got
        }));
    }
    let mut pushers = Vec::new();
    for pusher in 0..3 {
        let mut connection = connect(&server).await;
        pushers.push(tokio::spawn(async move {
            for n in 0..ITEMS / 3 {
                run::<i64>(&mut connection, &format!("LPUSH q {}", pusher * ITEMS / 3 + n)).await;
            }
        }));
    }
    for pusher in pushers {
        pusher.await.unwrap();
    }
    let mut all = Vec::new();
    for popper in poppers {
        all.extend(popper.await.unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, (0..ITEMS).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_of_a_group_gets_each_entry_that_comes() {
    let server = start().await;
    let mut control = connect(&server).await;
    run::<String>(&mut control, "XGROUP CREATE s g $ MKSTREAM").await;
    let mut waiting = Vec::new();
    for n in 0..2 {
        let mut connection = connect(&server).await;
        waiting.push(tokio::spawn(async move {
            run::<redis::Value>(&mut connection, &format!("XREADGROUP GROUP g c{n} COUNT 1 BLOCK 10000 STREAMS s >"))
                .await
        }));
        blocked(&mut control, n + 1).await;
    }
    run::<String>(&mut control, "XADD s 1-0 a 1").await;
    let second = waiting.pop().unwrap();
    assert!(format!("{:?}", waiting.pop().unwrap().await.unwrap()).contains("1-0"));
    run::<String>(&mut control, "XADD s 2-0 a 2").await;
    assert!(format!("{:?}", second.await.unwrap()).contains("2-0"));
    let owners: Vec<(String, String, u64, u64)> = run(&mut control, "XPENDING s g - + 10").await;
    let owners: Vec<_> = owners.iter().map(|(id, owner, ..)| (id.as_str(), owner.as_str())).collect();
    assert_eq!(owners, [("1-0", "c0"), ("2-0", "c1")]);
}

#[tokio::test]
async fn every_reader_of_a_stream_sees_each_entry() {
    let server = start().await;
    let mut control = connect(&server).await;
    let mut waiting = Vec::new();
    for n in 0..3 {
        let mut connection = connect(&server).await;
        waiting.push(tokio::spawn(async move {
            run::<redis::Value>(&mut connection, "XREAD BLOCK 10000 STREAMS s $").await
        }));
        blocked(&mut control, n + 1).await;
    }
    run::<String>(&mut control, "XADD s 1-0 a 1").await;
    for task in waiting {
        assert!(format!("{:?}", task.await.unwrap()).contains("1-0"));
    }
}

#[tokio::test]
async fn a_transaction_wakes_only_when_it_is_whole() {
    let server = start().await;
    let mut control = connect(&server).await;
    let mut connection = connect(&server).await;
    let task = tokio::spawn(async move { run::<(String, String)>(&mut connection, "BLPOP q 10").await.1 });
    blocked(&mut control, 1).await;
    let mut pipe = redis::pipe();
    pipe.atomic().add_command(command("RPUSH q a")).add_command(command("LPUSH q b"));
    let _: redis::Value = pipe.query_async(&mut control).await.unwrap();
    let got = tokio::time::timeout(Duration::from_secs(60), task).await.unwrap().unwrap();
    assert_eq!(got, "b");
}

#[tokio::test]
async fn a_pushed_item_moves_on_to_whoever_waits_for_it() {
    let server = start().await;
    let mut control = connect(&server).await;
    let (mut mover, mut popper) = (connect(&server).await, connect(&server).await);
    let moved = tokio::spawn(async move { run::<String>(&mut mover, "BLMOVE a b LEFT RIGHT 10").await });
    blocked(&mut control, 1).await;
    let popped = tokio::spawn(async move { run::<(String, String)>(&mut popper, "BLPOP b 10").await.1 });
    blocked(&mut control, 2).await;
    run::<i64>(&mut control, "RPUSH a x").await;
    assert_eq!((moved.await.unwrap(), popped.await.unwrap()), ("x".to_owned(), "x".to_owned()));
}

#[tokio::test]
async fn who_waited_is_answered_in_its_own_protocol() {
    let server = start().await;
    let mut control = connect(&server).await;
    let client = redis::Client::open(format!("{}?protocol=resp3", server.url())).unwrap();
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let mut modern = client.get_multiplexed_async_connection_with_config(&config).await.unwrap();
    let read = tokio::spawn(async move { run::<redis::Value>(&mut modern, "XREAD BLOCK 10000 STREAMS s $").await });
    blocked(&mut control, 1).await;
    run::<String>(&mut control, "XADD s 1-0 a 1").await;
    let read = read.await.unwrap();
    assert!(matches!(read, redis::Value::Map(_)), "streams are a map in RESP3: {read:?}");
}
