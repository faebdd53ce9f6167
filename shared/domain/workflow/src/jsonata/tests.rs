use super::fill::evaluate;
use super::{Kind, check, expression, fill, fill_as};
use crate::scope::testing::Fixture;
use serde_json::{Value, json};

fn fixture() -> Fixture {
    Fixture::new(json!({"a": [1, 2, 3], "n": null, "o": {"k": "v"}, "big": 9_007_199_254_740_993_u64}))
        .context(json!({"State": {"Name": "S"}}))
        .result(json!({"answer": 42}))
        .variable("x", json!(5))
        .variable("list", json!([7]))
}

fn answered(expression: &str) -> Value {
    evaluate(expression, "Output", &fixture().scope()).unwrap()
}

fn refused(expression: &str) -> String {
    evaluate(expression, "Output", &fixture().scope()).unwrap_err().cause
}

#[test]
fn expressions_anywhere_in_a_template_are_replaced() {
    let template = json!({"sum": "{% $sum($states.input.a) + $x %}", "l": ["{% $states.result.answer %}", "{% x", 1],
        "states": "{% $states %}", "name": "{%$states.context.State.Name%}"});
    let filled = fill(&template, "Output", &fixture().scope()).unwrap();
    assert_eq!(filled["sum"], json!(11));
    assert_eq!(filled["l"], json!([42, "{% x", 1]));
    assert_eq!(filled["states"]["result"], json!({"answer": 42}));
    assert_eq!(filled["name"], json!("S"));
}

#[test]
fn values_that_are_only_named_are_kept_as_they_are() {
    assert_eq!(answered("$states.input.big"), json!(9_007_199_254_740_993_u64));
    assert_eq!(answered("$states.input.n"), Value::Null);
    assert_eq!(answered("$list"), json!([7]));
    assert_eq!(answered("$states.input.a"), json!([1, 2, 3]));
    assert_eq!(answered("( $states.input.a )"), json!([1, 2, 3]));
    assert_eq!(answered("$lookup($states, 'in' & 'put').o.k"), json!("v"));
}

#[test]
fn failures_say_the_expression_and_the_field() {
    let scope_of = fixture();
    let scope = scope_of.scope();
    let failure = fill(&json!({"r": {"s": "{% $doesNotExist %}"}}), "Output", &scope).unwrap_err();
    assert_eq!(failure.error, "States.QueryEvaluationError");
    assert_eq!(failure.location.as_deref(), Some("Output/r/s"));
    assert_eq!(
        failure.cause,
        "The JSONata expression '$doesNotExist' specified for the field 'Output/r/s' returned nothing (undefined)."
    );
    assert!(refused("$fn := function($x){$x}").ends_with("returned an unsupported result type."));
    assert!(refused("{'f': $sum}").ends_with("returned an unsupported result type."));
    let evaluation = "threw an error during evaluation. T1006: Attempted to invoke a non-function";
    assert!(refused("$randomSeeded(1)").ends_with(evaluation));
    assert!(refused("$nosuch(1)").ends_with(evaluation));
    assert!(refused("1 +").contains("threw an error during evaluation. S02"));
}

#[test]
fn a_field_gets_the_type_that_it_needs() {
    let scope_of = fixture();
    let scope = scope_of.scope();
    let cause = |template: &str, kind: Kind| fill_as(&json!(template), "Items", kind, &scope).unwrap_err().cause;
    assert_eq!(
        cause("{% {'foo': 'bar'} %}", Kind::Array),
        "The JSONata expression '{'foo': 'bar'}' specified for the field 'Items' returned an unexpected result type. \
         Expected 'array', but was 'object' for value: {\"foo\":\"bar\"}"
    );
    assert!(cause("{% null %}", Kind::Array).ends_with("Expected 'array', but was 'null' for value: null"));
    assert!(cause("{% 1 %}", Kind::Boolean).ends_with("Expected 'boolean', but was 'number' for value: 1"));
    assert_eq!(fill_as(&json!([1, "{% $x %}"]), "Items", Kind::Array, &scope), Ok(json!([1, 5])));
    assert_eq!(fill_as(&json!("{% [] %}"), "Items", Kind::Array, &scope), Ok(json!([])));
    assert_eq!(fill_as(&json!("{% [0] %}"), "Items", Kind::Array, &scope), Ok(json!([0])));
}

#[test]
fn the_added_functions_answer() {
    assert_eq!(answered("$partition([1, 2, 3], 2)"), json!([[1, 2], [3]]));
    assert_eq!(answered("$range(1, 9, 4)"), json!([1, 5, 9]));
    assert_eq!(answered("$range(1, 9, 9)"), json!(1));
    assert_eq!(answered("$hash('input data', 'MD5')"), json!("812f45842bc6d66ee14572ce20db8e86"));
    assert_eq!(answered("$parse('{\"a\": [1]}').a"), json!([1]));
    assert_eq!(answered("$map(['1', '2'], $parse)"), json!([1, 2]));
    assert_eq!(answered("$random(3) = $random(3)"), json!(true));
    assert_eq!(answered("$random() != $random()"), json!(true));
    assert_eq!(answered("$length($uuid())"), json!(36));
    assert_eq!(answered("$count($shuffle([1, 2, 3]))"), json!(3));
    assert_eq!(answered("$pad('a', 3) & $pad('b', -4, '#-')"), json!("a  #-#b"));
}

#[test]
fn time_stands_still() {
    assert_eq!(answered("$now()"), json!("2023-11-14T22:13:20.123Z"));
    assert_eq!(answered("$millis()"), json!(1_700_000_000_123_i64));
    assert_eq!(answered("$now('[Y0001]-[M01]-[D01]')"), json!("2023-11-14"));
    assert_eq!(answered("($f := $now; $f() = $now())"), json!(true));
}

#[test]
fn what_is_hostile_is_stopped() {
    assert!(refused("$eval('1+1')").ends_with("T1006: Attempted to invoke a non-function"));
    assert!(refused("($e := $eval; $e('1+1'))").contains("T1006"));
    assert!(refused("$map(['1+1'], $eval)").contains("T1006"));
    assert!(refused("($f := function($n){ 1 + $f($n) }; $f(1))").contains("D1011"));
    assert!(refused("[1..9000000]").contains("threw an error"));
    assert!(refused("$pad('', 1e12)").contains("D3131"));
    assert!(refused("$reduce([1..100000], function($a, $b){[[$a]]}, 0)").contains("nests more than"));
    assert!(refused("$reduce([1..60], function($a, $b){{'l': $a, 'r': $a}}, 0)").contains("more than 1048576 bytes"));
    assert!(check(&format!("{}1", "(".repeat(60_000))).is_err());
    assert!(check(&"1".repeat(70_000)).is_err());
    assert!(refused("($f := function($n){ $f($n + 1) }; $f(1))").contains("D1012"));
    // What is nested too deep for the stack is let go without using it up.
    for inner in ["function(){ $a }", "$append(?, $a)", "$string ~> $a", "[$a, function(){ $b }]"] {
        assert!(!refused(&format!("$reduce([1..100000], function($a, $b){{ {inner} }}, $string)")).is_empty());
    }
    let nests = "($n := function($f, $i, $v){ $i = 0 ? $v : $f($f, $i - 1, {'v': $v}) }; $n($n, 9000, 1))";
    assert!(refused(nests).contains("nests more than"));
}

#[test]
fn expressions_are_checked_at_creation() {
    assert_eq!(check("$states.input.a[0] ~> $string()"), Ok(()));
    let fault = check("1 + ").unwrap_err();
    assert_eq!(fault.code.as_deref(), Some("S0207"), "{fault}");
    assert_eq!(expression("{% a %}"), Some("a"));
    assert_eq!(expression("{%%}"), Some(""));
    assert_eq!(expression(" {% a %}"), None);
    assert_eq!(expression("{%}"), None);
}
