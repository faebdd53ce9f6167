//! From a model's name to what may be called for it.

use super::Complexity;
use crate::limits::Policy;
use crate::models::{Catalogue, Endpoint, ModelKind, ModelSpec, Offer, Price, TargetId, Tier};
use std::borrow::Borrow;
use std::sync::Arc;

/// The gateway's own prefix: `octavo/standard` is `standard`.
const OWN_PREFIX: &str = "octavo/";
/// The name for the policy's default tier.
const AUTO: &str = "auto";
/// A prompt is said to be too long only if it were so even though its tokens were counted high by this much
/// ([`crate::tokens::estimate`]); what is nearer than that, the provider decides.
const ESTIMATE_HIGH_PERCENT: u64 = 135;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask<'a> {
    /// As the caller named it: a tier (`standard`, also `octavo/standard`, `auto`), an exact name, a family, any of these
    /// at one provider (`azure/gpt-4.1`), or an alias of the policy.
    pub model: &'a str,
    /// What for.
    pub kind: ModelKind,
    /// What the request demands.
    pub complexity: Complexity,
    /// `Some` where only a provider of one form can honour it ([`crate::wire::Decoded::native_only`]): true for
    /// Anthropic's Messages, false for OpenAI's Chat Completions.
    pub speaks_messages: Option<bool>,
    /// Most tokens of the answer, where the caller said it.
    pub max_output: Option<u64>,
}

/// A model at a provider that may be called.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Provider and model. The tenant is filled in by whoever knows whose key is used.
    pub target: TargetId,
    /// What the provider calls the model.
    pub upstream_model: String,
    /// The model.
    pub spec: Arc<ModelSpec>,
    /// What it costs there; none: unpriced.
    pub price: Option<Price>,
}

/// Which list of the policy refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowList {
    /// Of models.
    Models,
    /// Of providers.
    Providers,
    /// Of regions.
    Regions,
}

impl AllowList {
    /// Its name in the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::Providers => "providers",
            Self::Regions => "regions",
        }
    }
}

/// Why nothing may be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unroutable {
    /// Nothing has that name.
    #[error("there is no model `{asked}`{}", Hint(near))]
    UnknownModel {
        /// As it was asked for.
        asked: String,
        /// Known names that are spelled much like it, the nearest first.
        near: Vec<String>,
    },
    /// The tenant's policy does not allow it.
    #[error("`{asked}` is not allowed by `{}` of the policy", by.as_str())]
    NotAllowed {
        /// As it was asked for.
        asked: String,
        /// Which list.
        by: AllowList,
    },
    /// It cannot do what is asked.
    #[error("`{asked}` cannot do what the request asks for: {}", what.join(", "))]
    Incapable {
        /// As it was asked for.
        asked: String,
        /// What: `tools`, `images`, `files`, `reasoning`, `json_schema`, `chat`, `embedding`, or `native_form` where the
        /// request has members that only another provider's form knows.
        what: Vec<&'static str>,
    },
    /// The prompt and the answer do not fit.
    #[error("the request needs about {tokens} tokens, and `{asked}` has room for {max}")]
    TooLong {
        /// As it was asked for.
        asked: String,
        /// What is needed, as counted here.
        tokens: u64,
        /// What there is.
        max: u64,
    },
    /// It has no price, and a budget of money is set.
    #[error("`{asked}` has no price, and a budget of money cannot hold what has none")]
    Unpriced {
        /// As it was asked for.
        asked: String,
    },
    /// Nobody who offers it is configured.
    #[error("no configured provider offers `{asked}`")]
    NoProvider {
        /// As it was asked for.
        asked: String,
    },
}

struct Hint<'a>(&'a [String]);

impl std::fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            [] => Ok(()),
            names => write!(f, "; is it {}?", names.join(" or ")),
        }
    }
}

enum Wanted<'a> {
    Tier(Tier),
    /// With the exact name that was used.
    Exact(&'a Arc<ModelSpec>, &'a str),
    Family(&'a str),
}

/// What may be called for `ask`, in no particular order ([`super::order`]); at least one.
///
/// A name is looked up as: alias of the policy (once), tier or `auto`, exact name, family, and then as `provider/NAME`
/// with any of these. A tier is raised by the request's complexity where the policy says so; if that one cannot do it or
/// is not there, better ones are tried, then those down to the one that was asked for, never below it.
///
/// What cannot do it is left out. Two things only choose among several, and never refuse a model that was named
/// exactly: that a function *must* be called (the catalogue's word on it is young), and that the answer may be longer
/// than the model gives.
///
/// # Errors
/// [`Unroutable`]; of a tier, why the one that was asked for cannot be used.
pub fn resolve<E: Borrow<Endpoint>>(
    catalogue: &Catalogue,
    policy: &Policy,
    endpoints: &[E],
    ask: &Ask<'_>,
) -> Result<Vec<Candidate>, Unroutable> {
    let unknown = || Unroutable::UnknownModel { asked: ask.model.to_owned(), near: catalogue.near(ask.model) };
    let name = policy.aliases.get(ask.model).map_or(ask.model, String::as_str);
    let (provider, wanted) = parse(catalogue, policy, endpoints, name).ok_or_else(unknown)?;
    let search = Search { catalogue, policy, endpoints, ask, provider };
    match wanted {
        Wanted::Exact(spec, name) => {
            let mut found = search.among(vec![spec], true)?;
            for candidate in &mut found {
                // A dated name is a choice of the caller's: where the provider knows the model by its own names, it is
                // asked for by that one.
                if candidate.upstream_model == spec.name {
                    name.clone_into(&mut candidate.upstream_model);
                }
            }
            Ok(found)
        }
        Wanted::Family(family) => {
            let member = |spec: &&Arc<ModelSpec>| spec.families.iter().any(|name| name == family);
            search.among(catalogue.models().iter().filter(member).collect(), false)
        }
        Wanted::Tier(tier) => {
            let of = |tier: Tier| {
                let member = |spec: &&Arc<ModelSpec>| spec.tier == Some(tier);
                search.among(catalogue.models().iter().filter(member).collect(), false)
            };
            let fitting = ask.complexity.raised(tier);
            let better = Tier::ALL.into_iter().filter(|other| *other >= fitting);
            let lesser = Tier::ALL.into_iter().rev().filter(|other| *other < fitting && *other > tier);
            let raised = better.chain(lesser).filter(|_| policy.routing.raise_tier);
            raised.map(of).find(Result::is_ok).unwrap_or_else(|| of(tier))
        }
    }
}

fn parse<'a, E: Borrow<Endpoint>>(
    catalogue: &'a Catalogue,
    policy: &Policy,
    endpoints: &[E],
    name: &'a str,
) -> Option<(Option<&'a str>, Wanted<'a>)> {
    let plain = |name: &'a str| {
        let short = name.strip_prefix(OWN_PREFIX).unwrap_or(name);
        if short == AUTO {
            return Some(Wanted::Tier(policy.default_tier));
        }
        let exact = || catalogue.model(name).map(|spec| Wanted::Exact(spec, name));
        let family = || catalogue.is_family(name).then_some(Wanted::Family(name));
        Tier::named(short).map(Wanted::Tier).or_else(exact).or_else(family)
    };
    if let Some(wanted) = plain(name) {
        return Some((None, wanted));
    }
    let (provider, rest) = name.split_once('/')?;
    let configured = endpoints.iter().any(|endpoint| endpoint.borrow().name == provider);
    let known = configured || catalogue.offers().iter().any(|offer| offer.provider == provider);
    plain(rest).filter(|_| known).map(|wanted| (Some(provider), wanted))
}

struct Search<'a, E> {
    catalogue: &'a Catalogue,
    policy: &'a Policy,
    endpoints: &'a [E],
    ask: &'a Ask<'a>,
    provider: Option<&'a str>,
}

impl<'a, E: Borrow<Endpoint>> Search<'a, E> {
    fn among(&self, mut specs: Vec<&'a Arc<ModelSpec>>, exact: bool) -> Result<Vec<Candidate>, Unroutable> {
        let asked = || self.ask.model.to_owned();
        if specs.is_empty() {
            return Err(Unroutable::NoProvider { asked: asked() });
        }
        specs.retain(|spec| spec.kind == self.ask.kind);
        if specs.is_empty() {
            let what = match self.ask.kind {
                ModelKind::Chat => "chat",
                ModelKind::Embedding => "embedding",
            };
            return Err(Unroutable::Incapable { asked: asked(), what: vec![what] });
        }
        specs.retain(|spec| allows_model(self.policy, spec));
        if specs.is_empty() {
            return Err(Unroutable::NotAllowed { asked: asked(), by: AllowList::Models });
        }
        self.keep_capable(&mut specs, exact)?;
        self.keep_roomy(&mut specs)?;
        self.offered(&specs)
    }

    fn keep_capable(&self, specs: &mut Vec<&'a Arc<ModelSpec>>, exact: bool) -> Result<(), Unroutable> {
        if self.ask.kind == ModelKind::Embedding {
            return Ok(());
        }
        let demands = self.ask.complexity;
        // What the most capable of them lacks: nothing else helps to say.
        let lacking = specs.iter().map(|spec| demands.beyond(&spec.capabilities)).min_by_key(Vec::len);
        specs.retain(|spec| demands.beyond(&spec.capabilities).is_empty());
        if specs.is_empty() {
            let asked = self.ask.model.to_owned();
            return Err(Unroutable::Incapable { asked, what: lacking.unwrap_or_default() });
        }
        if !exact {
            keep_if_any(specs, |spec| !demands.forced_tool || spec.capabilities.forced_tools);
            keep_if_any(specs, |spec| self.ask.max_output.is_none_or(|output| output <= spec.output_tokens_max));
        }
        Ok(())
    }

    fn keep_roomy(&self, specs: &mut Vec<&'a Arc<ModelSpec>>) -> Result<(), Unroutable> {
        let input = self.ask.complexity.input_tokens;
        let output = |spec: &ModelSpec| self.ask.max_output.unwrap_or(0).min(spec.output_tokens_max);
        let least = input.saturating_mul(100) / ESTIMATE_HIGH_PERCENT;
        let max = specs.iter().map(|spec| spec.context_tokens).max().unwrap_or(0);
        let tokens = specs.iter().map(|spec| input.saturating_add(output(spec))).min().unwrap_or(input);
        specs.retain(|spec| least.saturating_add(output(spec)) <= spec.context_tokens);
        if specs.is_empty() {
            return Err(Unroutable::TooLong { asked: self.ask.model.to_owned(), tokens, max });
        }
        keep_if_any(specs, |spec| input.saturating_add(output(spec)) <= spec.context_tokens);
        Ok(())
    }

    fn offered(&self, specs: &[&'a Arc<ModelSpec>]) -> Result<Vec<Candidate>, Unroutable> {
        let asked = || self.ask.model.to_owned();
        let mut offers: Vec<(&Arc<ModelSpec>, &Offer, &Endpoint)> = Vec::new();
        for &spec in specs {
            for offer in self.catalogue.offers_of(&spec.name) {
                let endpoint = self.endpoints.iter().map(Borrow::borrow).find(|known| known.name == offer.provider);
                let wanted = self.provider.is_none_or(|provider| provider == offer.provider);
                offers.extend(endpoint.filter(|_| wanted).map(|endpoint| (spec, offer, endpoint)));
            }
        }
        if offers.is_empty() {
            return Err(Unroutable::NoProvider { asked: asked() });
        }
        let policy = self.policy;
        offers.retain(|(_, offer, _)| policy.providers.is_empty() || policy.providers.contains(&offer.provider));
        if offers.is_empty() {
            return Err(Unroutable::NotAllowed { asked: asked(), by: AllowList::Providers });
        }
        // Where a provider does not say where it processes data, it may be anywhere.
        let inside =
            |endpoint: &Endpoint| endpoint.region.as_ref().is_some_and(|region| policy.regions.contains(region));
        offers.retain(|(_, _, endpoint)| policy.regions.is_empty() || inside(endpoint));
        if offers.is_empty() {
            return Err(Unroutable::NotAllowed { asked: asked(), by: AllowList::Regions });
        }
        let form = self.ask.speaks_messages;
        offers.retain(|(_, _, endpoint)| form.is_none_or(|messages| endpoint.kind.speaks_messages() == messages));
        if offers.is_empty() {
            return Err(Unroutable::Incapable { asked: asked(), what: vec!["native_form"] });
        }
        let held = !policy.allow_unpriced && policy.budgets.iter().any(|budget| budget.dollars.is_some());
        offers.retain(|(_, offer, _)| !held || self.catalogue.price(offer).is_some());
        if offers.is_empty() {
            return Err(Unroutable::Unpriced { asked: asked() });
        }
        let candidate = |(spec, offer, _): (&Arc<ModelSpec>, &Offer, &Endpoint)| Candidate {
            target: TargetId { provider: offer.provider.clone(), model: spec.name.clone(), tenant: None },
            upstream_model: offer.upstream_model.clone(),
            spec: Arc::clone(spec),
            price: self.catalogue.price(offer),
        };
        Ok(offers.into_iter().map(candidate).collect())
    }
}

fn allows_model(policy: &Policy, spec: &ModelSpec) -> bool {
    let names = |allowed: &String| {
        *allowed == spec.name
            || spec.families.contains(allowed)
            || spec.aliases.contains(allowed)
            || spec.tier.is_some_and(|tier| tier.as_str() == allowed)
    };
    policy.models.is_empty() || policy.models.iter().any(names)
}

fn keep_if_any<T>(all: &mut Vec<T>, keep: impl Fn(&T) -> bool) {
    if all.iter().any(&keep) {
        all.retain(keep);
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
