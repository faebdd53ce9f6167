//! AI providers, and what small secrets are sealed with.

use crate::{Environment, Secret, SettingsError};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

const OPENAI: &str = "https://api.openai.com/v1/";
const ANTHROPIC: &str = "https://api.anthropic.com/v1/";

/// How a provider is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderForm {
    /// As OpenAI.
    Openai,
    /// As Anthropic.
    Anthropic,
    /// As Azure OpenAI, by deployments where `api_version` is said.
    Azure,
}

/// A provider.
#[derive(Debug, Clone)]
pub struct Provider {
    /// `openai`, `anthropic`, `azure`, or as `OCTAVO_AI_PROVIDERS` calls it.
    pub name: String,
    /// How it is spoken to.
    pub form: ProviderForm,
    /// Where its paths begin, ending with a slash.
    pub url: Url,
    /// Azure's api-version, if deployments stand in the path.
    pub api_version: Option<String>,
    /// The platform's key; none where only tenants' own keys are used.
    pub key: Option<Secret>,
    /// Where it processes data.
    pub region: Option<String>,
}

/// One of `OCTAVO_AI_PROVIDERS`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Further {
    name: String,
    form: ProviderForm,
    url: Url,
    #[serde(default)]
    api_version: Option<String>,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    region: Option<String>,
}

/// AI providers and how they are called.
#[derive(Debug, Clone)]
pub struct Ai {
    /// `OCTAVO_AI_OPENAI_KEY` (`_URL`, `_REGION`), `OCTAVO_AI_ANTHROPIC_KEY` (likewise), `OCTAVO_AI_AZURE_URL` (`_KEY`,
    /// `_API_VERSION`, `_REGION`), and `OCTAVO_AI_PROVIDERS`: a JSON list of `{name, form, url, key, api_version, region}`
    /// with `form` one of `openai`, `anthropic` and `azure`.
    pub providers: Vec<Provider>,
    /// `OCTAVO_AI_CATALOGUE`: models, prices and offers over those of the repository, in the form of its
    /// `shared/domain/ai/data/models.json`.
    pub catalogue: Option<String>,
    /// `OCTAVO_AI_TIMEOUT_MS`, default 280,000: how long a call may take. The function's own deadline is longer.
    pub total: Duration,
    /// `OCTAVO_AI_LEASE_MARGIN_MS`, default 60,000: how long after its deadline a call that nobody settled counts as
    /// abandoned. More than a stream without a reader is read on (30 s).
    pub lease_margin: Duration,
}

impl Ai {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let mut providers = Vec::new();
        for (name, form, url) in
            [("OPENAI", ProviderForm::Openai, OPENAI), ("ANTHROPIC", ProviderForm::Anthropic, ANTHROPIC)]
        {
            let of = |what: &str| format!("OCTAVO_AI_{name}_{what}");
            let (key, given) = (environment.optional(&of("KEY")), environment.optional(&of("URL")));
            if key.is_none() && given.is_none() {
                continue;
            }
            providers.push(Provider {
                name: name.to_ascii_lowercase(),
                form,
                url: base(&of("URL"), given.as_deref().unwrap_or(url))?,
                api_version: None,
                key: key.map(Secret::from),
                region: environment.optional(&of("REGION")),
            });
        }
        if let Some(url) = environment.optional("OCTAVO_AI_AZURE_URL") {
            providers.push(Provider {
                name: "azure".to_owned(),
                form: ProviderForm::Azure,
                url: base("OCTAVO_AI_AZURE_URL", &url)?,
                api_version: environment.optional("OCTAVO_AI_AZURE_API_VERSION"),
                key: environment.optional("OCTAVO_AI_AZURE_KEY").map(Secret::from),
                region: environment.optional("OCTAVO_AI_AZURE_REGION"),
            });
        }
        if let Some(json) = environment.optional("OCTAVO_AI_PROVIDERS") {
            let further: Vec<Further> = serde_json::from_str(&json).map_err(|_| SettingsError::Unusable {
                variable: "OCTAVO_AI_PROVIDERS".to_owned(),
                expected: "a JSON list of {name, form, url, key, api_version, region}",
            })?;
            for Further { name, form, url, api_version, key, region } in further {
                let url = base("OCTAVO_AI_PROVIDERS", url.as_str())?;
                let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                let taken = providers.iter().any(|provider| provider.name == name);
                if taken || !(1..=32).contains(&name.len()) || !name.bytes().all(named) {
                    return Err(SettingsError::Unusable {
                        variable: "OCTAVO_AI_PROVIDERS".to_owned(),
                        expected: "names of their own, 1 to 32 of a-z, 0-9 and -",
                    });
                }
                providers.push(Provider { name, form, url, api_version, key: key.map(Secret::from), region });
            }
        }
        let total = environment.parsed("OCTAVO_AI_TIMEOUT_MS", "milliseconds")?.unwrap_or(280_000);
        let lease_margin = environment.parsed("OCTAVO_AI_LEASE_MARGIN_MS", "milliseconds")?.unwrap_or(60_000);
        Ok(Self {
            providers,
            catalogue: environment.optional("OCTAVO_AI_CATALOGUE"),
            total: Duration::from_millis(total),
            lease_margin: Duration::from_millis(lease_margin),
        })
    }
}

/// A base ends with a slash: what is joined to it then goes below it.
fn base(variable: &str, url: &str) -> Result<Url, SettingsError> {
    let text = if url.ends_with('/') { url.to_owned() } else { format!("{url}/") };
    text.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
        SettingsError::Unusable { variable: variable.to_owned(), expected: "an http:// or https:// URL" }
    })
}

/// What small secrets and kept answers are encrypted with.
#[derive(Debug, Clone)]
pub struct Sealing(
    /// `OCTAVO_SEALING_KEYS`: 64 hexadecimal digits each, separated by commas; the first seals, all open.
    pub Secret,
);

impl Sealing {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let keys = environment.required("OCTAVO_SEALING_KEYS", "keys of 64 hexadecimal digits, separated by commas")?;
        Ok(Self(keys.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Ai, SettingsError> {
        Ai::read(&Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))))
    }

    #[test]
    fn a_provider_is_there_where_its_key_or_address_is() {
        assert!(read(&[]).unwrap().providers.is_empty());
        let ai = read(&[
            ("OCTAVO_AI_OPENAI_KEY", "k"),
            ("OCTAVO_AI_AZURE_URL", "https://acme.openai.azure.com/openai"),
            (
                "OCTAVO_AI_PROVIDERS",
                r#"[{"name":"mistral","form":"openai","url":"https://api.mistral.ai/v1","key":"m"}]"#,
            ),
        ]);
        let providers = ai.unwrap().providers;
        let shown: Vec<_> = providers
            .iter()
            .map(|provider| (provider.name.as_str(), provider.url.as_str(), provider.key.is_some()))
            .collect();
        assert_eq!(
            shown,
            [
                ("openai", "https://api.openai.com/v1/", true),
                ("azure", "https://acme.openai.azure.com/openai/", false),
                ("mistral", "https://api.mistral.ai/v1/", true),
            ]
        );
        assert!(!format!("{providers:?}").contains("\"m\""), "keys do not show themselves");
    }

    #[test]
    fn a_wrong_list_names_its_variable_and_never_a_key() {
        for json in ["{", r#"[{"name":"x"}]"#, r#"[{"name":"X y","form":"openai","url":"http://h","key":"s3cret"}]"#] {
            let error = read(&[("OCTAVO_AI_PROVIDERS", json)]).unwrap_err().to_string();
            assert!(error.contains("OCTAVO_AI_PROVIDERS") && !error.contains("s3cret"), "{error}");
        }
    }
}
