//! Settings of real time: the node's hubs, and what functions need to reach them.

use crate::groups::switch;
use crate::{Environment, Secret, SettingsError};
use url::Url;

/// Digits of a key.
const KEY_DIGITS: usize = 64;

/// What connection tokens are signed with and tenants' access keys are derived from.
#[derive(Debug, Clone)]
pub struct RealtimeKeys(
    /// `OCTAVO_REALTIME_KEYS`: 64 hexadecimal digits each, separated by commas, the same on every node; the first one
    /// signs, all verify.
    pub Vec<Secret>,
);

impl RealtimeKeys {
    /// The keys themselves: 32 bytes each.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        let digit = |digit: u8| (digit as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
        let of =
            |key: &Secret| key.expose().as_bytes().chunks(2).map(|two| digit(two[0]) << 4 | digit(two[1])).collect();
        self.0.iter().map(of).collect()
    }

    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let (variable, expected) = ("OCTAVO_REALTIME_KEYS", "keys of 64 hexadecimal digits, separated by commas");
        let text = environment.required(variable, expected)?;
        Self::parse(&text).ok_or_else(|| SettingsError::Unusable { variable: variable.to_owned(), expected })
    }

    /// The keys that `text` holds; none where one of them is no key.
    pub fn parse(text: &str) -> Option<Self> {
        let keys: Vec<&str> = text.split(',').map(str::trim).collect();
        let right = |key: &&str| key.len() == KEY_DIGITS && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        keys.iter()
            .all(right)
            .then(|| Self(keys.into_iter().map(|key| Secret::from(key.to_ascii_lowercase())).collect()))
    }
}

/// How a function reaches the realtime nodes.
#[derive(Debug, Clone)]
pub struct Realtime {
    /// `OCTAVO_REALTIME_URL`: the nodes' data plane, for functions.
    pub url: Url,
    /// The nodes' keys.
    pub keys: RealtimeKeys,
}

impl Realtime {
    /// Reads the group; none where `OCTAVO_REALTIME_URL` is not set: then nothing is pushed.
    pub fn read(environment: &Environment) -> Result<Option<Self>, SettingsError> {
        let expected = "an http:// or https:// URL";
        let Some(url) = environment.parsed::<Url>("OCTAVO_REALTIME_URL", expected)? else { return Ok(None) };
        Ok(Some(Self { url, keys: RealtimeKeys::read(environment)? }))
    }

    /// `OCTAVO_REALTIME_PUBLIC_URL`, default `OCTAVO_REALTIME_URL`: where clients reach the nodes.
    pub fn public_url(environment: &Environment) -> Result<Url, SettingsError> {
        let expected = "an http:// or https:// URL";
        match environment.parsed("OCTAVO_REALTIME_PUBLIC_URL", expected)? {
            Some(url) => Ok(url),
            None => environment.required_parsed("OCTAVO_REALTIME_URL", expected),
        }
    }
}

/// `OCTAVO_REALTIME_QUEUE`, `on` or `off` (default): whether functions tell the realtime nodes what happened, by the queue
/// `realtime`. On only where nodes run that take it: nothing else does.
pub fn announces(environment: &Environment) -> Result<bool, SettingsError> {
    Ok(switch(environment, "OCTAVO_REALTIME_QUEUE")?.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(value: &str) -> Result<RealtimeKeys, SettingsError> {
        RealtimeKeys::read(&Environment::of([("OCTAVO_REALTIME_KEYS".to_owned(), value.to_owned())]))
    }

    #[test]
    fn keys_are_whole_and_an_error_does_not_show_them() {
        let (one, other) = ("0".repeat(64), "F".repeat(64));
        let both = keys(&format!("{one}, {other}")).unwrap();
        assert_eq!((both.0[1].expose(), &both.bytes()[1]), ("f".repeat(64).as_str(), &vec![255; 32]));
        assert_eq!(keys(&"1f".repeat(32)).unwrap().bytes(), [vec![0x1f; 32]]);
        for wrong in ["secret", &"0".repeat(63), &format!("{one},"), &"g".repeat(64)] {
            let error = keys(wrong).unwrap_err().to_string();
            assert!(error.contains("OCTAVO_REALTIME_KEYS") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_file_says_what_the_environment_does_not() {
        let file = [("A".to_owned(), "file".to_owned()), ("B".to_owned(), "file".to_owned())];
        let environment = Environment::of([("A".to_owned(), "environment".to_owned())]).over(file.into());
        assert_eq!(environment.optional("A").as_deref(), Some("environment"));
        assert_eq!(environment.optional("B").as_deref(), Some("file"));
        assert_eq!(environment.optional("C"), None);
    }
}
