-- Approvals: what is asked, of whom, what became of it; substitutions and calendars.
--
-- An approval is kept whole, as JSON in text, which comes back with every character and number that JSON has. Beside it
-- lies what is looked for: who may decide it now (`approval_seat`), who took part in it (`approval_part`), what happened
-- (`approval_event`, which is only ever added to). Ids are derived from tasks and say nothing of time: lists are ordered
-- by the moment of the request, then by id.
create table approval (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    -- How often it was changed. Whoever changes it says which number they saw: the fence.
    seq bigint not null check (seq > 0),
    body text not null,
    requester text collate "C" not null check (octet_length(requester) between 1 and 255),
    -- For whom it was asked, where that is somebody else.
    for_whom text collate "C" check (for_whom <> requester),
    document_id uuid,
    execution_id uuid not null,
    -- SHA-256 of the token of the task that waits.
    token_hash bytea not null,
    category text collate "C",
    -- In small letters: what a title is searched in.
    title_key text not null,
    outcome text collate "C" check (outcome in
        ('APPROVED', 'REJECTED', 'CHANGES_REQUESTED', 'EXPIRED', 'WITHDRAWN', 'CANCELLED')),
    open boolean not null generated always as (outcome is null) stored,
    created_at timestamptz not null,
    ended_at timestamptz,
    -- When time does something to it, or somebody is to see that nobody waits for it any more.
    due_at timestamptz,
    -- Whether its task is there to be answered.
    awaited boolean not null,
    primary key (tenant, id),
    check ((outcome is null) = (ended_at is null)),
    check (due_at is null or outcome is null)
) with (fillfactor = 80);

create index approval_by_time on approval (tenant, created_at, id);
create index approval_open on approval (tenant, created_at, id) where open;
create index approval_by_outcome on approval (tenant, outcome, created_at, id) where outcome is not null;
create index approval_by_requester on approval (tenant, requester, created_at, id);
create index approval_by_whom on approval (tenant, for_whom, created_at, id) where for_whom is not null;
-- How many somebody waits for.
create index approval_of_requester on approval (tenant, requester, id) where open;
create index approval_for_whom on approval (tenant, for_whom, id) where open and for_whom is not null;
create index approval_of_document on approval (tenant, document_id, created_at, id) where document_id is not null;
create index approval_of_execution on approval (tenant, execution_id, created_at, id);
create index approval_by_category on approval (tenant, category, created_at, id) where category is not null;
create index approval_due on approval (due_at) where due_at is not null;
-- Looked into whenever a task with a token goes away: no larger than what is open. Not unique: whoever tried tokens would
-- learn of those of other tenants.
create index approval_awaited on approval (tenant, token_hash) where open and awaited;

-- Who may decide an approval now: a row for each candidate and holder, however many of its seats they may take.
create table approval_seat (
    tenant text collate "C" not null,
    approval_id uuid not null,
    -- A reader: `user:ada`, `group:legal`; `-` where there is none left beside the holder.
    candidate text collate "C" not null check (candidate <> ''),
    -- Who has claimed the seat; '' where it is anyone's.
    holder text collate "C" not null,
    -- Who may not decide it, though they may be in a candidate's group: they asked for it, or decided already.
    barred text[] collate "C" not null,
    created_at timestamptz not null,
    primary key (tenant, approval_id, candidate, holder),
    foreign key (tenant, approval_id) references approval
) with (
    -- Rows live until somebody decides.
    autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000
);

-- An inbox is a stretch of this for each of its readers, read from either end.
create index approval_seat_by_candidate on approval_seat (tenant, candidate, holder, created_at, approval_id);
create index approval_seat_by_holder on approval_seat (tenant, holder, created_at, approval_id) where holder <> '';

-- Who decided, delegated or commented.
create table approval_part (
    tenant text collate "C" not null,
    user_id text collate "C" not null check (user_id <> ''),
    created_at timestamptz not null,
    approval_id uuid not null,
    primary key (tenant, user_id, created_at, approval_id),
    foreign key (tenant, approval_id) references approval
);

-- What happened: who, when, for whom, from where. Nobody changes or deletes it; no grant lets them.
create table approval_event (
    tenant text collate "C" not null,
    approval_id uuid not null,
    -- From 1 on, without gaps.
    number integer not null check (number > 0),
    at timestamptz not null,
    actor text collate "C",
    body text not null,
    primary key (tenant, approval_id, number),
    foreign key (tenant, approval_id) references approval
);

-- Links that were used. Forgotten when they could not be used any more anyway.
create table approval_link (
    tenant text collate "C" not null check (tenant <> ''),
    nonce uuid not null,
    expires_at timestamptz not null,
    primary key (tenant, nonce)
);

create index approval_link_expired on approval_link (expires_at);

create table substitution (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    -- Who is away.
    user_id text collate "C" not null check (octet_length(user_id) between 1 and 255),
    substitute text collate "C" not null check (octet_length(substitute) between 1 and 255),
    -- Days of the zone, both included.
    from_day date not null,
    to_day date not null,
    zone text collate "C" not null,
    -- None are all.
    categories text[] collate "C" not null,
    created_by text collate "C" not null,
    created_at timestamptz not null,
    primary key (tenant, id),
    check (from_day <= to_day),
    check (user_id <> substitute)
);

create index substitution_of on substitution (tenant, user_id, to_day);
create index substitution_by on substitution (tenant, substitute, to_day);
create index substitution_by_day on substitution (tenant, from_day, id);
create index substitution_over on substitution (to_day);

create table calendar (
    tenant text collate "C" not null check (tenant <> ''),
    name text collate "C" not null check (char_length(name) between 1 and 64),
    body text not null,
    updated_at timestamptz not null,
    primary key (tenant, name)
);

do $$
declare
    name text;
begin
    foreach name in array array[
        'approval', 'approval_seat', 'approval_part', 'approval_event', 'approval_link', 'substitution', 'calendar'
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
    foreach name in array array['approval.body', 'approval_event.body'] loop
        begin
            execute format('alter table %I alter column %I set compression lz4',
                split_part(name, '.', 1), split_part(name, '.', 2));
        exception
            when feature_not_supported then null;
        end;
    end loop;
end
$$;

grant select, insert on approval to octavo_app;
grant update (seq, body, outcome, ended_at, due_at, awaited) on approval to octavo_app;
grant select, insert, delete on approval_seat to octavo_app;
grant update (barred) on approval_seat to octavo_app;
grant select, insert on approval_part to octavo_app;
grant select, insert on approval_event to octavo_app;
grant select, insert on approval_link to octavo_app;
grant select, insert, update, delete on substitution to octavo_app;
grant select, insert, update, delete on calendar to octavo_app;

-- The relay finds what is due, of all tenants, and learns whose it is and nothing of what is in it.
create policy due on approval for all to octavo_relay using (open) with check (open);
grant select (tenant, id, open, awaited, token_hash, due_at), update (awaited, due_at) on approval to octavo_relay;

create policy over on approval_link for all to octavo_relay using (expires_at <= now());
grant select (tenant, nonce, expires_at), delete on approval_link to octavo_relay;

-- Who decided for whom is in the record of each approval.
create policy over on substitution for all to octavo_relay using (to_day < (now() - interval '2 years')::date);
grant select (tenant, id, to_day), delete on substitution to octavo_relay;

-- A task that goes away takes the reason of its approval with it: whoever looks after approvals is to end it, at once.
-- Answered by the approval itself it does no harm: the same transaction ends the approval.
--
-- With the rights of whoever deletes the task, for whom the policies hold: a function of that tenant, or the relay, which
-- drops what an execution left behind that ended. The task is locked before the approval, here as in `approval_commit`, so
-- that no two wait for each other. Tasks without a token, which are nearly all, do not come here. Without settings of its
-- own, which would be most of what it costs: all that deletes tasks has the right ones.
create function approval_task_gone() returns trigger
language plpgsql
as $$
begin
    update public.approval set awaited = false, due_at = now()
    where tenant = old.tenant and token_hash = old.token_hash and open and awaited;
    return null;
end
$$;

create trigger approval_task_gone after delete on workflow_task
    for each row when (old.token_hash is not null) execute function approval_task_gone();

-- Makes a change of one approval true: `done`, `stale` (not at `p_expected` any more, or there already, if that is null),
-- or `used` (the link was): nothing was changed. What is found out too late for that is raised: OA001 is stale.
--
-- As the functions of workflows: one round trip, with the rights of whoever calls, naming the tenant itself.
create function approval_commit(
    p_tenant text, p_id uuid, p_expected bigint, p_body text, p_requester text, p_for_whom text, p_document uuid,
    p_execution uuid, p_token text, p_category text, p_title_key text, p_outcome text, p_created_at timestamptz,
    p_ended_at timestamptz, p_due_at timestamptz,
    p_candidates text[], p_holders text[], p_barred text[], p_people text[],
    p_numbers integer[], p_ats timestamptz[], p_actors text[], p_events text[],
    p_message_ids uuid[], p_queues text[], p_messages text[],
    -- What the task is answered; null where it is not.
    p_answer text, p_answered_at timestamptz,
    p_link uuid, p_link_expires_at timestamptz,
    out outcome text, out execution uuid)
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
#variable_conflict use_column
declare
    v_awaited boolean := true;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    -- Of two that use a link at once, the second waits here for the first.
    if p_link is not null then
        insert into approval_link (tenant, nonce, expires_at) values (p_tenant, p_link, p_link_expires_at)
        on conflict (tenant, nonce) do nothing;
        if not found then
            outcome := 'used';
            return;
        end if;
    end if;
    -- The task first (see `approval_task_gone`).
    if p_answer is not null then
        execution := workflow_answer(p_tenant, p_token, p_answer, p_answered_at);
    elsif p_expected is null then
        -- Held until this is committed: whoever deletes it then finds the approval.
        perform from workflow_task where tenant = p_tenant and token_hash = sha256(convert_to(p_token, 'UTF8'))
        for key share;
        v_awaited := found;
    end if;
    if p_expected is null then
        insert into approval (
            tenant, id, seq, body, requester, for_whom, document_id, execution_id, token_hash, category, title_key,
            outcome, created_at, ended_at, due_at, awaited)
        values (
            p_tenant, p_id, 1, p_body, p_requester, p_for_whom, p_document, p_execution,
            sha256(convert_to(p_token, 'UTF8')), p_category, p_title_key, p_outcome, p_created_at, p_ended_at,
            case when p_outcome is not null then null when v_awaited then p_due_at else now() end,
            v_awaited)
        on conflict (tenant, id) do nothing;
    else
        update approval set
            seq = seq + 1, body = p_body, outcome = p_outcome, ended_at = p_ended_at,
            -- One that nobody waits for is due until it has ended.
            due_at = case when p_outcome is not null then null when awaited then p_due_at else now() end
        where tenant = p_tenant and id = p_id and seq = p_expected;
    end if;
    if not found then
        if p_link is not null or p_answer is not null then
            raise exception 'the approval was changed by somebody else' using errcode = 'OA001';
        end if;
        outcome := 'stale';
        return;
    end if;

    delete from approval_seat s
    where s.tenant = p_tenant and s.approval_id = p_id and not exists (
        select from unnest(p_candidates, p_holders) as g (candidate, holder)
        where g.candidate = s.candidate and g.holder = s.holder);
    insert into approval_seat (tenant, approval_id, candidate, holder, barred, created_at)
    select p_tenant, p_id, candidate, holder, p_barred, p_created_at
    from unnest(p_candidates, p_holders) as g (candidate, holder)
    on conflict (tenant, approval_id, candidate, holder)
        do update set barred = excluded.barred where approval_seat.barred <> excluded.barred;
    insert into approval_part (tenant, user_id, created_at, approval_id)
    select p_tenant, person, p_created_at, p_id from unnest(p_people) as p (person)
    on conflict do nothing;
    insert into approval_event (tenant, approval_id, number, at, actor, body)
    select p_tenant, p_id, number, at, actor, body
    from unnest(p_numbers, p_ats, p_actors, p_events) as e (number, at, actor, body);
    insert into outbox (id, tenant, queue, message)
    select id, p_tenant, queue, message::json
    from unnest(p_message_ids, p_queues, p_messages) with ordinality as m (id, queue, message, place)
    order by place;
    outcome := 'done';
end
$$;
