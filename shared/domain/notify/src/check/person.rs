//! Whether a person may be set.

use super::Invalid;
use super::shape::{is_email, is_language, is_line, is_phone, optional};
use crate::Person;

const NAME_CHARS_MAX: usize = 200;
const GROUPS_MAX: usize = 200;

impl Person {
    /// Whether they may be set.
    ///
    /// # Errors
    /// The first field that is not acceptable.
    pub fn check(&self) -> Result<(), Invalid> {
        let name = "expected one line of 1 to 200 characters";
        optional("name", self.name.as_deref(), |text| is_line(text, NAME_CHARS_MAX), name)?;
        let email = "expected a mail address such as ada@acme.example";
        optional("email", self.email.as_deref(), is_email, email)?;
        let phone = "expected a telephone number with its country such as +4366012345";
        optional("phone", self.phone.as_deref(), is_phone, phone)?;
        let language = "expected a language tag such as de or de-AT";
        optional("language", self.language.as_deref(), is_language, language)?;
        if self.groups.len() > GROUPS_MAX {
            return Invalid::at("groups", "expected at most 200 groups");
        }
        Ok(())
    }
}
