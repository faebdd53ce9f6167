-- Notifications: people, events, messages to them, attempts, digests, and what tenants and people set.
--
-- Events, messages and attempts grow without end and are forgotten after 90 days, by the relay's sweep, a bounded number at
-- a time. They are in no partitions: ids are derived from what they stand for, so that whoever plans twice plans one thing,
-- and say nothing of the time; a key that holds across months is what makes that so.
--
-- Events, recipients and templates are JSON kept as text: they come back with every character and number that JSON has.
create table person (
    tenant text collate "C" not null check (tenant <> ''),
    user_id text collate "C" not null check (octet_length(user_id) between 1 and 255),
    name text,
    email text,
    phone text,
    language text,
    zone text,
    groups text[] collate "C" not null,
    updated_at timestamptz not null,
    primary key (tenant, user_id)
);

-- Who is in a group: `person.groups` the other way round.
create table person_group (
    tenant text collate "C" not null check (tenant <> ''),
    group_id text collate "C" not null,
    user_id text collate "C" not null,
    primary key (tenant, group_id, user_id)
);
create index person_group_by_user on person_group (tenant, user_id);

create table notify_event (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    -- Two with one key are one, for as long as the first is kept.
    key text collate "C" check (octet_length(key) between 1 and 1020),
    category text collate "C" not null check (category <> ''),
    body text not null,
    taken_at timestamptz not null,
    -- When its messages were written; null while it waits in the queue.
    planned_at timestamptz,
    primary key (tenant, id)
) with (
    -- Planning writes no index, with room in the page.
    fillfactor = 90
);
create unique index notify_event_by_key on notify_event (tenant, key) where key is not null;
create index notify_event_by_time on notify_event (tenant, taken_at, id);
create index notify_event_by_category on notify_event (tenant, category, taken_at, id);
create index notify_event_over on notify_event (taken_at);

-- One event (or a digest) to one recipient by one channel.
create table notify_message (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    event_id uuid not null,
    category text collate "C" not null,
    channel text collate "C" not null,
    recipient text not null,
    user_id text collate "C",
    address text,
    urgency text collate "C" not null,
    matter text,
    mandatory boolean not null,
    -- Whether it gathers several events: `notify_digest_item`.
    digest boolean not null,
    status text collate "C" not null check (status in
        ('planned', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'unknown', 'dropped')),
    reason text collate "C",
    created_at timestamptz not null,
    -- When something is to be done about it; null where it is over.
    due_at timestamptz,
    attempts integer not null check (attempts >= 0),
    updated_at timestamptz not null,
    -- When it was over; null while something is to be done.
    ended_at timestamptz,
    -- Who works on it, until when.
    held_by text collate "C",
    held_until timestamptz,
    -- When the bell rings for it: at `due_at`, or when nobody can be working on it any more.
    wake_at timestamptz,
    -- What people look for. A column of its own: an index over `status` would be written at every change of it.
    trouble boolean not null generated always as (status in ('bounced', 'failed', 'unknown')) stored,
    primary key (tenant, id),
    check ((due_at is null) = (ended_at is not null)),
    check (wake_at is null or due_at is not null)
) with (
    -- The start of an attempt writes no index, with room in the page.
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0
);
create index notify_message_by_event on notify_message (tenant, event_id);
create index notify_message_by_time on notify_message (tenant, created_at, id);
create index notify_message_by_user on notify_message (tenant, user_id, created_at, id) where user_id is not null;
create index notify_message_trouble on notify_message (tenant, created_at, id) where trouble;
create index notify_message_wake on notify_message (wake_at) where wake_at is not null;
create index notify_message_over on notify_message (ended_at) where ended_at is not null;

-- A try. Written before it is made: one without an end is one of which nobody knows.
create table notify_attempt (
    tenant text collate "C" not null check (tenant <> ''),
    message_id uuid not null,
    number integer not null check (number > 0),
    provider text collate "C" not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    status text collate "C" not null check (status in
        ('started', 'accepted', 'rejected', 'not_taken', 'unknown', 'delivered', 'bounced')),
    provider_id text collate "C",
    code text,
    detail text check (char_length(detail) <= 1000),
    primary key (tenant, message_id, number)
) with (fillfactor = 80);
-- By what a callback names it.
create index notify_attempt_by_provider on notify_attempt (tenant, provider, provider_id) where provider_id is not null;

-- Statements are planned once for all tenants, and all indexes begin with the tenant: the planner is to believe that a tenant
-- has as much as the largest, so that it never takes the rest of the key for a filter.
alter table notify_event alter column tenant set (n_distinct = 1);
alter table notify_message alter column tenant set (n_distinct = 1);
alter table notify_attempt alter column tenant set (n_distinct = 1);

-- A digest that is open: what is gathered for one recipient and channel. Closed by deleting the row, in the transaction
-- that leases its message; the key is why there is never more than one open.
create table notify_digest (
    tenant text collate "C" not null check (tenant <> ''),
    channel text collate "C" not null,
    -- `user:ada`, `address:ada@acme.example`, `target:ops`.
    recipient text collate "C" not null check (octet_length(recipient) <= 1400),
    key text collate "C" not null check (octet_length(key) between 1 and 1020),
    -- Of the message that it becomes.
    id uuid not null,
    gathered bigint not null,
    primary key (tenant, channel, recipient, key)
) with (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0
);
create unique index notify_digest_by_id on notify_digest (tenant, id);

-- An event that a digest gathered.
create table notify_digest_item (
    tenant text collate "C" not null check (tenant <> ''),
    digest_id uuid not null,
    event_id uuid not null,
    -- When it happened: they are told in this order.
    at timestamptz not null,
    gathered_at timestamptz not null,
    primary key (tenant, digest_id, event_id)
);
create index notify_digest_item_by_event on notify_digest_item (tenant, event_id);
alter table notify_digest_item alter column tenant set (n_distinct = 1);

-- An address that is not to be told anything; '' is every category. Mail addresses are in small letters.
create table notify_suppression (
    tenant text collate "C" not null check (tenant <> ''),
    channel text collate "C" not null,
    address text collate "C" not null,
    category text collate "C" not null,
    why text collate "C" not null,
    detail text,
    at timestamptz not null,
    primary key (tenant, channel, address, category)
);
create index notify_suppression_by_time on notify_suppression (tenant, at);

create table notify_preference (
    tenant text collate "C" not null check (tenant <> ''),
    user_id text collate "C" not null check (octet_length(user_id) between 1 and 255),
    body text not null,
    updated_at timestamptz not null,
    primary key (tenant, user_id)
);

create table notify_settings (
    tenant text collate "C" primary key check (tenant <> ''),
    revision bigint not null check (revision > 0),
    body text not null,
    updated_at timestamptz not null,
    updated_by text collate "C" not null
);

create table notify_template (
    tenant text collate "C" not null check (tenant <> ''),
    name text collate "C" not null check (char_length(name) between 1 and 64),
    language text collate "C" not null check (char_length(language) between 1 and 64),
    parts text not null check (octet_length(parts) <= 1048576),
    revision bigint not null check (revision > 0),
    updated_at timestamptz not null,
    updated_by text collate "C" not null,
    primary key (tenant, name, language)
);

create table notify_target (
    tenant text collate "C" not null check (tenant <> ''),
    name text collate "C" not null check (char_length(name) between 1 and 64),
    channel text collate "C" not null,
    -- Sealed before it comes here.
    sealed bytea not null,
    active boolean not null,
    updated_at timestamptz not null,
    primary key (tenant, name)
);

do $$
declare
    name text;
begin
    foreach name in array array[
        'person', 'person_group', 'notify_event', 'notify_message', 'notify_attempt', 'notify_digest',
        'notify_digest_item', 'notify_suppression', 'notify_preference', 'notify_settings', 'notify_template',
        'notify_target'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy own_tenant on %I for all to octavo_app
                using (tenant = current_setting(''octavo.tenant'', true))
                with check (tenant = current_setting(''octavo.tenant'', true))',
            name);
    end loop;
    -- Several times faster than the default, where the server was built with it.
    foreach name in array array['notify_event.body', 'notify_template.parts'] loop
        begin
            execute format('alter table %I alter column %I set compression lz4',
                split_part(name, '.', 1), split_part(name, '.', 2));
        exception
            when feature_not_supported then null;
        end;
    end loop;
end
$$;

grant select, insert, update, delete on person, person_group to octavo_app;
grant select, insert on notify_event, notify_message, notify_attempt, notify_digest_item to octavo_app;
grant update (planned_at) on notify_event to octavo_app;
grant update (address, status, reason, due_at, attempts, updated_at, ended_at, held_by, held_until, wake_at)
    on notify_message to octavo_app;
grant update (ended_at, status, provider_id, code, detail) on notify_attempt to octavo_app;
grant select, insert, delete on notify_digest to octavo_app;
grant update (gathered) on notify_digest to octavo_app;
grant select, insert, delete on notify_suppression to octavo_app;
grant select, insert, update, delete on notify_preference, notify_settings, notify_template, notify_target to octavo_app;

-- The relay finds what is due, of all tenants, and learns whose it is and nothing of what is in it; and it forgets what was
-- over 90 days ago.
create policy relay on notify_message for select to octavo_relay using (true);
create policy due on notify_message for update to octavo_relay using (wake_at is not null) with check (wake_at is not null);
create policy over on notify_message for delete to octavo_relay using (ended_at <= now() - interval '90 days');
create policy over on notify_event for all to octavo_relay using (taken_at <= now() - interval '90 days');
create policy over on notify_attempt for all to octavo_relay using (started_at <= now() - interval '90 days');
create policy relay on notify_digest_item for select to octavo_relay using (true);
create policy over on notify_digest_item for delete to octavo_relay using (gathered_at <= now() - interval '90 days');
grant select (tenant, id, event_id, wake_at, ended_at), update (wake_at), delete on notify_message to octavo_relay;
grant select (tenant, id, taken_at), delete on notify_event to octavo_relay;
grant select (tenant, message_id, started_at), delete on notify_attempt to octavo_relay;
grant select (tenant, digest_id, event_id, gathered_at), delete on notify_digest_item to octavo_relay;

-- The functions below are as those of workflows: one round trip each, with the rights of whoever calls, naming the tenant
-- themselves; with the same settings for the same reasons.

-- Puts notifications into inboxes; those that were not there by their id or key. At most `p_max` stay in each: what was
-- read goes before what was not, the oldest first.
--
-- One at a time in an inbox (the lock is that of whoever marks): else two would both find room for the last one. In the
-- order of users, so that no two wait for each other.
create function notification_add(
    p_tenant text, p_at timestamptz, p_max bigint, p_users text[], p_ids uuid[], p_categories text[], p_titles text[],
    p_texts text[], p_links text[], p_datas text[], p_keys text[]) returns setof uuid
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    v record;
    v_over bigint;
    v_gone bigint;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    for v in
        select *
        from unnest(p_users, p_ids, p_categories, p_titles, p_texts, p_links, p_datas, p_keys)
            as given (user_id, id, category, title, text, link, data, key)
        order by given.user_id collate "C", given.id
    loop
        perform pg_advisory_xact_lock(hashtextextended('octavo.inbox:' || p_tenant || ':' || v.user_id, 0));
        insert into notification (tenant, user_id, id, category, title, text, link, data, dedupe_key, created_at)
        values (p_tenant, v.user_id, v.id, v.category, v.title, v.text, v.link, v.data::json, v.key, p_at)
        on conflict do nothing;
        continue when not found;
        select count(*) - p_max into v_over from notification n where n.tenant = p_tenant and n.user_id = v.user_id;
        -- From the old end, where what was read is found soon.
        if v_over > 0 then
            -- An array is made once; a subquery may be asked again for each row.
            delete from notification n where n.tenant = p_tenant and n.user_id = v.user_id and n.id = any (array(
                select o.id from notification o
                where o.tenant = p_tenant and o.user_id = v.user_id and o.id <> v.id
                    and (o.read_at is not null or o.archived_at is not null)
                order by o.id limit v_over));
            get diagnostics v_gone = row_count;
            if v_gone < v_over then
                delete from notification n where n.tenant = p_tenant and n.user_id = v.user_id and n.id = any (array(
                    select o.id from notification o
                    where o.tenant = p_tenant and o.user_id = v.user_id and o.id <> v.id
                    order by o.id limit v_over - v_gone));
            end if;
        end if;
        return next v.id;
    end loop;
end
$$;

-- What an event becomes, once: the messages that `p_worker` holds from now on. The row of the event is what two that plan
-- the same event wait for; the second finds it planned.
create function notify_plan(
    p_tenant text, p_event uuid, p_key text, p_category text, p_body text, p_happened_at timestamptz, p_at timestamptz,
    p_worker text, p_until timestamptz,
    p_ids uuid[], p_categories text[], p_channels text[], p_recipients text[], p_users text[], p_addresses text[],
    p_urgencies text[], p_matters text[], p_mandatory boolean[], p_statuses text[], p_reasons text[],
    p_created_ats timestamptz[], p_due_ats timestamptz[],
    -- Of what is gathered; null where a message is its own.
    p_digest_keys text[], p_digest_recipients text[], p_digest_due_ats timestamptz[]) returns setof uuid
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    v record;
    v_digest uuid;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    insert into notify_event (tenant, id, key, category, body, taken_at, planned_at)
    values (p_tenant, p_event, p_key, p_category, p_body, p_at, p_at)
    on conflict do nothing;
    if not found then
        update notify_event set planned_at = p_at
        where tenant = p_tenant and id = p_event and planned_at is null;
        if not found then
            return;
        end if;
    end if;
    return query
    with made as (
        insert into notify_message (
            tenant, id, event_id, category, channel, recipient, user_id, address, urgency, matter, mandatory, digest,
            status, reason, created_at, due_at, attempts, updated_at, ended_at, held_by, held_until, wake_at)
        select
            p_tenant, g.id, p_event, g.category, g.channel, g.recipient, g.user_id, g.address, g.urgency, g.matter,
            g.mandatory, false, g.status, g.reason, g.created_at, g.due_at, 0, p_at,
            case when g.due_at is null then p_at end,
            case when g.due_at <= p_at then p_worker end,
            case when g.due_at <= p_at then p_until end,
            -- If the worker dies, somebody else is told.
            case when g.due_at <= p_at then p_until else g.due_at end
        from unnest(
            p_ids, p_categories, p_channels, p_recipients, p_users, p_addresses, p_urgencies, p_matters, p_mandatory,
            p_statuses, p_reasons, p_created_ats, p_due_ats, p_digest_keys)
            as g (id, category, channel, recipient, user_id, address, urgency, matter, mandatory, status, reason,
                created_at, due_at, digest_key)
        where g.digest_key is null
        on conflict do nothing
        returning id, held_by)
    select made.id from made where made.held_by is not null;
    -- Digests are locked in the order of their keys, here and where they are closed, so that no two wait for each other.
    -- Whoever closes one waits until this is committed, and whoever comes after that opens the next.
    for v in
        select *
        from unnest(
            p_ids, p_categories, p_channels, p_recipients, p_users, p_addresses, p_urgencies, p_matters, p_mandatory,
            p_created_ats, p_digest_keys, p_digest_recipients, p_digest_due_ats)
            as g (id, category, channel, recipient, user_id, address, urgency, matter, mandatory, created_at,
                digest_key, digest_recipient, digest_due_at)
        where g.digest_key is not null
        order by g.channel collate "C", g.digest_recipient collate "C", g.digest_key collate "C"
    loop
        insert into notify_digest as d (tenant, channel, recipient, key, id, gathered)
        values (p_tenant, v.channel, v.digest_recipient, v.digest_key, v.id, 1)
        on conflict (tenant, channel, recipient, key) do update set gathered = d.gathered + 1
        returning d.id into v_digest;
        if v_digest = v.id then
            insert into notify_message (
                tenant, id, event_id, category, channel, recipient, user_id, address, urgency, matter, mandatory, digest,
                status, reason, created_at, due_at, attempts, updated_at, wake_at)
            values (
                p_tenant, v.id, p_event, v.category, v.channel, v.recipient, v.user_id, v.address, v.urgency, v.matter,
                v.mandatory, true, 'planned', 'digest', v.created_at, v.digest_due_at, 0, p_at, v.digest_due_at)
            on conflict do nothing;
        end if;
        insert into notify_digest_item (tenant, digest_id, event_id, at, gathered_at)
        values (p_tenant, v_digest, p_event, p_happened_at, p_at)
        on conflict do nothing;
    end loop;
end
$$;

-- Messages with their attempts and the events (of a digest, the 100 oldest) that they tell of.
create function notify_load(p_tenant text, p_ids uuid[])
returns table (
    id uuid, event_id uuid, category text, channel text, recipient text, user_id text, address text, urgency text,
    matter text, mandatory boolean, digest boolean, status text, reason text, created_at timestamptz,
    due_at timestamptz, attempts integer, updated_at timestamptz,
    numbers integer[], providers text[], started_ats timestamptz[], ended_ats timestamptz[], outcomes text[],
    provider_ids text[], codes text[], details text[], events uuid[], gathered bigint)
language plpgsql stable
set enable_seqscan = off set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    perform set_config('octavo.tenant', p_tenant, true);
    return query
    select
        m.id, m.event_id, m.category, m.channel, m.recipient, m.user_id, m.address, m.urgency, m.matter, m.mandatory,
        m.digest, m.status, m.reason, m.created_at, m.due_at, m.attempts, m.updated_at,
        a.numbers, a.providers, a.started_ats, a.ended_ats, a.outcomes, a.provider_ids, a.codes, a.details,
        case when m.digest then
            array(
                select i.event_id from notify_digest_item i
                where i.tenant = p_tenant and i.digest_id = m.id order by i.at, i.event_id limit 100)
            else array[m.event_id] end,
        case when m.digest then
            (select count(*) from notify_digest_item i where i.tenant = p_tenant and i.digest_id = m.id)
            else 1 end
    from (select distinct unnest(p_ids) as id) g
    -- Each by its key, whatever the statistics say: `offset` keeps the planner from joining the tenant's with the given.
    cross join lateral (
        select * from notify_message o where o.tenant = p_tenant and o.id = g.id offset 0) m
    cross join lateral (
        select
            coalesce(array_agg(t.number order by t.number), '{}') as numbers,
            coalesce(array_agg(t.provider order by t.number), '{}') as providers,
            coalesce(array_agg(t.started_at order by t.number), '{}') as started_ats,
            coalesce(array_agg(t.ended_at order by t.number), '{}') as ended_ats,
            coalesce(array_agg(t.status order by t.number), '{}') as outcomes,
            coalesce(array_agg(t.provider_id order by t.number), '{}') as provider_ids,
            coalesce(array_agg(t.code order by t.number), '{}') as codes,
            coalesce(array_agg(t.detail order by t.number), '{}') as details
        from notify_attempt t where t.tenant = p_tenant and t.message_id = m.id) a
    order by m.created_at, m.id;
end
$$;

-- Leases those of `p_ids` that are due and nobody holds; digests among them are closed. `p_slack`: what is due so soon is due.
create function notify_claim(
    p_tenant text, p_ids uuid[], p_worker text, p_now timestamptz, p_until timestamptz, p_slack interval) returns uuid[]
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    v_id uuid;
    v_digest boolean;
    v_ids uuid[] := '{}';
    v_digests uuid[] := '{}';
begin
    perform set_config('octavo.tenant', p_tenant, true);
    for v_id in select distinct g.id from unnest(p_ids) as g (id) order by g.id loop
        select m.digest into v_digest from notify_message m
        where m.tenant = p_tenant and m.id = v_id and m.due_at <= p_now + p_slack
            and (m.held_until is null or m.held_until <= p_now)
        for update skip locked;
        continue when not found;
        update notify_message m set held_by = p_worker, held_until = p_until, wake_at = p_until
        where m.tenant = p_tenant and m.id = v_id;
        v_ids := v_ids || v_id;
        if v_digest then
            v_digests := v_digests || v_id;
        end if;
    end loop;
    if cardinality(v_digests) > 0 then
        -- Waits for whoever gathers into one at this moment, so that what they gathered is seen by the next statement.
        perform from notify_digest d where d.tenant = p_tenant and d.id = any (v_digests)
        order by d.channel, d.recipient, d.key
        for update;
        delete from notify_digest d where d.tenant = p_tenant and d.id = any (v_digests);
    end if;
    return v_ids;
end
$$;

-- Writes down that an attempt begins, if it is the next one and the lease holds.
create function notify_attempt_start(
    p_tenant text, p_id uuid, p_worker text, p_number integer, p_provider text, p_at timestamptz, p_address text)
returns boolean
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    v_channel text;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    update notify_message m set
        status = 'sending', reason = null, attempts = p_number, address = p_address, updated_at = p_at
    where m.tenant = p_tenant and m.id = p_id and m.held_by = p_worker and m.held_until > p_at
        and m.attempts = p_number - 1 and m.due_at is not null
    returning m.channel into v_channel;
    if not found then
        return false;
    end if;
    insert into notify_attempt (tenant, message_id, number, provider, started_at, status)
    values (p_tenant, p_id, p_number, p_provider, p_at, 'started');
    -- What is told twice as one may be told twice: nobody waits for the disk.
    if v_channel in ('in_app', 'webhook', 'pagerduty') then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    return true;
end
$$;

-- Leaves messages: those of which `p_worker` holds the lease, with all that belongs to them. What a provider said
-- meanwhile stays.
create function notify_close(
    p_tenant text, p_worker text, p_at timestamptz,
    p_ids uuid[], p_statuses text[], p_reasons text[], p_due_ats timestamptz[],
    -- The ends of attempts; null where none was made.
    p_numbers integer[], p_outcomes text[], p_provider_ids text[], p_codes text[], p_details text[],
    p_ended_ats timestamptz[],
    -- What is suppressed, with the message that it belongs to; so with the next ones.
    p_suppressed uuid[], p_suppress_channels text[], p_suppress_addresses text[], p_suppress_categories text[],
    p_suppress_whys text[], p_suppress_details text[], p_suppress_ats timestamptz[],
    p_told uuid[], p_told_users text[], p_told_ids uuid[], p_told_categories text[], p_told_titles text[],
    p_told_texts text[], p_told_links text[], p_told_datas text[], p_told_keys text[], p_inbox_max bigint,
    p_published uuid[], p_message_ids uuid[], p_queues text[], p_messages text[]) returns uuid[]
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    v record;
    v_message record;
    v_held uuid[] := '{}';
    v_hurried boolean := true;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    for v in
        select *
        from unnest(
            p_ids, p_statuses, p_reasons, p_due_ats, p_numbers, p_outcomes, p_provider_ids, p_codes, p_details,
            p_ended_ats)
            as g (id, status, reason, due_at, number, outcome, provider_id, code, detail, ended_at)
        order by g.id
    loop
        select m.status, m.channel into v_message from notify_message m
        where m.tenant = p_tenant and m.id = v.id and m.held_by = p_worker and m.held_until > p_at
        for update;
        continue when not found;
        v_held := v_held || v.id;
        v_hurried := v_hurried and v_message.channel in ('in_app', 'webhook', 'pagerduty');
        if v.number is not null then
            update notify_attempt a set
                status = case when a.status = 'started' or v.outcome = 'delivered' then v.outcome else a.status end,
                ended_at = coalesce(a.ended_at, v.ended_at), provider_id = coalesce(v.provider_id, a.provider_id),
                code = coalesce(a.code, v.code), detail = coalesce(a.detail, v.detail)
            where a.tenant = p_tenant and a.message_id = v.id and a.number = v.number and a.status <> 'bounced';
        end if;
        -- Another provider is asked at once, under the same lease.
        continue when v.status = 'sending';
        -- A worker's message is planned or sending, unless a callback came before its answer: then that holds.
        if v_message.status in ('planned', 'sending')
            or (v.status = 'delivered' and v_message.status in ('sent', 'unknown', 'failed'))
        then
            update notify_message m set
                status = v.status, reason = v.reason, due_at = v.due_at, wake_at = v.due_at,
                ended_at = case when v.due_at is null then p_at end, updated_at = p_at, held_by = null,
                held_until = null
            where m.tenant = p_tenant and m.id = v.id;
        else
            update notify_message m set updated_at = p_at, held_by = null, held_until = null
            where m.tenant = p_tenant and m.id = v.id;
        end if;
    end loop;
    if cardinality(v_held) = 0 then
        return v_held;
    end if;
    if cardinality(p_suppressed) > 0 then
        insert into notify_suppression (tenant, channel, address, category, why, detail, at)
        select p_tenant, g.channel, g.address, g.category, g.why, g.detail, g.at
        from unnest(
            p_suppressed, p_suppress_channels, p_suppress_addresses, p_suppress_categories, p_suppress_whys,
            p_suppress_details, p_suppress_ats) as g (message, channel, address, category, why, detail, at)
        where g.message = any (v_held)
        order by g.channel collate "C", g.address collate "C", g.category collate "C"
        on conflict do nothing;
    end if;
    if cardinality(p_told) > 0 then
        perform notification_add(
            p_tenant, p_at, p_inbox_max, array_agg(g.user_id), array_agg(g.id), array_agg(g.category),
            array_agg(g.title), array_agg(g.body), array_agg(g.link), array_agg(g.data), array_agg(g.key))
        from unnest(
            p_told, p_told_users, p_told_ids, p_told_categories, p_told_titles, p_told_texts, p_told_links,
            p_told_datas, p_told_keys) as g (message, user_id, id, category, title, body, link, data, key)
        where g.message = any (v_held);
    end if;
    if cardinality(p_published) > 0 then
        insert into outbox (id, tenant, queue, message)
        select g.id, p_tenant, g.queue, g.message::json
        from unnest(p_published, p_message_ids, p_queues, p_messages) with ordinality
            as g (of_message, id, queue, message, place)
        where g.of_message = any (v_held)
        order by g.place;
    end if;
    -- If this is lost in a crash, the messages are there still, held, and are told once more as the same.
    if v_hurried then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    return v_held;
end
$$;

-- What providers say of attempts, forward only: how many were about a message that is there.
--
-- That an attempt was taken or arrived settles its message, whichever attempt it was. That it was refused or came back does
-- so for the last one alone: of an earlier one it was known that another followed.
create function notify_callbacks(
    p_tenant text, p_messages uuid[], p_providers text[], p_provider_ids text[], p_statuses text[], p_codes text[],
    p_details text[], p_ats timestamptz[],
    p_suppress_channels text[], p_suppress_addresses text[], p_suppress_categories text[], p_suppress_whys text[],
    p_suppress_details text[], p_suppress_ats timestamptz[]) returns integer
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    v record;
    v_id uuid;
    v_number integer;
    v_message record;
    v_status text;
    v_known integer := 0;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    insert into notify_suppression (tenant, channel, address, category, why, detail, at)
    select p_tenant, g.channel, g.address, g.category, g.why, g.detail, g.at
    from unnest(
        p_suppress_channels, p_suppress_addresses, p_suppress_categories, p_suppress_whys, p_suppress_details,
        p_suppress_ats) as g (channel, address, category, why, detail, at)
    order by g.channel collate "C", g.address collate "C", g.category collate "C"
    on conflict do nothing;
    for v in
        select *
        from unnest(p_messages, p_providers, p_provider_ids, p_statuses, p_codes, p_details, p_ats) with ordinality
            as g (message, provider, provider_id, status, code, detail, at, place)
        order by g.message, g.place
    loop
        v_id := null;
        v_number := null;
        if v.provider_id is not null then
            select a.message_id, a.number into v_id, v_number from notify_attempt a
            where a.tenant = p_tenant and a.provider = v.provider and a.provider_id = v.provider_id
                and (v.message is null or a.message_id = v.message)
            order by a.started_at desc limit 1;
        end if;
        -- One whose answer was not heard, or not written yet; else the last that was made by this provider.
        if v_id is null and v.message is not null then
            select a.message_id, a.number into v_id, v_number from notify_attempt a
            where a.tenant = p_tenant and a.message_id = v.message and a.provider = v.provider
            order by a.provider_id is null desc, a.number desc limit 1;
            v_id := v.message;
        end if;
        -- Before its attempts, as everywhere.
        select m.status, m.attempts into v_message from notify_message m
        where m.tenant = p_tenant and m.id = v_id
        for update;
        continue when not found;
        v_known := v_known + 1;
        continue when v_number is null;
        update notify_attempt a set
            status = v.status, ended_at = coalesce(a.ended_at, v.at),
            provider_id = coalesce(a.provider_id, v.provider_id), code = coalesce(v.code, a.code),
            detail = coalesce(v.detail, a.detail)
        where a.tenant = p_tenant and a.message_id = v_id and a.number = v_number
            and case v.status
                when 'accepted' then a.status in ('started', 'unknown', 'not_taken')
                when 'rejected' then a.status in ('started', 'unknown', 'not_taken', 'accepted')
                else a.status not in ('delivered', 'bounced') end;
        continue when not found;
        v_status := case
            when v_message.status in ('delivered', 'bounced', 'dropped') then null
            when v.status = 'delivered' then 'delivered'
            when v.status = 'accepted' and v_message.status <> 'sent' then 'sent'
            when v.status = 'bounced' and v_number = v_message.attempts then 'bounced'
            when v.status = 'rejected' and v_number = v_message.attempts and v_message.status <> 'failed' then 'failed'
        end;
        if v_status is not null then
            update notify_message m set
                status = v_status, reason = null, due_at = null, wake_at = null, updated_at = v.at,
                ended_at = coalesce(m.ended_at, now())
            where m.tenant = p_tenant and m.id = v_id;
        end if;
    end loop;
    return v_known;
end
$$;
