use super::Path;
use serde_json::{Value, json};

fn found(path: &str, root: &Value) -> Value {
    Path::parse(path).unwrap().find(root).unwrap()
}

fn missed(path: &str, root: &Value) -> String {
    Path::parse(path).unwrap().find(root).unwrap_err().message
}

#[test]
fn definite_paths_answer_the_value_itself() {
    let root = json!({"a": {"b-c": [1, {"d e": null}]}, "": 3, "ä": 4, "$x": 5});
    assert_eq!(found("$", &root), root);
    assert_eq!(found("$.a.b-c[0]", &root), json!(1));
    assert_eq!(found("$['a']['b-c'][-2]", &root), json!(1));
    assert_eq!(found("$.a.b-c[1]['d e']", &root), Value::Null);
    assert_eq!(found("$.ä", &root), json!(4));
    assert_eq!(found("$.$x", &root), json!(5));
    assert_eq!(found("$[\"a\"].b-c[1]", &root), json!({"d e": null}));
}

#[test]
fn indefinite_paths_answer_lists_and_never_fail() {
    let root = json!({"l": [{"v": 1}, {"v": 2}, {"w": 3}], "o": {"x": 1, "y": [2]}});
    assert_eq!(found("$.l[*].v", &root), json!([1, 2]));
    assert_eq!(found("$.l[:2].v", &root), json!([1, 2]));
    assert_eq!(found("$.l[-1:]", &root), json!([{"w": 3}]));
    assert_eq!(found("$.l[0,2]", &root), json!([{"v": 1}, {"w": 3}]));
    assert_eq!(found("$.o.*", &root), json!([1, [2]]));
    assert_eq!(found("$..v", &root), json!([1, 2]));
    assert_eq!(found("$..y[0]", &root), json!([2]));
    assert_eq!(found("$.no.such[*].thing", &root), json!([]));
    assert_eq!(found("$.o['x','y']", &root), json!([1, [2]]));
    assert_eq!(found("$[*]", &json!({})), json!([]));
}

#[test]
fn filters_choose_among_items() {
    let root = json!({"max": 2, "l": [
        {"n": "a", "p": 1, "t": ["x", "y"]}, {"n": "b", "p": 2}, {"n": "c", "p": 3, "q": null}, {"n": "it's"}]});
    let names = |path: &str| found(&format!("$.l[?({path})].n"), &root);
    assert_eq!(names("@.p == 2"), json!(["b"]));
    assert_eq!(names("@.p > 1 && @.p<=3"), json!(["b", "c"]));
    assert_eq!(names("@.p < 2 || @.n == 'c'"), json!(["a", "c"]));
    assert_eq!(names("!(@.p < 2) && @.p"), json!(["b", "c"]));
    assert_eq!(names("@.q"), json!(["c"]));
    assert_eq!(names("@.q == null"), json!(["c"]));
    assert_eq!(names("@.p >= $.max"), json!(["b", "c"]));
    assert_eq!(names("@.n =~ /[AB]/i"), json!(["a", "b"]));
    assert_eq!(names("@.n in ['a', \"c\"]"), json!(["a", "c"]));
    assert_eq!(names("@.n nin ['a', 'c', 'b']"), json!(["it's"]));
    assert_eq!(names("@.n == 'it\\'s'"), json!(["it's"]));
    assert_eq!(names("@.t contains 'x'"), json!(["a"]));
    assert_eq!(names("@.t size 2"), json!(["a"]));
    assert_eq!(names("@['p'] != 1 && 1 == 1 && true == true"), json!(["b", "c", "it's"]));
    assert_eq!(found("$[?(@.status == 0)]", &json!([{"status": 0}, {"status": 1}])), json!([{"status": 0}]));
}

#[test]
fn a_definite_path_that_finds_nothing_says_where() {
    let root = json!({"a": {"b": [1]}, "n": null, "s": "text"});
    assert_eq!(missed("$.x", &root), "No results for path: $['x']");
    assert_eq!(missed("$.a.x", &root), "No results for path: $['a']['x']");
    assert_eq!(missed("$.no.such.path", &root), "Missing property in path $['no']");
    assert_eq!(missed("$.a.b[7]", &root), "No results for path: $['a']['b'][7]");
    assert!(missed("$.s.t", &root).starts_with("Expected to find an object with property ['t'] in path $['s']"));
    assert_eq!(missed("$.n[0]", &root), "The path $['n'] is null");
}

#[test]
fn functions_end_a_path() {
    let root = json!({"l": [1, 2, 6], "o": {"a": 1, "b": 2}});
    assert_eq!(found("$.l.length()", &root), json!(3));
    assert_eq!(found("$.l.sum()", &root), json!(9.0));
    assert_eq!(found("$.l.avg()", &root), json!(3.0));
    assert_eq!(found("$.l.max()", &root), json!(6.0));
    assert_eq!(found("$.l[*].min()", &root), json!(1.0));
    assert_eq!(found("$.o.keys()", &root), json!(["a", "b"]));
    assert!(Path::parse("$.l.nosuch()").is_err());
}

#[test]
fn what_is_no_path_is_refused_with_its_place() {
    let at = |text: &str| Path::parse(text).unwrap_err().at;
    assert_eq!(at(""), Some(0));
    assert_eq!(at("a.b"), Some(0));
    assert_eq!(at("$.a b"), Some(3));
    assert_eq!(at("$.a."), Some(4));
    assert_eq!(at("$.a["), Some(4));
    assert_eq!(at("$['a"), Some(4));
    assert_eq!(at("$[1:x]"), Some(4));
    assert_eq!(at("$[?(@.a ==)]"), Some(10));
    assert!(Path::parse(&format!("$[?({}@.a)]", "(".repeat(5_000))).is_err());
    assert!(Path::parse(&format!("$[?({}@.a)]", "!".repeat(3_000))).is_err());
    assert!(Path::parse(&format!("${}", ".a".repeat(5_000))).is_err());
}

#[test]
fn a_search_that_would_never_end_is_stopped() {
    let mut root = json!([]);
    for _ in 0..100 {
        root = json!([root, 1, 2, 3]);
    }
    let fault = Path::parse("$..*..*..*..*..*").unwrap().find(&root).unwrap_err();
    assert!(fault.message.contains("more than"), "{fault}");
    let list: Value = (0..3_000).map(|number| json!({"n": number})).collect();
    let fault = Path::parse("$[?($..n == @..n)]").unwrap().find(&list).unwrap_err();
    assert!(fault.message.contains("visits more than"), "{fault}");
}
