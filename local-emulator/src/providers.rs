//! AI providers of this machine: fakes on the real wire formats, or the real ones where there is a key.

use crate::options::{AiKeys, Options};
use anyhow::Context;
use local_emulator_ai as fakes;
use octavo_domain_search::EmbeddingModel;
use octavo_wiring_settings::{self as settings, Environment};
use std::path::Path;

/// Models that the fake Azure has deployments of, as a real resource would be set up: the fallback of each tier.
const AZURE_MODELS: [&str; 4] = ["gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-4.1"];
const AZURE_API_VERSION: &str = "2024-10-21";
/// A provider that is known by configuration alone, to show that one can be.
const COMPATIBLE: &str = "local";

/// What makes texts vectors for searches by meaning: a fake of its own, so that whoever looks at the providers' calls sees
/// people's. Its vectors know words and their beginnings, and no more.
const EMBEDDINGS: &str = "embeddings";
const EMBEDDING_MODEL: &str = "words-and-stems";
/// Small: an index of this machine is read by looking at every vector.
const EMBEDDING_DIMENSIONS: &str = "256";
/// Its vectors of texts that have nothing in common are up to about so alike, by chance.
const EMBEDDING_SIMILARITY_MIN: &str = "0.2";
/// Milliseconds: whoever switches the fake back wants to see what was missed made.
const EMBEDDING_AGAIN_MS: &str = "1000";

/// The fakes, and what the functions are told of providers.
pub(crate) struct Providers {
    pub(crate) fakes: fakes::Server,
    /// Variables of the functions that have conversations.
    pub(crate) env: Vec<(String, String)>,
    /// Names and addresses, to show.
    pub(crate) shown: Vec<(String, String)>,
    /// Those that are fakes: only they fail on demand.
    pub(crate) faked: Vec<String>,
    /// Models and offers beside the built-in ones, in the form of `OCTAVO_AI_CATALOGUE`.
    pub(crate) catalogue: String,
}

/// Starts the fakes; a provider of which there is a key is the real one.
pub(crate) async fn start(options: &Options, folder: &Path) -> anyhow::Result<Providers> {
    let fakes = fakes::Server::start(fakes::Options::default()).await.context("the fake AI providers")?;
    let AiKeys { openai, anthropic, azure } = &options.ai;
    let base = options.ai_upstreams.as_deref().map(|url| url.trim_end_matches('/').to_owned());
    let elsewhere = base.is_some();
    let base = base.unwrap_or_else(|| fakes.url());
    let local = format!("{base}/compatible/{COMPATIBLE}/v1");
    let (mut env, mut shown, mut faked) = (Vec::new(), Vec::new(), Vec::new());
    let set = |name: &str, value: &str| (format!("OCTAVO_AI_{name}"), value.to_owned());
    for (name, key, fake) in
        [("OPENAI", openai, format!("{base}/openai/v1")), ("ANTHROPIC", anthropic, format!("{base}/anthropic/v1"))]
    {
        let told = name.to_ascii_lowercase();
        match key {
            Some(key) => {
                env.push(set(&format!("{name}_KEY"), key));
                shown.push((told, "the real one, by the key in the environment".to_owned()));
            }
            None => {
                env.push(set(&format!("{name}_URL"), &fake));
                env.push(set(&format!("{name}_KEY"), "fake"));
                faked.push(told.clone());
                shown.push((told, format!("{fake} (fake)")));
            }
        }
    }
    let (azure_url, azure_key, told) = match azure {
        Some((url, key)) => (format!("{}/openai", url.trim_end_matches('/')), key.as_str(), "the real one".to_owned()),
        None => {
            faked.push("azure".to_owned());
            let url = format!("{base}/azure/openai");
            (url.clone(), "fake", format!("{url} (fake)"))
        }
    };
    faked.extend([COMPATIBLE.to_owned(), EMBEDDINGS.to_owned()]);
    let catalogue = offers();
    env.extend([
        set("AZURE_URL", &azure_url),
        set("AZURE_KEY", azure_key),
        set("AZURE_API_VERSION", AZURE_API_VERSION),
        set("PROVIDERS", &compatible(&local)),
        set("CATALOGUE", &catalogue),
    ]);
    let search = |name: &str, value: &str| (format!("OCTAVO_SEARCH_EMBEDDINGS_{name}"), value.to_owned());
    env.extend([
        search("URL", &format!("{base}/compatible/{EMBEDDINGS}/v1")),
        search("KEY", "fake"),
        search("MODEL", EMBEDDING_MODEL),
        search("DIMENSIONS", EMBEDDING_DIMENSIONS),
        search("SIMILARITY_MIN", EMBEDDING_SIMILARITY_MIN),
        search("AGAIN_MS", EMBEDDING_AGAIN_MS),
    ]);
    shown.push(("azure".to_owned(), told));
    env.push(("OCTAVO_SEALING_KEYS".to_owned(), sealing_key(folder)?));
    shown.push((COMPATIBLE.to_owned(), format!("{local} (fake)")));
    if elsewhere {
        // What this process could make fail is not what the functions speak with.
        faked.clear();
    }
    Ok(Providers { fakes, env, shown, faked, catalogue })
}

/// What the index's vectors are made with, by what the functions are told.
pub(crate) fn vectors(providers: &Providers, options: &Options) -> anyhow::Result<Option<EmbeddingModel>> {
    // What a person of this machine says comes before what the emulator says, as it does for the functions.
    let variables = providers.env.iter().chain(&options.variables).cloned();
    let settings = settings::Embeddings::read(&Environment::of(variables)).context("searches by meaning")?;
    Ok(settings.map(|settings| EmbeddingModel { name: settings.model, dimensions: settings.dimensions }))
}

fn compatible(url: &str) -> String {
    let provider = serde_json::json!({
        "name": COMPATIBLE, "form": "openai", "url": url, "key": "fake", "region": "here"
    });
    serde_json::json!([provider]).to_string()
}

/// Azure's deployments, a tenth dearer than OpenAI's own, and a model of the compatible provider.
fn offers() -> String {
    let azure = AZURE_MODELS.iter().map(|model| {
        serde_json::json!({ "provider": "azure", "model": model, "upstream_model": model, "price_factor": "1.1" })
    });
    let model = serde_json::json!({
        "name": "local-small", "kind": "chat", "families": ["local"],
        "capabilities": { "tools": true, "images": true, "json_schema": true, "sampling": true },
        "context_tokens": 131_072, "output_tokens_max": 8_192,
        "price": { "input": "0", "output": "0" }, "providers": [COMPATIBLE]
    });
    serde_json::json!({ "models": [model], "offers": azure.collect::<Vec<_>>() }).to_string()
}

/// Kept with the data, so that what was sealed can be opened after a restart.
fn sealing_key(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("sealing.key");
    if !path.exists() {
        std::fs::write(&path, format!("{}{}", crate::engines::secret(), crate::engines::secret()))?;
    }
    Ok(std::fs::read_to_string(path)?)
}
