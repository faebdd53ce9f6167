//! `redis-cli`: single commands, as it shows them to people, and its own modes that scan and load. redis-py
//! (`clients/redis_client.py`): pipelines, transactions, groups of consumers, blocking reads, publishing, scripts, pools.

use crate::program::run;
use local_emulator_redis::{Options, Server};
use octavo_testing::engines;
use octavo_tests::script;
use serde_json::{Value, json};

const VARIABLE: &str = "OCTAVO_TEST_REDIS_CLI";

struct Cli {
    program: String,
    url: String,
    /// Before every key: a real server is shared with others.
    prefix: String,
}

impl Cli {
    /// What it prints to people; `~` in an argument stands for the prefix, as it does in the answer.
    async fn shows(&self, arguments: &str) -> String {
        let arguments: Vec<String> = split(arguments).map(|argument| argument.replace('~', &self.prefix)).collect();
        self.run(&arguments, "").await
    }

    async fn run(&self, arguments: &[String], stdin: &str) -> String {
        let mut all = vec!["-u", self.url.as_str()];
        all.extend(arguments.iter().map(String::as_str));
        let said = run(&self.program, &all, stdin).await;
        assert!(said.succeeded, "{arguments:?}: {said:?}");
        said.stdout.replace(&self.prefix, "~").trim_end().to_owned()
    }

    /// What it prints with RESP3 and as JSON.
    async fn json(&self, arguments: &str) -> Value {
        let shown = self.shows(&format!("-3 --json {arguments}")).await;
        serde_json::from_str(&shown).unwrap_or_else(|_| panic!("{arguments}: no JSON: {shown}"))
    }

    async fn expect(&self, arguments: &str, expected: &str) {
        assert_eq!(self.shows(&format!("--no-raw {arguments}")).await, expected, "{arguments}");
    }
}

/// Arguments are parted by blanks; those in single quotes keep theirs.
fn split(arguments: &str) -> impl Iterator<Item = &str> {
    arguments.split('\'').enumerate().flat_map(|(number, part)| -> Box<dyn Iterator<Item = &str>> {
        if number % 2 == 1 { Box::new(std::iter::once(part)) } else { Box::new(part.split_whitespace()) }
    })
}

async fn judged_by(program: String, url: String) {
    let cli = Cli { program, url, prefix: format!("t-redis-cli-{}:", std::process::id()) };
    commands(&cli).await;
    streams(&cli).await;
    scripts(&cli).await;
    modes(&cli).await;
    let keys = cli.shows("--scan --pattern ~*").await;
    let gone = cli.shows(&format!("DEL {}", keys.replace('\n', " "))).await;
    assert_eq!(gone, keys.lines().count().to_string());
}

async fn commands(cli: &Cli) {
    cli.expect("SET ~greeting 'hello there' EX 1000", "OK").await;
    cli.expect("GET ~greeting", "\"hello there\"").await;
    cli.expect("GET ~none", "(nil)").await;
    cli.expect("SET ~greeting again NX", "(nil)").await;
    cli.expect("HSET ~hash field value other 2", "(integer) 2").await;
    cli.expect("LPUSH ~greeting x", "(error) WRONGTYPE Operation against a key holding the wrong kind of value").await;
    cli.expect("NONSENSE a", "(error) ERR unknown command 'NONSENSE', with args beginning with: 'a'").await;
    cli.expect("GET", "(error) ERR wrong number of arguments for 'get' command").await;

    let hello = cli.shows("--no-raw HELLO 3").await;
    assert!(hello.contains("\"proto\" => (integer) 3") && hello.contains("\"server\" => \"redis\""), "{hello}");
    // A map is a map with RESP3, a double is a double.
    assert_eq!(cli.json("HGETALL ~hash").await, json!({"field": "value", "other": "2"}));
    cli.expect("ZADD ~scores 1.5 ada 2.25 grace", "(integer) 2").await;
    assert_eq!(cli.json("ZRANGE ~scores 0 -1 WITHSCORES").await, json!([["ada", 1.5], ["grace", 2.25]]));

    let info = cli.shows("INFO").await;
    for line in ["# Server", "redis_mode:standalone", "# Keyspace", "db0:keys="] {
        assert!(info.contains(line), "INFO has no {line}: {info}");
    }
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or_default();
    assert!(version.split('.').next().is_some_and(|major| major.parse().is_ok_and(|major: u32| major >= 7)), "{info}");
}

async fn streams(cli: &Cli) {
    cli.expect("XADD ~stream 1-1 kind first", "\"1-1\"").await;
    cli.expect("XADD ~stream 2-1 kind second", "\"2-1\"").await;
    let behind = "(error) ERR The ID specified in XADD is equal or smaller than the target stream top item";
    cli.expect("XADD ~stream 1-2 kind late", behind).await;
    cli.expect("XGROUP CREATE ~stream group 0", "OK").await;
    let busy = "(error) BUSYGROUP Consumer Group name already exists";
    cli.expect("XGROUP CREATE ~stream group 0", busy).await;
    let read = cli.json("XREADGROUP GROUP group ada COUNT 1 STREAMS ~stream >").await;
    assert_eq!(read, json!({"~stream": [["1-1", ["kind", "first"]]]}));
    let read = cli.json("XREADGROUP GROUP group grace COUNT 10 BLOCK 1000 STREAMS ~stream >").await;
    assert_eq!(read, json!({"~stream": [["2-1", ["kind", "second"]]]}));
    assert_eq!(cli.json("XPENDING ~stream group").await, json!([2, "1-1", "2-1", [["ada", "1"], ["grace", "1"]]]));
    cli.expect("XACK ~stream group 1-1 7-7", "(integer) 1").await;
    let claimed = cli.json("XAUTOCLAIM ~stream group ada 0 0").await;
    assert_eq!(claimed[1], json!([["2-1", ["kind", "second"]]]), "{claimed}");
    let stream = cli.json("XINFO STREAM ~stream").await;
    assert_eq!((&stream["length"], &stream["last-generated-id"]), (&json!(2), &json!("2-1")), "{stream}");
}

async fn scripts(cli: &Cli) {
    let script = "'redis.call(\"SET\", KEYS[1], ARGV[1]) return {1, \"two\", redis.call(\"GET\", KEYS[1]), false}'";
    cli.expect(&format!("EVAL {script} 1 ~scripted three"), "1) (integer) 1\n2) \"two\"\n3) \"three\"\n4) (nil)").await;
    let sha = cli.shows("SCRIPT LOAD 'return #ARGV'").await;
    cli.expect(&format!("EVALSHA {sha} 0 a b c"), "(integer) 3").await;
    let unknown = "(error) NOSCRIPT No matching script. Please use EVAL.";
    cli.expect("EVALSHA ffffffffffffffffffffffffffffffffffffffff 0", unknown).await;
    let failed = cli.shows("--no-raw EVAL 'return redis.call(\"LPUSH\", KEYS[1], 1)' 1 ~greeting").await;
    assert!(failed.starts_with("(error) WRONGTYPE Operation against a key"), "{failed}");
}

async fn modes(cli: &Cli) {
    let load: String = (0..500).map(|number| format!("SET {}loaded:{number} {number}\r\n", cli.prefix)).collect();
    let loaded = cli.run(&["--pipe".to_owned()], &load).await;
    assert!(loaded.ends_with("errors: 0, replies: 500"), "{loaded}");
    let scanned = cli.shows("--scan --pattern ~loaded:*").await;
    let mut scanned: Vec<&str> = scanned.lines().collect();
    scanned.sort_unstable();
    scanned.dedup();
    assert_eq!(scanned.len(), 500, "every key is seen");
    let big = cli.shows("--bigkeys").await;
    assert!(big.contains("-------- summary -------") && big.contains("streams with"), "{big}");
    let session = cli
        .run(
            &["--no-raw".to_owned()],
            "MULTI\nINCR {p}counter\nINCR {p}counter\nEXEC\n".replace("{p}", &cli.prefix).as_str(),
        )
        .await;
    assert_eq!(session, "OK\nQUEUED\nQUEUED\n1) (integer) 1\n2) (integer) 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_cli_takes_the_embedded_redis_for_one() {
    let Some(program) = engines::real("redis-cli", VARIABLE) else { return };
    let server = Server::start(Options::default()).await.unwrap();
    judged_by(program, server.url()).await;
    server.shutdown().await;
}

#[tokio::test]
async fn redis_cli_says_the_same_of_a_real_redis() {
    let Some(program) = engines::real("redis-cli", VARIABLE) else { return };
    let Some(url) = engines::real("Redis", "OCTAVO_TEST_REDIS_URL") else { return };
    judged_by(program, url).await;
}

async fn judged_by_python(python: &str, url: &str) {
    let prefix = format!("t-redis-py-{}:", std::process::id());
    let said = script::run("redis_client.py", python, &json!({ "url": url, "prefix": prefix })).await;
    script::judge(&[said], String::new);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_py_takes_the_embedded_redis_for_one() {
    let Some(python) = script::python("Python client of Redis") else { return };
    let server = Server::start(Options::default()).await.unwrap();
    judged_by_python(&python, &server.url()).await;
    server.shutdown().await;
}

#[tokio::test]
async fn redis_py_says_the_same_of_a_real_redis() {
    let Some(python) = script::python("Python client of Redis") else { return };
    let Some(url) = engines::real("Redis", "OCTAVO_TEST_REDIS_URL") else { return };
    judged_by_python(&python, &url).await;
}
