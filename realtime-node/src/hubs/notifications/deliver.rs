//! Puts a notification into somebody's inbox and shows it to them, if they are there.

use super::super::missed;
use super::hub::Notifications;
use chrono::SubsecRound;
use octavo_domain_kernel::{PortError, UserId};
use octavo_domain_notify::{NewNotification, Notification};
use octavo_domain_realtime::{Audience, ConnectionId, SlowReader};
use realtime_node_server::Clients;
use serde_json::json;

impl Notifications {
    /// Stores `new` for `user` of the tenant that `clients` (of this hub) are of, then pushes it to their connections; none,
    /// and nothing is pushed, where one with its key is there already. Once it is stored it is delivered: whoever is not
    /// reached by the push finds it in the list.
    pub(crate) async fn deliver(
        &self,
        clients: &Clients,
        user: &UserId,
        new: &NewNotification,
    ) -> Result<Option<Notification>, PortError> {
        let tenant = clients.tenant();
        // As precise as it is stored: what is pushed is what the list says later.
        let now = self.clock.now().trunc_subsecs(6);
        let Some(notification) = self.inbox.inbox_add(tenant, user, self.ids.next(), new, now).await? else {
            return Ok(None);
        };
        self.announce(clients, user, &notification).await;
        Ok(Some(notification))
    }

    /// Pushes what lies in a user's inbox already.
    pub(crate) async fn announce(&self, clients: &Clients, user: &UserId, notification: &Notification) {
        self.kept.send(clients, Audience::User(user.clone()), "notification", notification).await;
        match self.inbox.inbox_unread(clients.tenant(), user).await {
            Ok(unread) => push_unread(clients, user, unread, None).await,
            // The next one says it, and whoever connects asks.
            Err(error) => tracing::warn!(%error, "a count of unread notifications was not pushed"),
        }
    }
}

/// Tells the user's connections, but for `except`, how many are unread.
pub(super) async fn push_unread(clients: &Clients, user: &UserId, unread: u32, except: Option<ConnectionId>) {
    let to = clients.user(user).except(except.as_slice()).slow(SlowReader::LatestWins);
    missed::send(&to, "unread", &json!({ "count": unread })).await;
}
