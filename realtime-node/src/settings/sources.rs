//! Which queues the node polls and which schedules it fires, as its environment says it.

use octavo_wiring_settings::{Environment, Queues, SettingsError};
use octavo_wiring_triggers::{Mapping, Schedule};
use std::time::Duration;

/// The platform's own queues, as the functions' manifests declare them.
const QUEUES_DEFAULT: &str = "index, ai, generate:batch=1:concurrency=4:timeout_ms=300000, \
                              step:batch=10:window_ms=0:concurrency=64:timeout_ms=900000, \
                              approvals:batch=10:window_ms=0:concurrency=4:timeout_ms=60000, \
                              notify:batch=50:window_ms=0:concurrency=8:timeout_ms=120000, \
                              search:batch=5:window_ms=0:concurrency=1:timeout_ms=15000";
/// Its own schedules: the function, a colon, the schedule's name, `=`, an expression of EventBridge's.
const SCHEDULES_DEFAULT: &str = "ai:sweep=rate(1 minute)";

const QUEUES_EXPECTED: &str =
    "queues separated by commas, NAME[:batch=N][:window_ms=N][:concurrency=N][:timeout_ms=N], or none";
const SCHEDULES_EXPECTED: &str = "schedules separated by semicolons, FUNCTION:NAME=EXPRESSION, or none";

/// Beyond a function's deadline, before what it held is given to another.
const VISIBILITY_MARGIN: Duration = Duration::from_secs(5);
/// Deliveries before a message goes to the dead letters.
const RECEIVES_MAX: u32 = 8;

/// The queues to poll. With SQS nothing is polled: its own event source mapping does that.
pub(crate) fn queues(
    environment: &Environment,
    queues: &Queues,
    function_timeout: Duration,
) -> Result<Vec<Mapping>, SettingsError> {
    let unusable = |expected| SettingsError::Unusable { variable: "OCTAVO_NODE_QUEUES".to_owned(), expected };
    let given = environment.optional("OCTAVO_NODE_QUEUES");
    let text = match (given.as_deref(), queues) {
        (None, Queues::Redis(_)) => QUEUES_DEFAULT,
        (None | Some("none"), _) => return Ok(Vec::new()),
        (Some(text), Queues::Redis(_)) => text,
        (Some(_), Queues::Sqs { .. }) => {
            return Err(unusable("none where OCTAVO_QUEUES is sqs, whose own event source mapping polls"));
        }
    };
    text.split(',').map(|queue| mapping(queue, function_timeout).ok_or_else(|| unusable(QUEUES_EXPECTED))).collect()
}

fn mapping(text: &str, function_timeout: Duration) -> Option<Mapping> {
    let mut parts = text.trim().split(':');
    let name = parts.next()?;
    let mut mapping = Mapping::new(name.parse().ok()?, name);
    mapping.batch_size = 100;
    mapping.batch_window = Duration::from_millis(50);
    mapping.max_receive_count = RECEIVES_MAX;
    mapping.function_timeout = function_timeout;
    for part in parts {
        let (option, number) = part.split_once('=')?;
        let number: u64 = number.trim().parse().ok()?;
        match option.trim() {
            "window_ms" => mapping.batch_window = Duration::from_millis(number),
            _ if number == 0 => return None,
            "batch" => mapping.batch_size = usize::try_from(number).ok()?,
            "concurrency" => mapping.concurrency = usize::try_from(number).ok()?,
            "timeout_ms" => mapping.function_timeout = Duration::from_millis(number),
            _ => return None,
        }
    }
    mapping.visibility = mapping.function_timeout + mapping.batch_window + VISIBILITY_MARGIN;
    Some(mapping)
}

/// The schedules to fire. With SQS none by default: there EventBridge fires them.
pub(crate) fn schedules(environment: &Environment, queues: &Queues) -> Result<Vec<Schedule>, SettingsError> {
    let given = environment.optional("OCTAVO_NODE_SCHEDULES");
    let text = match (given.as_deref(), queues) {
        (None, Queues::Redis(_)) => SCHEDULES_DEFAULT,
        (None, Queues::Sqs { .. }) | (Some("none"), _) => return Ok(Vec::new()),
        (Some(text), _) => text,
    };
    let unusable =
        || SettingsError::Unusable { variable: "OCTAVO_NODE_SCHEDULES".to_owned(), expected: SCHEDULES_EXPECTED };
    text.split(';').map(|schedule| self::schedule(schedule).ok_or_else(unusable)).collect()
}

fn schedule(text: &str) -> Option<Schedule> {
    let (who, expression) = text.trim().split_once('=')?;
    let (function, name) = who.trim().split_once(':')?;
    let named = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (named(function) && named(name)).then_some(())?;
    Some(Schedule {
        // As the emulator names it: what fired is known under one name in both.
        name: format!("{function}-{name}"),
        expression: expression.trim().parse().ok()?,
        function: function.to_owned(),
        detail: serde_json::json!({}),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(20);

    fn environment(variable: &str, value: &str) -> Environment {
        Environment::of([
            (variable.to_owned(), value.to_owned()),
            ("OCTAVO_REDIS_URL".to_owned(), "redis://h".to_owned()),
        ])
    }

    fn polled(value: &str) -> Result<Vec<Mapping>, SettingsError> {
        let environment = environment("OCTAVO_NODE_QUEUES", value);
        queues(&environment, &Queues::read(&environment)?, TIMEOUT)
    }

    #[test]
    fn the_platforms_own_queues_are_polled_by_default() {
        let mappings = polled("").unwrap();
        let names: Vec<_> = mappings.iter().map(|mapping| mapping.queue.as_str()).collect();
        assert_eq!(names, ["index", "ai", "generate", "step", "approvals", "notify", "search"]);
        assert_eq!((mappings[0].batch_size, mappings[0].function_timeout), (100, TIMEOUT));
        let generate = &mappings[2];
        assert_eq!((generate.batch_size, generate.concurrency), (1, 4));
        assert_eq!(generate.function_timeout, Duration::from_secs(300));
        assert!(generate.visibility > generate.function_timeout);
        assert_eq!((mappings[0].batch_window, mappings[3].batch_window), (Duration::from_millis(50), Duration::ZERO));
        assert!(polled("none").unwrap().is_empty());
        for wrong in ["Index", "index:batch=0", "index:batch", "index:size=3", ","] {
            assert!(polled(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_platforms_own_schedules_fire_by_default_and_wrong_ones_are_named() {
        let read = |value: &str| {
            let environment = environment("OCTAVO_NODE_SCHEDULES", value);
            schedules(&environment, &Queues::read(&environment)?)
        };
        let own = read("").unwrap();
        assert_eq!((own[0].name.as_str(), own[0].function.as_str()), ("ai-sweep", "ai"));
        assert_eq!(read("a:b=rate(5 minutes); c:d=cron(0 3 * * ? *)").unwrap().len(), 2);
        assert!(read("none").unwrap().is_empty());
        for wrong in ["ai", "ai:sweep", "ai:sweep=rate(5 fortnights)", ":x=rate(1 minute)"] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("OCTAVO_NODE_SCHEDULES"), "{error}");
        }
    }
}
