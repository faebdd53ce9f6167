//! Substitutions: who decides for somebody who is away.

use crate::Substitution;
use crate::limits::{SUBSTITUTION_CATEGORIES_MAX, SUBSTITUTION_DAYS_MAX};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::UserId;
use std::collections::BTreeSet;

/// Why something that is set is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InvalidSetting {
    /// Which member.
    pub field: String,
    /// What was expected.
    pub message: String,
}

/// For whom this person decides now, in approvals of this category, by the day of each substitution's zone. Not handed on: the
/// substitute of a substitute is none.
pub fn acting_for(
    substitutions: &[Substitution],
    user: &UserId,
    category: Option<&str>,
    now: DateTime<Utc>,
) -> BTreeSet<UserId> {
    let theirs = substitutions.iter().filter(|one| one.substitute == *user && one.user != *user);
    theirs.filter(|one| one.holds(category, now)).map(|one| one.user.clone()).collect()
}

/// Who decides for this person now, in approvals of this category: to tell them as well.
pub fn substitutes_of(
    substitutions: &[Substitution],
    user: &UserId,
    category: Option<&str>,
    now: DateTime<Utc>,
) -> BTreeSet<UserId> {
    let theirs = substitutions.iter().filter(|one| one.user == *user && one.substitute != *user);
    theirs.filter(|one| one.holds(category, now)).map(|one| one.substitute.clone()).collect()
}

impl Substitution {
    /// Whether it holds at this moment for approvals of this category.
    pub fn holds(&self, category: Option<&str>, now: DateTime<Utc>) -> bool {
        let day = self.zone.day_of(now);
        let named = || self.categories.iter().any(|one| Some(one.as_str()) == category);
        self.from <= day && day <= self.to && (self.categories.is_empty() || named())
    }

    /// Whether it is acceptable: another person, days in their order and at most [`SUBSTITUTION_DAYS_MAX`], at most
    /// [`SUBSTITUTION_CATEGORIES_MAX`] categories.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        let days = (self.to - self.from).num_days() + 1;
        if self.user == self.substitute {
            return Err(invalid("substitute", "expected somebody else".to_owned()));
        }
        if days < 1 {
            return Err(invalid("to", "expected a day that is not before the first".to_owned()));
        }
        if days > SUBSTITUTION_DAYS_MAX {
            return Err(invalid("to", format!("expected at most {SUBSTITUTION_DAYS_MAX} days")));
        }
        if self.categories.len() > SUBSTITUTION_CATEGORIES_MAX {
            return Err(invalid("categories", format!("expected at most {SUBSTITUTION_CATEGORIES_MAX}")));
        }
        match self.categories.iter().find(|category| !crate::check::is_category(category)) {
            Some(category) => Err(invalid("categories", format!("{category:?}: {}", crate::check::CATEGORY))),
            None => Ok(()),
        }
    }
}

fn invalid(field: &str, message: String) -> InvalidSetting {
    InvalidSetting { field: field.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    /// Bob is away from the 1st to the 3rd of December, in Auckland.
    fn away(categories: &[&str]) -> Substitution {
        Substitution {
            id: crate::derived_id(&["s"]),
            user: user("bob"),
            substitute: user("fay"),
            from: "2026-12-01".parse().unwrap(),
            to: "2026-12-03".parse().unwrap(),
            zone: "Pacific/Auckland".parse().unwrap(),
            categories: categories.iter().map(|category| (*category).to_owned()).collect(),
            created_by: user("bob"),
            created_at: "2026-11-27T10:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn days_are_those_of_whose_zone_it_is() {
        for (at, holds) in [
            ("2026-11-30T10:59:59Z", false),
            ("2026-11-30T11:00:00Z", true),
            ("2026-12-03T10:59:59Z", true),
            ("2026-12-03T11:00:00Z", false),
        ] {
            assert_eq!(away(&[]).holds(None, at.parse().unwrap()), holds, "{at}");
        }
    }

    #[test]
    fn for_whom_and_by_whom() {
        let now = "2026-12-01T10:00:00Z".parse().unwrap();
        let all = [away(&["contract"])];
        assert_eq!(acting_for(&all, &user("fay"), Some("contract"), now), [user("bob")].into());
        assert_eq!(substitutes_of(&all, &user("bob"), Some("contract"), now), [user("fay")].into());
        for (who, category) in
            [("fay", None), ("fay", Some("leave")), ("bob", Some("contract")), ("gil", Some("contract"))]
        {
            assert!(acting_for(&all, &user(who), category, now).is_empty(), "{who} {category:?}");
        }
        // The substitute of a substitute is none.
        let chain = [away(&[]), Substitution { user: user("fay"), substitute: user("gil"), ..away(&[]) }];
        assert_eq!(acting_for(&chain, &user("gil"), None, now), [user("fay")].into());
    }

    #[test]
    fn what_is_none() {
        let good = away(&["contract"]);
        assert_eq!(good.check(), Ok(()));
        for (bad, field) in [
            (Substitution { substitute: user("bob"), ..good.clone() }, "substitute"),
            (Substitution { to: "2026-11-30".parse().unwrap(), ..good.clone() }, "to"),
            (Substitution { to: "2028-01-01".parse().unwrap(), ..good.clone() }, "to"),
            (Substitution { categories: vec!["a".to_owned(); 51], ..good.clone() }, "categories"),
            (Substitution { categories: vec!["A b".to_owned()], ..good }, "categories"),
        ] {
            assert_eq!(bad.check().unwrap_err().field, field);
        }
    }
}
