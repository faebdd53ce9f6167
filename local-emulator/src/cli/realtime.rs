//! `octavo realtime`: what a function does with the realtime node, by hand.

use super::private::Private;
use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

/// Notify people, push to hubs, show a tenant's access key
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put a notification into a person's inbox and show it to them
    Notify {
        /// The tenant
        #[arg(long, default_value = "acme")]
        tenant: String,
        /// The user
        #[arg(long, default_value = "ada")]
        user: String,
        /// What it is about
        #[arg(long, default_value = "test")]
        category: String,
        /// One line
        title: String,
        /// More
        #[arg(default_value = "")]
        text: String,
    },
    /// Call a method of a tenant's connected clients
    Push {
        /// The tenant
        #[arg(long, default_value = "acme")]
        tenant: String,
        /// Only this user's
        #[arg(long)]
        user: Option<String>,
        /// The hub
        hub: String,
        /// The method
        target: String,
        /// Its arguments, each as JSON
        arguments: Vec<String>,
    },
    /// Show the access key by which a tenant's own functions push and sign clients in
    Key {
        /// The tenant
        tenant: String,
    },
}

pub(super) async fn realtime(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let private = Private::of(data)?;
    match &arguments.command {
        Command::Notify { tenant, user, category, title, text } => {
            let notification = json!({ "category": category, "title": title, "text": text });
            let body = json!({ "tenant": tenant, "user": user, "notification": notification });
            private.send(private.request(Method::POST, "notify").json(&body)).await?;
            println!("{user} of {tenant} is told");
        }
        Command::Push { tenant, user, hub, target, arguments } => {
            let read = |text: &String| serde_json::from_str::<Value>(text).with_context(|| format!("no JSON: {text}"));
            let arguments = arguments.iter().map(read).collect::<anyhow::Result<Vec<Value>>>()?;
            let push = json!({ "tenant": tenant, "user": user, "hub": hub, "target": target, "arguments": arguments });
            private.send(private.request(Method::POST, "push").json(&push)).await?;
            println!("sent to who is connected");
        }
        Command::Key { tenant } => {
            let request = private.request(Method::POST, "access-key").json(&json!({ "tenant": tenant }));
            let answer = private.send(request).await?;
            println!("{}", answer["connection_string"].as_str().unwrap_or_default());
        }
    }
    Ok(())
}
