//! Forgets what was over 90 days ago.

/// As [`crate::sweep`] does it: the policies let the relay delete nothing else; the conditions are for the indexes. An event
/// stays as long as a message tells of it.
pub(crate) const SWEEPS: [&str; 2] = [
    "with over as materialized (
        select tenant, id from notify_message where ended_at <= now() - interval '90 days' order by ended_at limit $1),
    attempts as (
        delete from notify_attempt a using over o where a.tenant = o.tenant and a.message_id = o.id),
    items as (
        delete from notify_digest_item i using over o where i.tenant = o.tenant and i.digest_id = o.id)
    delete from notify_message m using over o where m.tenant = o.tenant and m.id = o.id",
    "delete from notify_event where (tenant, id) in (
        select tenant, id from notify_event o where taken_at <= now() - interval '90 days'
        and not exists (select from notify_message m where m.tenant = o.tenant and m.event_id = o.id)
        and not exists (select from notify_digest_item i where i.tenant = o.tenant and i.event_id = o.id)
        order by taken_at limit $1)",
];
