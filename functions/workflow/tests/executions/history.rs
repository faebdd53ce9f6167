//! `GetExecutionHistory`.

use crate::house::{House, house};
use crate::start::chain;
use serde_json::{Value, json};

async fn ids(house: &House, input: Value) -> (Vec<u64>, Option<String>) {
    let page = house.sfn("GetExecutionHistory", input).await.ok();
    let ids = page["events"].as_array().unwrap().iter().map(|event| event["id"].as_u64().unwrap()).collect();
    (ids, page["nextToken"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps_in_both_directions() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let arn = house.start(&machine, json!({})).await;
    for reverse in [false, true] {
        let (mut all, mut token, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let mut input = json!({"executionArn": arn, "maxResults": 8, "reverseOrder": reverse});
            if let Some(token) = &token {
                input["nextToken"] = json!(token);
            }
            let (ids, next) = ids(&house, input).await;
            all.extend(ids);
            pages += 1;
            token = next;
            if token.is_none() {
                break;
            }
        }
        let mut expected: Vec<u64> = (1..=22).collect();
        if reverse {
            expected.reverse();
        }
        assert_eq!((all, pages), (expected, 3), "reverse: {reverse}");
    }
    let (first, token) = ids(&house, json!({"executionArn": arn, "maxResults": 22})).await;
    assert_eq!((first.len(), token), (22, None), "a page that is just full is the last");
}

#[tokio::test]
async fn tokens_are_good_for_their_own_list() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let (one, other) = (house.start(&machine, json!({})).await, house.start(&machine, json!({})).await);
    let (_, token) = ids(&house, json!({"executionArn": one, "maxResults": 1})).await;
    let wrong = [
        json!({"executionArn": other, "nextToken": token}),
        json!({"executionArn": one, "nextToken": token, "reverseOrder": true}),
        json!({"executionArn": one, "nextToken": "abc"}),
    ];
    for input in wrong {
        let refused = house.sfn("GetExecutionHistory", input).await;
        assert_eq!(refused.refused(), ("InvalidToken", "Invalid Token: 'Invalid token'"));
    }
    for (input, part) in [
        (json!({"executionArn": one, "maxResults": 1001}), "less than or equal to 1000"),
        (json!({"executionArn": one, "nextToken": "x".repeat(1025)}), "less than or equal to 1024"),
    ] {
        let refused = house.sfn("GetExecutionHistory", input).await;
        assert_eq!(refused.refused().0, "ValidationException");
        assert!(refused.refused().1.contains(part));
    }
}

#[tokio::test]
async fn data_is_left_out_where_it_is_not_wanted() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let arn = house.start(&machine, json!({"secret": true})).await;
    let input = json!({"executionArn": arn, "includeExecutionData": false});
    let page = house.sfn("GetExecutionHistory", input).await.ok();
    assert!(!page.to_string().contains("secret"));
    assert_eq!(page["events"][1]["stateEnteredEventDetails"]["name"], "S0");
}
