//! Whether preferences may be set.

use super::Invalid;
use super::shape::is_category_key;
use crate::{Channel, Choice, Preferences};

const CATEGORIES_MAX: usize = 200;
const QUIET_MAX: usize = 14;

impl Preferences {
    /// Whether they may be set.
    ///
    /// # Errors
    /// The first field that is not acceptable.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.choices.len() > CATEGORIES_MAX {
            return Invalid::at("choices", "expected at most 200 categories");
        }
        for (category, choices) in &self.choices {
            if !is_category_key(category) {
                return Invalid::at(
                    format!("choices.{category}"),
                    "expected a category, a family such as approval.*, or *",
                );
            }
            for (channel, choice) in choices {
                let at = format!("choices.{category}.{channel}");
                match (channel, choice) {
                    // The inbox is a list as it is.
                    (Channel::InApp, Choice::Digest) => {
                        return Invalid::at(at, "expected on or off: an inbox is no digest");
                    }
                    (Channel::Email | Channel::Sms | Channel::InApp, _) => {}
                    _ => return Invalid::at(at, "expected one of the channels email, sms and in_app"),
                }
            }
        }
        if self.quiet.len() > QUIET_MAX {
            return Invalid::at("quiet", "expected at most 14 quiet hours");
        }
        Ok(())
    }
}
