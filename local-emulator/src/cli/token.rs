//! `octavo token`: a token for anybody.

use crate::issuer::{Issuer, TokenRequest};
use anyhow::Context;
use chrono::TimeDelta;
use clap::Args;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::{Clock, TenantId, UserId};
use std::path::Path;

/// Print a token for a tenant and a user
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The tenant
    #[arg(long)]
    tenant: String,
    /// The user
    #[arg(long)]
    user: String,
    /// A group that the user is in; may be given several times
    #[arg(long = "group")]
    groups: Vec<String>,
    /// A role that the user has; may be given several times
    #[arg(long = "role")]
    roles: Vec<String>,
    /// How long it is good
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=24 * 365))]
    hours: u32,
}

pub(super) fn token(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    arguments.tenant.parse::<TenantId>().context("--tenant")?;
    arguments.user.parse::<UserId>().context("--user")?;
    std::fs::create_dir_all(data)?;
    let request = TokenRequest {
        tenant: arguments.tenant.clone(),
        user: arguments.user.clone(),
        groups: arguments.groups.clone(),
        roles: arguments.roles.clone(),
        lifetime: TimeDelta::hours(arguments.hours.into()),
    };
    println!("{}", Issuer::of_folder(data)?.token(&request, SystemClock.now())?);
    Ok(())
}
