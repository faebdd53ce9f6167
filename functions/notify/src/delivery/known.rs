//! What is known of a tenant while a batch is worked on: each fact is asked for once.

use super::plan::Audiences;
use crate::{Deps, NotifyFault};
use futures::{StreamExt, TryStreamExt};
use octavo_domain_kernel::{GroupId, PortError, TenantId, UserId};
use octavo_domain_notify::{
    Address, Channel, Claim, Digest, Person, Preferences, Recipient, SealedTarget, Settings, StoredTemplate,
    Suppression,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Members of groups that an event tells: what a store answers at once.
const MEMBERS_MAX: u32 = 10_000;
/// Users and addresses that are asked for at once.
const PIECE: usize = 1_000;
/// The template of what has none of its own.
const GENERIC: &str = "generic";
/// Why a suppression is that somebody asked for.
const UNSUBSCRIBED: &str = "unsubscribe";
/// Templates that are asked for at a time.
const TEMPLATES_AT_ONCE: usize = 4;

/// What is known of a tenant.
pub(super) struct Known {
    pub(super) settings: Settings,
    pub(super) people: BTreeMap<UserId, Person>,
    pub(super) preferences: BTreeMap<UserId, Preferences>,
    pub(super) targets: BTreeMap<String, SealedTarget>,
    /// The channels of targets that are active.
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) overrides: Vec<StoredTemplate>,
    suppressions: HashMap<(Channel, Address), Vec<Suppression>>,
}

impl Known {
    /// What the tenant set, and nothing of anybody yet.
    pub(super) async fn of(deps: &Deps, tenant: &TenantId) -> Result<Self, NotifyFault> {
        let (settings, _) = deps.store.settings_get(tenant).await?;
        Ok(Self {
            settings,
            people: BTreeMap::new(),
            preferences: BTreeMap::new(),
            targets: BTreeMap::new(),
            channels: BTreeMap::new(),
            overrides: Vec::new(),
            suppressions: HashMap::new(),
        })
    }

    /// Whoever is told: people, what they chose, and targets.
    pub(super) async fn load(&mut self, deps: &Deps, tenant: &TenantId, needed: Audiences) -> Result<(), PortError> {
        let Audiences { users, groups, targets } = needed;
        let (groups, targets): (Vec<_>, Vec<_>) = (groups.into_iter().collect(), targets.into_iter().collect());
        let users: Vec<UserId> = users.into_iter().collect();
        let (named, members, targeted) = tokio::try_join!(
            people(deps, tenant, &users),
            members(deps, tenant, &groups),
            targeted(deps, tenant, &targets)
        )?;
        if members.len() >= usize::try_from(MEMBERS_MAX).unwrap_or(usize::MAX) {
            tracing::warn!(%tenant, ?groups, "groups have more members than are told of one event");
        }
        let all: BTreeSet<UserId> =
            users.iter().cloned().chain(members.iter().map(|person| person.user.clone())).collect();
        let all: Vec<UserId> = all.into_iter().collect();
        for piece in all.chunks(PIECE) {
            self.preferences.extend(deps.store.preferences_get(tenant, piece).await?);
        }
        self.people.extend(named.into_iter().chain(members).map(|person| (person.user.clone(), person)));
        for target in targeted {
            if target.active {
                self.channels.insert(target.name.clone(), target.channel);
            }
            self.targets.insert(target.name.clone(), target);
        }
        Ok(())
    }

    /// What is needed to say it: the tenant's own templates, and which addresses are not told.
    pub(super) async fn load_words(
        &mut self,
        deps: &Deps,
        tenant: &TenantId,
        claims: &[Claim],
    ) -> Result<(), PortError> {
        let mut names = BTreeSet::from([GENERIC]);
        for claim in claims {
            names.extend(claim.events.iter().map(|event| event.template_name()));
            if claim.message.digest.is_some() {
                names.insert(Digest::TEMPLATE);
            }
        }
        let asked: Vec<_> = names.into_iter().map(|name| deps.store.templates(tenant, Some(name))).collect();
        let templates = futures::stream::iter(asked).buffer_unordered(TEMPLATES_AT_ONCE).try_concat();
        let addresses: BTreeSet<(Channel, Address)> = claims
            .iter()
            .filter(|claim| claim.message.channel != Channel::InApp)
            .filter_map(|claim| Some((claim.message.channel, self.address_of(claim)?)))
            .collect();
        let addresses: Vec<_> = addresses.into_iter().collect();
        let (templates, suppressed) = tokio::try_join!(templates, suppressed(deps, tenant, &addresses))?;
        self.overrides = templates;
        for suppression in suppressed {
            let key = (suppression.channel, suppression.address.clone());
            self.suppressions.entry(key).or_default().push(suppression);
        }
        Ok(())
    }

    /// Where a message goes, by what is known now.
    pub(super) fn address_of(&self, claim: &Claim) -> Option<Address> {
        let channel = claim.message.channel;
        match &claim.message.recipient {
            Recipient::User { user, .. } => {
                let person = || self.people.get(user);
                match channel {
                    Channel::InApp => Some(Address(user.to_string())),
                    Channel::Email => person()?.email.as_deref().map(|email| Address::new(channel, email)),
                    Channel::Sms => person()?.phone.as_deref().map(|phone| Address::new(channel, phone)),
                    Channel::Webhook | Channel::Slack | Channel::Pagerduty => None,
                }
            }
            Recipient::Address { address, .. } => Some(Address::new(channel, &address.0)),
            Recipient::Target { target } => Some(Address(target.clone())),
            Recipient::Group { .. } => None,
        }
    }

    /// Whether an address is not told of a category. What is mandatory reaches whoever only unsubscribed.
    pub(super) fn is_suppressed(&self, channel: Channel, address: &Address, category: &str, mandatory: bool) -> bool {
        let found = self.suppressions.get(&(channel, address.clone()));
        found.into_iter().flatten().any(|suppression| {
            let about = suppression.category.as_deref().is_none_or(|only| only == category);
            about && !(mandatory && suppression.why == UNSUBSCRIBED)
        })
    }
}

async fn people(deps: &Deps, tenant: &TenantId, users: &[UserId]) -> Result<Vec<Person>, PortError> {
    let mut found = Vec::new();
    for piece in users.chunks(PIECE) {
        found.extend(deps.people.people_get(tenant, piece).await?);
    }
    Ok(found)
}

async fn members(deps: &Deps, tenant: &TenantId, groups: &[GroupId]) -> Result<Vec<Person>, PortError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    deps.people.people_of(tenant, groups, MEMBERS_MAX).await
}

async fn targeted(deps: &Deps, tenant: &TenantId, names: &[String]) -> Result<Vec<SealedTarget>, PortError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    deps.store.targets(tenant, Some(names)).await
}

async fn suppressed(
    deps: &Deps,
    tenant: &TenantId,
    addresses: &[(Channel, Address)],
) -> Result<Vec<Suppression>, PortError> {
    let mut found = Vec::new();
    for piece in addresses.chunks(PIECE) {
        found.extend(deps.store.suppressions_of(tenant, piece).await?);
    }
    Ok(found)
}
