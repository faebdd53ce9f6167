//! Links that leave the platform: in mails, and in what providers call back.

use crate::{Environment, Secret, SettingsError};
use url::Url;

/// Where the API is reached from outside, and what links to it are signed with.
#[derive(Debug, Clone)]
pub struct Links {
    /// `OCTAVO_PUBLIC_URL`: what a browser or a provider puts before `/v1/...`. Never ends with a slash.
    pub public_url: String,
    /// `OCTAVO_LINK_KEY`: at least 32 characters, the same for every function and instance of a deployment. A link that was
    /// signed with another one is refused.
    pub key: Secret,
}

impl Links {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let expected = "the http:// or https:// URL that the API is reached by from outside, without a query";
        let variable = "OCTAVO_PUBLIC_URL";
        let url: Url = environment.required_parsed(variable, expected)?;
        let usable = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !usable {
            return Err(SettingsError::Unusable { variable: variable.to_owned(), expected });
        }
        let (variable, expected) = ("OCTAVO_LINK_KEY", "at least 32 characters");
        let key = environment.required(variable, expected)?;
        if key.len() < 32 {
            return Err(SettingsError::Unusable { variable: variable.to_owned(), expected });
        }
        Ok(Self { public_url: url.as_str().trim_end_matches('/').to_owned(), key: key.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, key: &str) -> Result<Links, SettingsError> {
        let variables = [("OCTAVO_PUBLIC_URL", url), ("OCTAVO_LINK_KEY", key)];
        Links::read(&Environment::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))))
    }

    #[test]
    fn the_address_ends_without_a_slash() {
        let key = "0123456789abcdef0123456789abcdef";
        assert_eq!(read("https://octavo.example/", key).unwrap().public_url, "https://octavo.example");
        assert_eq!(read("http://127.0.0.1:3000/api/", key).unwrap().public_url, "http://127.0.0.1:3000/api");
        for wrong in
            ["octavo.example", "ftp://octavo.example", "https://a:b@octavo.example", "https://octavo.example?a=b"]
        {
            assert!(read(wrong, key).unwrap_err().to_string().contains("OCTAVO_PUBLIC_URL"), "{wrong}");
        }
        let short = read("https://octavo.example", "hunter2").unwrap_err().to_string();
        assert!(short.contains("OCTAVO_LINK_KEY") && !short.contains("hunter2"), "{short}");
    }
}
