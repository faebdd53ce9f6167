use super::Rule;
use super::operator::Operator;
use crate::scope::testing::Fixture;
use serde_json::{Value, json};

fn holds(rule: &Value, input: Value) -> Result<bool, String> {
    let fixture = Fixture::new(input).context(json!({"c": 1})).variable("v", json!("x"));
    Rule::parse(rule).unwrap().holds(&fixture.scope()).map_err(|failure| failure.cause)
}

#[test]
fn every_operator_is_known() {
    let mut count = 0;
    for kind in ["String", "Numeric", "Timestamp"] {
        for order in ["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"] {
            for path in ["", "Path"] {
                assert!(Operator::named(&format!("{kind}{order}{path}")).is_some());
                count += 1;
            }
        }
    }
    for name in [
        "BooleanEquals",
        "BooleanEqualsPath",
        "StringMatches",
        "IsNull",
        "IsPresent",
        "IsNumeric",
        "IsString",
        "IsBoolean",
        "IsTimestamp",
    ] {
        assert!(Operator::named(name).is_some(), "{name}");
        count += 1;
    }
    assert_eq!(count, 39);
    for name in ["BooleanLessThan", "StringMatchesPath", "IsNullPath", "Next", "Variable", "NumericPath"] {
        assert!(Operator::named(name).is_none(), "{name}");
    }
}

#[test]
fn rules_combine() {
    let rule = json!({"And": [
        {"Variable": "$.n", "NumericGreaterThanEquals": 20},
        {"Or": [{"Variable": "$.n", "NumericLessThan": 30}, {"Variable": "$v", "StringEquals": "y"}]},
        {"Not": {"Variable": "$.s", "StringEquals": "Private"}}
    ], "Next": "x"});
    assert_eq!(holds(&rule, json!({"n": 22, "s": "Public"})), Ok(true));
    assert_eq!(holds(&rule, json!({"n": 32, "s": "Public"})), Ok(false));
    assert_eq!(holds(&rule, json!({"n": 22, "s": "Private"})), Ok(false));
    assert_eq!(Rule::parse(&rule).unwrap().sources(), ["$.n", "$.n", "$v", "$.s"]);
}

#[test]
fn what_is_not_there_fails_unless_its_presence_is_asked() {
    let rule = |operator: &str, operand: Value| json!({"Variable": "$.x", operator: operand});
    let cause = "Invalid path '$.x': The choice state's condition path references an invalid value.";
    assert_eq!(holds(&rule("StringEquals", json!("a")), json!({})), Err(cause.to_owned()));
    assert_eq!(holds(&rule("IsNull", json!(true)), json!({})), Err(cause.to_owned()));
    assert_eq!(holds(&rule("IsPresent", json!(true)), json!({})), Ok(false));
    assert_eq!(holds(&rule("IsPresent", json!(false)), json!({})), Ok(true));
    assert_eq!(holds(&rule("IsPresent", json!(true)), json!({"x": null})), Ok(true));
    assert!(holds(&rule("NumericEqualsPath", json!("$.y")), json!({"x": 1})).unwrap_err().contains("'$.y'"));
    assert_eq!(holds(&rule("NumericEqualsPath", json!("$$.c")), json!({"x": 1.0})), Ok(true));
}

#[test]
fn moments_are_compared_as_moments() {
    let rule = json!({"Variable": "$.x", "TimestampLessThan": "2024-01-01T00:00:00Z"});
    assert_eq!(holds(&rule, json!({"x": "2024-01-01T00:30:00+01:00"})), Ok(true));
    assert_eq!(holds(&rule, json!({"x": "2024-01-01T00:30:00Z"})), Ok(false));
    assert_eq!(holds(&rule, json!({"x": "2023-01-01"})), Ok(false));
    let is = json!({"Variable": "$.x", "IsTimestamp": true});
    assert_eq!(holds(&is, json!({"x": "2016-03-14T01:59:00Z"})), Ok(true));
    assert_eq!(holds(&is, json!({"x": "2012-10-09T19:00:55"})), Ok(false));
}

#[test]
fn what_is_no_rule_is_refused_with_its_place() {
    let at = |rule: Value| Rule::parse(&rule).unwrap_err().at;
    assert_eq!(at(json!([])), "");
    assert_eq!(at(json!({"Variable": "$.x"})), "");
    assert_eq!(at(json!({"StringEquals": "x"})), "/Variable");
    assert_eq!(at(json!({"Variable": "x", "StringEquals": "x"})), "/Variable");
    assert_eq!(at(json!({"Variable": "$.x", "StringEquals": 5})), "/StringEquals");
    assert_eq!(at(json!({"Variable": "$.x", "TimestampEquals": "now"})), "/TimestampEquals");
    assert_eq!(at(json!({"Variable": "$.x", "StringEquals": "a", "IsNull": true})), "");
    assert_eq!(at(json!({"And": [{"Variable": "$.x", "IsNull": true}, {"Or": []}]})), "/And/1/Or");
    let mut deep = json!({"Variable": "$.x", "IsNull": true});
    for _ in 0..100 {
        deep = json!({"Not": deep});
    }
    assert!(Rule::parse(&deep).is_err());
}
