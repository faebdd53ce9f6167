//! What holds for a category where a tenant says nothing.

use crate::{CategoryRule, Channel, Settings, Urgency};
use std::collections::BTreeSet;

/// A family of categories as the platform has it: every category whose first part is its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformCategory {
    /// `approval.*`: as a key of a tenant's rules and of preferences.
    pub name: &'static str,
    /// What it is called, in English.
    pub title: &'static str,
    /// By which channels people are told.
    pub channels: &'static [Channel],
    /// Whether they are told whatever they choose.
    pub mandatory: bool,
}

/// Every family that the platform has rules for, and `*` for the rest.
pub const PLATFORM_CATEGORIES: &[PlatformCategory] = &[
    PlatformCategory {
        name: "approval.*",
        title: "Approvals",
        channels: &[Channel::Email, Channel::InApp],
        mandatory: false,
    },
    PlatformCategory { name: "comment.*", title: "Comments", channels: &[Channel::InApp], mandatory: false },
    PlatformCategory {
        name: "document.*",
        title: "Documents",
        channels: &[Channel::Email, Channel::InApp],
        mandatory: false,
    },
    PlatformCategory {
        name: "generation.*",
        title: "Generated documents",
        channels: &[Channel::InApp],
        mandatory: false,
    },
    PlatformCategory {
        name: "search.*",
        title: "Saved searches",
        channels: &[Channel::Email, Channel::InApp],
        mandatory: false,
    },
    PlatformCategory {
        name: "workflow.*",
        title: "Workflows",
        channels: &[Channel::Email, Channel::InApp],
        mandatory: false,
    },
    PlatformCategory {
        name: "security.*",
        title: "Security",
        channels: &[Channel::Email, Channel::InApp],
        mandatory: true,
    },
    PlatformCategory {
        name: "system.*",
        title: "The platform",
        channels: &[Channel::Email, Channel::InApp],
        mandatory: false,
    },
    // A test is asked for by whom it goes to: a choice of theirs must not hide whether a provider works.
    PlatformCategory { name: "test", title: "Tests", channels: &[Channel::Email, Channel::InApp], mandatory: true },
    PlatformCategory {
        name: "*",
        title: "Everything else",
        channels: &[Channel::Email, Channel::InApp],
        mandatory: false,
    },
];

/// The keys by which a category is looked for in rules and preferences, narrowest first: `approval.requested`, `approval.*`,
/// `*`.
pub fn category_keys(category: &str) -> Vec<String> {
    let mut keys = vec![category.to_owned()];
    if let Some((family, _)) = category.split_once('.') {
        keys.push(format!("{family}.*"));
    }
    keys.push("*".to_owned());
    keys.dedup();
    keys
}

impl Settings {
    /// The rule of a category: the tenant's narrowest, else the platform's. What is mandatory by the platform stays so, by the
    /// platform's channels too: a tenant can add to how people hear of a stolen password, and not take it away.
    pub fn rule_of(&self, category: &str) -> CategoryRule {
        let platform = platform_category(category);
        let own = category_keys(category).into_iter().find_map(|key| self.categories.get(&key)).cloned();
        match own {
            Some(mut rule) if platform.mandatory => {
                rule.mandatory = true;
                rule.channels.extend(platform.channels);
                rule
            }
            Some(rule) => rule,
            None => CategoryRule {
                channels: platform.channels.iter().copied().collect(),
                mandatory: platform.mandatory,
                targets: BTreeSet::new(),
                throttle: None,
                urgency: Urgency::Low,
            },
        }
    }
}

/// What the platform has for a category.
pub fn platform_category(category: &str) -> &'static PlatformCategory {
    category_keys(category)
        .iter()
        .find_map(|key| PLATFORM_CATEGORIES.iter().find(|known| known.name == key))
        .expect("the last key is * and the table has it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(channels: &[Channel]) -> CategoryRule {
        CategoryRule {
            channels: channels.iter().copied().collect(),
            mandatory: false,
            targets: BTreeSet::new(),
            throttle: None,
            urgency: Urgency::Low,
        }
    }

    #[test]
    fn the_narrowest_rule_holds() {
        let mut settings = Settings::default();
        assert_eq!(settings.rule_of("comment.added").channels, BTreeSet::from([Channel::InApp]));
        settings.categories.insert("*".to_owned(), rule(&[Channel::Sms]));
        assert_eq!(settings.rule_of("comment.added").channels, BTreeSet::from([Channel::Sms]));
        settings.categories.insert("comment.*".to_owned(), rule(&[Channel::Email]));
        assert_eq!(settings.rule_of("comment.added").channels, BTreeSet::from([Channel::Email]));
        settings.categories.insert("comment.added".to_owned(), rule(&[]));
        assert!(settings.rule_of("comment.added").channels.is_empty());
        assert_eq!(settings.rule_of("comment.removed").channels, BTreeSet::from([Channel::Email]));
    }

    #[test]
    fn what_is_mandatory_by_the_platform_stays_so() {
        let mut settings = Settings::default();
        settings.categories.insert("security.*".to_owned(), rule(&[Channel::Sms]));
        let rule = settings.rule_of("security.password");
        assert!(rule.mandatory);
        assert_eq!(rule.channels, BTreeSet::from([Channel::Email, Channel::Sms, Channel::InApp]));
    }

    #[test]
    fn what_nobody_named_is_everything_else() {
        assert_eq!(platform_category("invoice").name, "*");
        assert_eq!(platform_category("test").name, "test");
        assert_eq!(category_keys("a"), ["a", "*"]);
    }
}
