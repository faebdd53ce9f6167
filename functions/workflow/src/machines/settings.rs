//! `loggingConfiguration`, `tracingConfiguration`, `encryptionConfiguration`, and what else a state machine is made with.
//!
//! They are checked, kept and shown. Logs and traces of executions are the platform's own: nothing is sent to a log group or
//! to a tracing service that a configuration names.

use crate::protocol::{Checks, Fault, Name};
use octavo_domain_workflow::definition::{parse, refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The longest name of a log group, in characters: the service's own.
const LOG_GROUP_CHARS_MAX: usize = 256;
/// The longest role, in characters: the service's own.
pub(crate) const ROLE_CHARS_MAX: usize = 256;
/// The longest description of a version or an alias, in characters: the service's own.
pub(crate) const DESCRIPTION_CHARS_MAX: usize = 256;
/// The types of a state machine, in the order of the service's own texts.
pub(crate) const TYPES: &[&str] = &["STANDARD", "EXPRESS"];

/// How executions are logged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Logging {
    #[serde(skip_serializing_if = "Option::is_none")]
    destinations: Option<Vec<Destination>>,
    #[serde(default)]
    include_execution_data: bool,
    level: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_watch_logs_log_group: Option<LogGroup>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogGroup {
    log_group_arn: Option<String>,
}

/// Whether executions are traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Tracing {
    #[serde(default)]
    enabled: bool,
}

/// Whose key encrypts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Encryption {
    #[serde(rename = "type")]
    kind: String,
    kms_key_id: Option<String>,
    kms_data_key_reuse_period_seconds: Option<i64>,
}

/// The three, where they are given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    pub(crate) logging: Option<Logging>,
    pub(crate) tracing: Option<Tracing>,
    pub(crate) encryption: Option<Encryption>,
}

impl Encryption {
    /// Checks values of members.
    pub(crate) fn check(&self, checks: &mut Checks) {
        let kinds = ["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"];
        checks.one_of("encryptionConfiguration.type", &self.kind, &kinds);
        checks.length_if("encryptionConfiguration.kmsKeyId", self.kms_key_id.as_ref(), 1..=2_048);
        let seconds = self.kms_data_key_reuse_period_seconds;
        checks.range_if("encryptionConfiguration.kmsDataKeyReusePeriodSeconds", seconds, 60..=900);
    }

    /// Refuses what there is no key for.
    pub(crate) fn accept(&self) -> Result<(), Fault> {
        let refused = |why: &str| {
            Err(Fault::new(Name::InvalidEncryptionConfiguration, format!("Invalid Encryption Configuration: {why}")))
        };
        if self.kind != "AWS_OWNED_KEY" {
            return refused("A customer managed key cannot be used here; the platform's own keys can (AWS_OWNED_KEY).");
        }
        if self.kms_key_id.is_some() || self.kms_data_key_reuse_period_seconds.is_some() {
            return refused("kmsKeyId and kmsDataKeyReusePeriodSeconds go with a customer managed key only.");
        }
        Ok(())
    }
}

impl Settings {
    /// What a state machine has with these: what is not given is as in `before`.
    pub(crate) fn over(&self, before: &Value) -> Result<Value, Fault> {
        let mut all = before.as_object().cloned().unwrap_or_default();
        let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
        if let Some(logging) = &self.logging {
            put("loggingConfiguration", logging.accepted()?);
        }
        if let Some(tracing) = &self.tracing {
            put("tracingConfiguration", json!(tracing));
        }
        if let Some(encryption) = &self.encryption {
            encryption.accept()?;
            put("encryptionConfiguration", json!({ "type": encryption.kind }));
        }
        Ok(Value::Object(all))
    }
}

/// What a state machine has unless something else is set.
pub(crate) fn default_shown() -> Value {
    json!({
        "loggingConfiguration": { "includeExecutionData": false, "level": "OFF" },
        "tracingConfiguration": { "enabled": false },
        "encryptionConfiguration": { "type": "AWS_OWNED_KEY" },
    })
}

/// Checks values of members.
pub(crate) fn check(checks: &mut Checks, logging: Option<&Logging>, encryption: Option<&Encryption>) {
    if let Some(logging) = logging {
        let levels = ["ALL", "ERROR", "FATAL", "OFF"];
        checks.one_of_if("loggingConfiguration.level", logging.level.as_ref(), &levels);
        for (at, destination) in logging.destinations.iter().flatten().enumerate() {
            let member =
                format!("loggingConfiguration.destinations.{}.member.cloudWatchLogsLogGroup.logGroupArn", at + 1);
            let arn = destination.cloud_watch_logs_log_group.as_ref().and_then(|group| group.log_group_arn.as_ref());
            checks.length_if(&member, arn, 1..=LOG_GROUP_CHARS_MAX);
        }
    }
    if let Some(encryption) = encryption {
        encryption.check(checks);
    }
}

impl Logging {
    fn accepted(&self) -> Result<Value, Fault> {
        let refused = |why: &str| {
            Err(Fault::new(Name::InvalidLoggingConfiguration, format!("Invalid Logging Configuration: {why}")))
        };
        let level = self.level.as_deref().unwrap_or("OFF");
        let destinations = self.destinations.as_deref().unwrap_or_default();
        let needed = if level == "OFF" { 0..=1 } else { 1..=1 };
        if !needed.contains(&destinations.len()) {
            return refused("Must specify exactly one Log Destination.");
        }
        for destination in destinations {
            let group =
                destination.cloud_watch_logs_log_group.as_ref().and_then(|group| group.log_group_arn.as_deref());
            // As the service has it: the name of a log group's streams.
            let known = group.is_some_and(|arn| {
                let parts: Vec<&str> = arn.split(':').collect();
                matches!(parts[..], ["arn", _, "logs", _, _, "log-group", name, "*"] if !name.is_empty())
            });
            if !known {
                return refused("Log Destination must be the ARN of a CloudWatch Logs log group that ends with ':*'.");
            }
        }
        let shown = Self { level: Some(level.to_owned()), ..self.clone() };
        Ok(json!(shown))
    }
}

/// Refuses a definition that cannot run, with everything that is wrong with it.
///
/// # Errors
///
/// `InvalidDefinition`.
pub(crate) fn check_definition(text: &str, express: bool) -> Result<(), Fault> {
    match parse(text, express) {
        Ok(_) => Ok(()),
        Err(findings) => Err(Fault::new(Name::InvalidDefinition, refusal(&findings))),
    }
}

/// Refuses what is no role's ARN. Roles are kept and shown; what tasks may do is the platform's to decide.
///
/// # Errors
///
/// `InvalidArn`.
pub(crate) fn check_role(role: &str) -> Result<(), Fault> {
    let parts: Vec<&str> = role.splitn(6, ':').collect();
    let [arn, partition, "iam", "", account, resource] = parts[..] else {
        return Err(invalid_role(role));
    };
    let account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let named = resource.strip_prefix("role/").is_some_and(|name| !name.is_empty());
    let printable = role.bytes().all(|byte| byte.is_ascii_graphic());
    if arn == "arn" && partition.starts_with("aws") && account && named && printable {
        Ok(())
    } else {
        Err(invalid_role(role))
    }
}

fn invalid_role(role: &str) -> Fault {
    Fault::new(Name::InvalidArn, format!("Invalid Role Arn: '{role}'"))
}

/// A version's description without a version to be published.
pub(crate) fn check_description(publish: bool, description: Option<&String>) -> Result<(), Fault> {
    if !publish && description.is_some() {
        return Err(Fault::validation("Version description can only be set when publish is true"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(mut given: Value, before: &Value) -> Result<Value, Fault> {
        let settings = Settings {
            logging: serde_json::from_value(given["loggingConfiguration"].take()).unwrap(),
            tracing: serde_json::from_value(given["tracingConfiguration"].take()).unwrap(),
            encryption: serde_json::from_value(given["encryptionConfiguration"].take()).unwrap(),
        };
        settings.over(before)
    }

    #[test]
    fn what_is_not_given_stays() {
        let before = default_shown();
        let changed = over(json!({ "tracingConfiguration": { "enabled": true } }), &before).unwrap();
        assert_eq!(changed["tracingConfiguration"], json!({ "enabled": true }));
        assert_eq!(changed["loggingConfiguration"], before["loggingConfiguration"]);
        assert_eq!(over(json!({}), &changed).unwrap(), changed);
    }

    #[test]
    fn logs_go_to_exactly_one_log_group() {
        let group = |arn: &str| json!({ "cloudWatchLogsLogGroup": { "logGroupArn": arn } });
        let good = group("arn:aws:logs:us-east-1:111111111111:log-group:orders:*");
        let logging = |level: &str, destinations: Vec<Value>| {
            let given = json!({ "level": level, "includeExecutionData": true, "destinations": destinations });
            over(json!({ "loggingConfiguration": given }), &json!({}))
        };
        for level in ["ALL", "OFF"] {
            let shown = logging(level, vec![good.clone()]).unwrap();
            let expected = json!({ "destinations": [good], "includeExecutionData": true, "level": level });
            assert_eq!(shown["loggingConfiguration"], expected);
        }
        logging("OFF", vec![]).unwrap();
        for (level, destinations) in [
            ("ALL", vec![]),
            ("ALL", vec![good.clone(), good.clone()]),
            ("OFF", vec![good.clone(), good]),
            ("ALL", vec![group("orders")]),
            ("ALL", vec![json!({})]),
        ] {
            let fault = logging(level, destinations).unwrap_err();
            assert_eq!(fault.name, Name::InvalidLoggingConfiguration, "{fault}");
        }
    }

    #[test]
    fn only_the_platforms_own_keys_encrypt() {
        let encrypt = |given: Value| over(json!({ "encryptionConfiguration": given }), &json!({}));
        assert!(encrypt(json!({ "type": "AWS_OWNED_KEY" })).is_ok());
        let customer = json!({ "type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/k" });
        assert_eq!(encrypt(customer).unwrap_err().name, Name::InvalidEncryptionConfiguration);
    }

    #[test]
    fn a_role_is_one_of_iam() {
        assert!(check_role("arn:aws:iam::111111111111:role/service/orders").is_ok());
        for bad in ["", "role", "arn:aws:iam::1:role/x", "arn:aws:iam::111111111111:user/x", "arn:aws:s3:::bucket"] {
            assert_eq!(check_role(bad).unwrap_err().name, Name::InvalidArn, "{bad}");
        }
    }
}
