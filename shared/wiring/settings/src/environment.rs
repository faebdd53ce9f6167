//! Where settings come from.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Why a process cannot start with its settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable is needed and is not there.
    #[error("{variable} is not set: expected {expected}")]
    Missing {
        /// Its name.
        variable: String,
        /// What it is to hold.
        expected: &'static str,
    },
    /// A variable holds something else than it should. The value is not repeated: it may be a secret.
    #[error("{variable} cannot be used: expected {expected}")]
    Unusable {
        /// Its name.
        variable: String,
        /// What it is to hold.
        expected: &'static str,
    },
}

/// A value that does not show itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The variables that a process was started with; or, for a test or an emulator, a map of them.
#[derive(Debug, Clone)]
pub struct Environment {
    given: Option<BTreeMap<String, String>>,
    /// What holds where a variable is absent: a file's.
    defaults: BTreeMap<String, String>,
}

impl Environment {
    /// This process's own.
    pub fn process() -> Self {
        Self { given: None, defaults: BTreeMap::new() }
    }

    /// Exactly these.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { given: Some(variables.into_iter().collect()), defaults: BTreeMap::new() }
    }

    /// The same over a file's values: what the environment does not say, the file does.
    #[must_use]
    pub fn over(mut self, defaults: BTreeMap<String, String>) -> Self {
        self.defaults = defaults;
        self
    }

    /// A variable that may be absent. An empty one counts as absent.
    pub fn optional(&self, variable: &str) -> Option<String> {
        let value = match &self.given {
            Some(variables) => variables.get(variable).cloned(),
            #[expect(clippy::disallowed_methods, reason = "this crate is the one that reads the environment")]
            None => std::env::var(variable).ok(),
        };
        let value = value.filter(|value| !value.is_empty());
        value.or_else(|| self.defaults.get(variable).cloned()).filter(|value| !value.is_empty())
    }

    /// A variable that must be there.
    pub fn required(&self, variable: &str, expected: &'static str) -> Result<String, SettingsError> {
        self.optional(variable).ok_or_else(|| SettingsError::Missing { variable: variable.to_owned(), expected })
    }

    /// A variable that may be absent, parsed.
    pub fn parsed<T: FromStr>(&self, variable: &str, expected: &'static str) -> Result<Option<T>, SettingsError> {
        self.optional(variable)
            .map(|value| value.parse().map_err(|_| SettingsError::Unusable { variable: variable.to_owned(), expected }))
            .transpose()
    }

    /// A variable that must be there, parsed.
    pub fn required_parsed<T: FromStr>(&self, variable: &str, expected: &'static str) -> Result<T, SettingsError> {
        let value = self.required(variable, expected)?;
        value.parse().map_err(|_| SettingsError::Unusable { variable: variable.to_owned(), expected })
    }
}
