//! Where an alias sends starts, as an input gives it and as it is shown.

use crate::machines::find::check_arn;
use crate::protocol::{Checks, Fault, Name};
use octavo_domain_workflow::arn::{Arn, Resource};
use octavo_domain_workflow::catalogue::{Alias, Route};
use serde::{Deserialize, Serialize};

/// Versions of an alias at most.
const ROUTES_MAX: usize = 2;
/// What the weights of an alias are together.
const WEIGHTS: i64 = 100;

/// A version with its share of starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteItem {
    pub(crate) state_machine_version_arn: String,
    pub(crate) weight: i64,
}

/// Checks lengths and ranges.
pub(crate) fn check(checks: &mut Checks, routes: &[RouteItem]) {
    if routes.is_empty() || routes.len() > ROUTES_MAX {
        let shown = format!("{} items", routes.len());
        checks.fail("routingConfiguration", shown, "Member must have length between 1 and 2, inclusive");
    }
    for (at, route) in routes.iter().enumerate() {
        let member = |name: &str| format!("routingConfiguration.{}.member.{name}", at + 1);
        check_arn(checks, &member("stateMachineVersionArn"), &route.state_machine_version_arn);
        checks.range(&member("weight"), route.weight, 0..=WEIGHTS);
    }
}

/// The machine that the routes are of, and the routes.
///
/// # Errors
///
/// `InvalidArn`; `ValidationException` where they are not one or two different versions of one machine, whose weights are a
/// hundred together.
pub(crate) fn read(items: &[RouteItem]) -> Result<(String, Vec<Route>), Fault> {
    let refused = |text: String| Err(Fault::validation(text).because("INVALID_ROUTING_CONFIGURATION"));
    let arns: Vec<&str> = items.iter().map(|item| item.state_machine_version_arn.as_str()).collect();
    let received = arns.join(", ");
    let mut machine: Option<&str> = None;
    let mut routes: Vec<Route> = Vec::with_capacity(items.len());
    for item in items {
        let arn = Arn::parse(&item.state_machine_version_arn)?;
        let (Resource::Version { number, .. }, Some(of)) = (arn.resource, arn.machine_arn()) else {
            return refused(format!(
                "Routing configuration must contain state machine version ARNs. Received: [{received}]"
            ));
        };
        if machine.is_some_and(|machine| machine != of) {
            return refused(format!(
                "Routing configuration must contain versions of one state machine. Received: [{received}]"
            ));
        }
        if routes.iter().any(|route| route.version == number) {
            return refused(format!(
                "Routing configuration must contain different state machine versions. Received: [{received}]"
            ));
        }
        machine = Some(of);
        routes.push(Route { version: number, weight: u8::try_from(item.weight).unwrap_or(u8::MAX) });
    }
    let weights: i64 = items.iter().map(|item| item.weight).sum();
    if weights != WEIGHTS {
        return refused(format!(
            "Sum of routing configuration weights must equal {WEIGHTS}. Received: {weights} for [{received}]"
        ));
    }
    Ok((machine.unwrap_or_default().to_owned(), routes))
}

/// As an alias is shown.
pub(crate) fn shown(alias: &Alias) -> Vec<RouteItem> {
    let item = |route: &Route| RouteItem {
        state_machine_version_arn: format!("{}:{}", alias.machine_arn, route.version),
        weight: route.weight.into(),
    };
    alias.routes.iter().map(item).collect()
}

/// A version, or an alias, that is not there.
pub(crate) fn missing() -> Fault {
    Fault::new(Name::ResourceNotFound, "Request references a resource that does not exist.")
}

/// The machine and the name of the alias `arn`.
///
/// # Errors
///
/// `InvalidArn`; `ValidationException` for something else than an alias.
pub(crate) fn parse(arn: &str) -> Result<(&str, &str), Fault> {
    let parsed = crate::machines::find::parse(arn)?;
    match (parsed.resource, parsed.machine_arn()) {
        (Resource::Alias { alias, .. }, Some(machine_arn)) => Ok((machine_arn, alias)),
        _ => Err(Fault::validation(format!("The ARN of a state machine alias is needed. Received: '{arn}'"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "arn:aws:states:us-east-1:111111111111:stateMachine:orders";

    fn item(version: &str, weight: i64) -> RouteItem {
        RouteItem { state_machine_version_arn: format!("{MACHINE}{version}"), weight }
    }

    #[test]
    fn one_or_two_versions_of_a_machine_share_a_hundred() {
        assert_eq!(read(&[item(":3", 100)]).unwrap(), (MACHINE.to_owned(), vec![Route { version: 3, weight: 100 }]));
        assert_eq!(read(&[item(":3", 30), item(":1", 70)]).unwrap().1.len(), 2);
        let other = RouteItem { state_machine_version_arn: format!("{MACHINE}-2:1"), weight: 50 };
        let cases = [
            (vec![item("", 100)], "must contain state machine version ARNs"),
            (vec![item(":live", 100)], "must contain state machine version ARNs"),
            (vec![item(":1", 50), other], "of one state machine"),
            (vec![item(":1", 50), item(":1", 50)], "different state machine versions"),
            (vec![item(":1", 99)], "must equal 100"),
            (vec![item(":1", 60), item(":2", 60)], "must equal 100"),
        ];
        for (items, part) in cases {
            let fault = read(&items).unwrap_err();
            assert!(fault.name == Name::ValidationException && fault.to_string().contains(part), "{fault}");
        }
    }
}
