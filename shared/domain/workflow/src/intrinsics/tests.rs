use super::Call;
use crate::scope::testing::Fixture;
use serde_json::{Value, json};

fn answer(call: &str, input: Value) -> Result<Value, String> {
    let fixture = Fixture::new(input).variable("v", json!("of v"));
    Call::parse(call).unwrap().answer(&fixture.scope()).map_err(|failure| failure.to_string())
}

fn answered(call: &str) -> Value {
    answer(call, json!({"l": [3, 1, 3.0, "a", 1, "a", null]})).unwrap()
}

#[test]
fn arrays_are_made_cut_and_searched() {
    assert_eq!(answered("States.Array(1, 'a', null, true, States.Array())"), json!([1, "a", null, true, []]));
    assert_eq!(answered("States.ArrayUnique($.l)"), json!([3, 1, "a", null]));
    assert_eq!(answered("States.ArrayContains($.l, 1.0)"), json!(true));
    assert_eq!(answered("States.ArrayGetItem($.l, 3)"), json!("a"));
    assert_eq!(answered("States.ArrayLength( $.l )"), json!(7));
    assert_eq!(answered("States.ArrayRange(5, 1, -2)"), json!([5, 3, 1]));
    assert_eq!(answered("States.ArrayPartition(States.ArrayRange(1, 5, 1), 2)"), json!([[1, 2], [3, 4], [5]]));
    assert!(answer("States.ArrayRange(1, 5000, 1)", json!({})).unwrap_err().starts_with("States.IntrinsicFailure"));
    assert!(answer("States.ArrayRange(1, 5, 0)", json!({})).is_err());
    assert!(answer("States.ArrayPartition($.l, 0)", json!({"l": []})).is_err());
    assert!(answer("States.ArrayGetItem($.l, -1)", json!({"l": [1]})).is_err());
}

#[test]
fn texts_are_formatted_with_escapes() {
    assert_eq!(answered("States.Format('{} \\{\\} it\\'s {} \\\\', $v, 1.5)"), json!("of v {} it's 1.5 \\"));
    assert_eq!(answered("States.Array('it\\'s \\{')"), json!(["it's {"]));
    assert_eq!(answer("States.Format($.t, 'x')", json!({"t": "a {}"})), Ok(json!("a x")));
    assert!(answer("States.Format('{} {}', 1)", json!({})).is_err());
    assert!(answer("States.Format('{}', 1, 2)", json!({})).is_err());
    assert_eq!(
        answered("States.StringSplit('This.is+a,test=string', '.+,=')"),
        json!(["This", "is", "a", "test", "string"])
    );
}

#[test]
fn chance_is_what_the_scope_gives_and_a_seed_fixes_it() {
    let inside = |value: Value| (10..20).contains(&value.as_i64().unwrap());
    for _ in 0..50 {
        assert!(inside(answered("States.MathRandom(10, 20)")));
    }
    assert_eq!(answered("States.MathRandom(10, 20, 7)"), answered("States.MathRandom(10, 20, 7)"));
    assert!(answer("States.MathRandom(5, 5)", json!({})).is_err());
    let uuid = answered("States.UUID()");
    assert_eq!(uuid.as_str().map(|text| (text.len(), text.as_bytes()[14])), Some((36, b'4')));
    assert_eq!(uuid, answered("States.UUID()"));
}

#[test]
fn what_goes_wrong_is_said_with_the_call() {
    let missed = answer("States.Array($.x)", json!({"a": 1})).unwrap_err();
    assert_eq!(
        missed,
        "States.Runtime: The function 'States.Array($.x)' had the following error: The JsonPath argument for the field \
         '$.x' could not be found in the input '{\"a\":1}'"
    );
    for call in [
        "States.StringToJson('{')",
        "States.Base64Decode('*')",
        "States.Hash('a', 'CRC')",
        "States.JsonMerge($, $, true)",
        "States.MathAdd('a', 1)",
        "States.MathAdd(9223372036854775807, 1)",
    ] {
        assert!(answer(call, json!({})).unwrap_err().starts_with("States.IntrinsicFailure: "), "{call}");
    }
}

#[test]
fn what_is_no_call_is_refused_with_its_place() {
    let at = |text: &str| Call::parse(text).unwrap_err().at;
    assert_eq!(at("States.Nosuch()"), Some(0));
    assert_eq!(at("States.UUID(1)"), Some(0));
    assert_eq!(at("States.Array(1"), Some(14));
    assert_eq!(at("States.Array('a)"), Some(16));
    assert_eq!(at("States.Array('\\\"')"), Some(15));
    assert_eq!(at("States.Array(1) x"), Some(16));
    assert_eq!(at("States.Array($.a b)"), Some(16));
    assert!(Call::parse(&"States.Array(".repeat(400)).is_err());
}
