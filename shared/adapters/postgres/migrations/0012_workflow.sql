-- Executions of workflows.
--
-- An execution that runs is a row of `workflow_running`, which is small, in no partition, and changed at every wake.
-- When it ends, the row moves to `workflow_ended`, a partition a month, and is never changed there: one that ends in
-- the wake that it began in is written there at once and nowhere else. So the tables that are written all the time hold
-- what runs, and the ones that grow are written once a row.
--
-- Payloads are JSON kept as text: they come back byte for byte, with every character and number that JSON has.
create table workflow_running (
    tenant text collate "C" not null check (tenant <> ''),
    -- A UUID version 7 of the start.
    id uuid not null,
    -- How often it was committed. Whoever commits says which number they saw: the fence.
    seq bigint not null check (seq > 0),
    status text collate "C" not null,
    arn text collate "C" not null,
    name text collate "C" not null,
    machine_arn text collate "C" not null,
    machine_name text collate "C" not null,
    role_arn text not null,
    input text not null,
    started_at timestamptz not null,
    started_by text collate "C" not null,
    express boolean not null,
    revision uuid not null,
    version_arn text collate "C",
    alias_arn text collate "C",
    trace_header text,
    -- The execution, its frame and the frame's turn that are told of the end, and in which way.
    above_execution uuid,
    above_frame bigint,
    above_turn bigint,
    above_tells text,
    map_run_arn text collate "C",
    item_count bigint,
    -- A JSON object; null where there are none.
    attributes text,
    events bigint not null,
    frames bigint not null,
    redrive_count integer not null,
    redriven_at timestamptz,
    -- What is left of the answers of a test case, where its tasks are mocked.
    mocked text,
    primary key (tenant, id)
) with (
    -- No index holds what a wake changes: with room in the page it writes no index.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);

create index workflow_running_by_machine on workflow_running (tenant, machine_arn, id) where map_run_arn is null;
create index workflow_running_by_user on workflow_running (tenant, started_by, id) where map_run_arn is null;
create index workflow_running_by_name on workflow_running (tenant, name, id) where map_run_arn is null;
create index workflow_running_by_map_run on workflow_running (tenant, map_run_arn, id) where map_run_arn is not null;
create index workflow_running_by_above on workflow_running (tenant, above_execution, above_frame)
    where above_execution is not null;

create table workflow_ended (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    seq bigint not null,
    status text collate "C" not null,
    arn text collate "C" not null,
    name text collate "C" not null,
    machine_arn text collate "C" not null,
    machine_name text collate "C" not null,
    role_arn text not null,
    input text not null,
    started_at timestamptz not null,
    started_by text collate "C" not null,
    express boolean not null,
    revision uuid not null,
    version_arn text collate "C",
    alias_arn text collate "C",
    trace_header text,
    above_execution uuid,
    above_frame bigint,
    above_turn bigint,
    above_tells text,
    map_run_arn text collate "C",
    item_count bigint,
    attributes text,
    events bigint not null,
    frames bigint not null,
    redrive_count integer not null,
    redriven_at timestamptz,
    mocked text,
    stopped_at timestamptz not null,
    output text,
    error text,
    cause text,
    primary key (tenant, id)
) partition by range (id);

-- Lists are newest first, which is the index read backwards. Children of map runs are in none but their own.
create index workflow_ended_top on workflow_ended (tenant, id) where map_run_arn is null;
create index workflow_ended_by_machine on workflow_ended (tenant, machine_arn, id) where map_run_arn is null;
create index workflow_ended_by_user on workflow_ended (tenant, started_by, id) where map_run_arn is null;
create index workflow_ended_by_name on workflow_ended (tenant, name, id) where map_run_arn is null;
create index workflow_ended_by_version on workflow_ended (tenant, version_arn, id) where version_arn is not null;
create index workflow_ended_by_alias on workflow_ended (tenant, alias_arn, id) where alias_arn is not null;
create index workflow_ended_by_map_run on workflow_ended (tenant, map_run_arn, status, id)
    where map_run_arn is not null;
-- What succeeded is what most are; the rest is what is looked for.
create index workflow_ended_unsuccessful on workflow_ended (tenant, status, id)
    where map_run_arn is null and status <> 'SUCCEEDED';
create index workflow_ended_unsuccessful_by_machine on workflow_ended (tenant, machine_arn, status, id)
    where map_run_arn is null and status <> 'SUCCEEDED';
-- Whether anything of a month ended lately: rows lie nearly in the order of their ends.
create index workflow_ended_by_stop on workflow_ended using brin (stopped_at) with (autosummarize = on);

-- The events of a wake.
create table workflow_history (
    tenant text collate "C" not null check (tenant <> ''),
    execution_id uuid not null,
    -- The id of the first.
    first bigint not null check (first > 0),
    count integer not null check (count > 0),
    -- A JSON array; or the hash of the object that holds it.
    body text,
    blob text,
    primary key (tenant, execution_id, first),
    check ((body is null) <> (blob is null))
) partition by range (execution_id);

-- Search attributes, one a row, as equality is asked for. An inverted index over JSON would not do: its operators are
-- not leakproof, so below row-level security they are no conditions of an index scan.
create table workflow_attribute (
    tenant text collate "C" not null check (tenant <> ''),
    name text collate "C" not null,
    -- The value as JSON, whole numbers without a point.
    value text collate "C" not null,
    execution_id uuid not null,
    primary key (tenant, name, value, execution_id)
) partition by range (execution_id);

create index workflow_attribute_by_execution on workflow_attribute (tenant, execution_id);

create table workflow_ended_default partition of workflow_ended default;
create table workflow_history_default partition of workflow_history default;
create table workflow_attribute_default partition of workflow_attribute default;

-- Whose an ARN is. In no partition, because a name is unique over all of them. A name is free again 90 days after its
-- execution ended; then the row is taken over or swept.
create table workflow_name (
    tenant text collate "C" not null check (tenant <> ''),
    arn text collate "C" not null,
    execution_id uuid not null,
    primary key (tenant, arn)
);

create index workflow_name_by_execution on workflow_name (execution_id);

-- Paths that advance on their own. Those of an execution that ended without success stay until then for a redrive.
create table workflow_frame (
    tenant text collate "C" not null check (tenant <> ''),
    execution_id uuid not null,
    frame_id bigint not null,
    body text not null,
    kept_until timestamptz,
    primary key (tenant, execution_id, frame_id)
) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);

create index workflow_frame_kept on workflow_frame (kept_until) where kept_until is not null;

-- Something to be done outside.
create table workflow_task (
    tenant text collate "C" not null check (tenant <> ''),
    execution_id uuid not null,
    frame_id bigint not null,
    turn bigint not null,
    body text not null,
    made_at timestamptz not null,
    -- SHA-256 of the token, where it can be answered by one.
    token_hash bytea,
    heartbeat_seconds bigint,
    -- The activity whose workers may take it; null where a step does it.
    activity_arn text collate "C",
    -- Accepted outside: nobody takes it any more.
    accepted boolean not null default false,
    worker text,
    leased_until timestamptz,
    claims integer not null default 0,
    -- When somebody is to look at it again; null where nobody is.
    due_at timestamptz,
    primary key (tenant, execution_id, frame_id, turn)
) with (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);

create unique index workflow_task_by_token on workflow_task (token_hash) where token_hash is not null;
create index workflow_task_due on workflow_task (due_at) where due_at is not null;
create index workflow_task_of_activity on workflow_task (tenant, activity_arn, made_at, execution_id)
    where activity_arn is not null and claims = 0;

-- What an execution is told at its moment: timers, deadlines, answers. Only the commit that took it deletes it.
create table workflow_signal (
    tenant text collate "C" not null check (tenant <> ''),
    execution_id uuid not null,
    id uuid not null,
    at timestamptz not null,
    frame_id bigint not null,
    turn bigint not null,
    -- `answer`: by token, so that it is not dropped untold. `heartbeat`: moved by a sign of life. `whole`: for
    -- whichever turn. `again`: the same, and the only one that an execution is told that has ended.
    kind text collate "C" not null check (kind in ('answer', 'heartbeat', 'whole', 'again', 'other')),
    event text not null,
    -- When somebody is to look at it, the next time; null while the execution is dead.
    due_at timestamptz,
    primary key (tenant, execution_id, id)
) with (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);

create index workflow_signal_due on workflow_signal (due_at) where due_at is not null;

-- Runs of distributed maps.
create table workflow_map_run (
    tenant text collate "C" not null check (tenant <> ''),
    arn text collate "C" not null,
    execution_id uuid not null,
    frame_id bigint not null,
    status text collate "C" not null,
    started_at timestamptz not null,
    stopped_at timestamptz,
    max_concurrency bigint not null,
    tolerated_count bigint,
    tolerated_percentage double precision,
    -- Somebody has set other limits than the definition's.
    limits_set boolean not null default false,
    redrive_count integer not null default 0,
    redriven_at timestamptz,
    primary key (tenant, arn)
);

create index workflow_map_run_of_execution on workflow_map_run (execution_id, tenant, started_at);

-- Executions that could not be advanced: nobody rings for them.
create table workflow_dead (
    tenant text collate "C" not null check (tenant <> ''),
    execution_id uuid not null,
    error text not null,
    at timestamptz not null,
    primary key (tenant, execution_id)
);

do $$
declare
    name text;
begin
    foreach name in array array[
        'workflow_running', 'workflow_ended', 'workflow_ended_default', 'workflow_history', 'workflow_history_default',
        'workflow_attribute', 'workflow_attribute_default', 'workflow_name', 'workflow_frame', 'workflow_task',
        'workflow_signal', 'workflow_map_run', 'workflow_dead'
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
    foreach name in array array['workflow_running.input', 'workflow_ended.input', 'workflow_ended.output',
        'workflow_ended_default.input', 'workflow_ended_default.output', 'workflow_history.body',
        'workflow_history_default.body', 'workflow_frame.body', 'workflow_task.body', 'workflow_signal.event'
    ] loop
        begin
            execute format('alter table %I alter column %I set compression lz4',
                split_part(name, '.', 1), split_part(name, '.', 2));
        exception
            when feature_not_supported then null;
        end;
    end loop;
end
$$;

-- Partitions are reached through their tables alone.
grant select, insert, update, delete on workflow_running to octavo_app;
-- Deleted by a redrive, which makes it run again.
grant select, insert, delete on workflow_ended to octavo_app;
grant select, insert on workflow_history to octavo_app;
grant select, insert, delete on workflow_attribute to octavo_app;
grant select, insert on workflow_name to octavo_app;
grant update (execution_id) on workflow_name to octavo_app;
grant select, insert, update, delete on workflow_frame to octavo_app;
grant select, insert, update, delete on workflow_task to octavo_app;
grant select, insert, update, delete on workflow_signal to octavo_app;
grant select, insert, update on workflow_map_run to octavo_app;
grant select, insert, update, delete on workflow_dead to octavo_app;

-- The functions below are one round trip each where a transaction would be four. They run with the rights of whoever
-- calls and name the tenant for the transaction that they are in; so row-level security holds in them as everywhere.
--
-- Their settings: no plan may begin to read a table that is small today and full of dead rows tomorrow as a whole;
-- plans are made once a connection; and nobody waits for a lock longer than for a statement.

-- Takes a name for an execution: null, or the execution whose it is.
create function workflow_name_take(p_tenant text, p_arn text, p_id uuid, p_at timestamptz) returns uuid
language plpgsql
as $$
declare
    v_taker uuid;
begin
    insert into workflow_name (tenant, arn, execution_id) values (p_tenant, p_arn, p_id)
    on conflict (tenant, arn) do nothing;
    if found then
        return null;
    end if;
    select execution_id into v_taker from workflow_name where tenant = p_tenant and arn = p_arn for update;
    -- 90 days: how long the API promises to know an execution.
    if exists (select from workflow_running where tenant = p_tenant and id = v_taker)
        or exists (
            select from workflow_ended
            where tenant = p_tenant and id = v_taker and stopped_at > p_at - interval '90 days')
    then
        return v_taker;
    end if;
    update workflow_name set execution_id = p_id where tenant = p_tenant and arn = p_arn;
    return null;
end
$$;

-- When somebody is to look at a signal at the latest. One that is due at once is rung for by whoever commits it, so
-- that a look before two seconds have passed would find it done.
create function workflow_signal_due_at(p_at timestamptz, p_now timestamptz) returns timestamptz
language sql immutable
return case when p_at <= p_now then p_now + interval '2 seconds' else p_at end;

-- Makes a change of one execution true: `done`, `stale` (not at `p_expected` any more: nothing was changed), or `taken`
-- (the name is that of `taker`: nothing was changed). Without `p_expected` the execution is new.
create function workflow_commit(
    p_tenant text, p_id uuid, p_expected bigint, p_at timestamptz,
    -- Where it stands from now on.
    p_status text, p_events bigint, p_frames bigint, p_redrive_count integer, p_express boolean,
    p_mocked text, p_redriven boolean, p_finished boolean, p_output text, p_error text, p_cause text,
    -- As it was started; looked at where it is new.
    p_arn text, p_name text, p_machine_arn text, p_machine_name text, p_role_arn text, p_input text,
    p_started_at timestamptz, p_started_by text, p_revision uuid, p_version_arn text, p_alias_arn text,
    p_trace_header text, p_above_execution uuid, p_above_frame bigint, p_above_turn bigint, p_above_tells text,
    p_map_run_arn text, p_item_count bigint,
    -- Search attributes; null where they stay as they are.
    p_attributes text, p_attribute_names text[], p_attribute_values text[],
    -- Events; null where there are none.
    p_first bigint, p_count integer, p_body text, p_blob text,
    p_frame_ids bigint[], p_frame_bodies text[], p_frames_gone bigint[], p_turn_frames bigint[], p_turns bigint[],
    p_task_frames bigint[], p_task_turns bigint[], p_task_bodies text[], p_task_tokens text[],
    p_task_heartbeats bigint[], p_task_activities text[], p_accepted_frames bigint[], p_accepted_turns bigint[],
    p_worker text, p_leased_until timestamptz,
    -- Signals to this execution and to others.
    p_signal_tos uuid[], p_signal_ids uuid[], p_signal_ats timestamptz[], p_signal_frames bigint[],
    p_signal_turns bigint[], p_signal_kinds text[], p_signal_events text[], p_taken uuid[],
    out outcome text, out taker uuid)
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    -- What a redrive needs of an execution that ended: its frames, for as long as it may be redriven.
    v_keeps boolean := not p_finished or (p_status <> 'SUCCEEDED' and not p_express);
    -- A day longer than an execution may begin again, so that none begins while its frames are swept.
    v_kept_until timestamptz := case when p_finished then p_at + interval '15 days' end;
    v_ended boolean := p_finished;
    v_lost bigint := 0;
    v_deleted bigint;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    outcome := 'stale';
    if p_expected is null then
        if not p_express then
            taker := workflow_name_take(p_tenant, p_arn, p_id, p_at);
            if taker is not null then
                outcome := 'taken';
                return;
            end if;
        end if;
        if p_finished then
            insert into workflow_ended (
                tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by,
                express, revision, version_arn, alias_arn, trace_header, above_execution, above_frame, above_turn,
                above_tells, map_run_arn, item_count, attributes, events, frames, redrive_count, mocked, stopped_at,
                output, error, cause)
            values (
                p_tenant, p_id, 1, p_status, p_arn, p_name, p_machine_arn, p_machine_name, p_role_arn, p_input,
                p_started_at, p_started_by, p_express, p_revision, p_version_arn, p_alias_arn, p_trace_header,
                p_above_execution, p_above_frame, p_above_turn, p_above_tells, p_map_run_arn, p_item_count,
                p_attributes, p_events, p_frames, p_redrive_count, p_mocked, p_at, p_output, p_error, p_cause);
        else
            insert into workflow_running (
                tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by,
                express, revision, version_arn, alias_arn, trace_header, above_execution, above_frame, above_turn,
                above_tells, map_run_arn, item_count, attributes, events, frames, redrive_count, mocked)
            values (
                p_tenant, p_id, 1, p_status, p_arn, p_name, p_machine_arn, p_machine_name, p_role_arn, p_input,
                p_started_at, p_started_by, p_express, p_revision, p_version_arn, p_alias_arn, p_trace_header,
                p_above_execution, p_above_frame, p_above_turn, p_above_tells, p_map_run_arn, p_item_count,
                p_attributes, p_events, p_frames, p_redrive_count, p_mocked);
        end if;
    else
        if p_redriven then
            with gone as (
                delete from workflow_ended where tenant = p_tenant and id = p_id and seq = p_expected returning *)
            insert into workflow_running (
                tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by,
                express, revision, version_arn, alias_arn, trace_header, above_execution, above_frame, above_turn,
                above_tells, map_run_arn, item_count, attributes, events, frames, redrive_count, redriven_at, mocked)
            select
                tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by,
                express, revision, version_arn, alias_arn, trace_header, above_execution, above_frame, above_turn,
                above_tells, map_run_arn, item_count, attributes, events, frames, redrive_count, p_at, mocked
            from gone;
            if not found then
                return;
            end if;
            update workflow_frame set kept_until = null
            where tenant = p_tenant and execution_id = p_id and kept_until is not null;
        end if;
        if p_finished then
            with gone as (
                delete from workflow_running where tenant = p_tenant and id = p_id and seq = p_expected returning *)
            insert into workflow_ended (
                tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by,
                express, revision, version_arn, alias_arn, trace_header, above_execution, above_frame, above_turn,
                above_tells, map_run_arn, item_count, attributes, events, frames, redrive_count, redriven_at, mocked,
                stopped_at, output, error, cause)
            select
                tenant, id, seq + 1, p_status, arn, name, machine_arn, machine_name, role_arn, input, started_at,
                started_by, express, revision, version_arn, alias_arn, trace_header, above_execution, above_frame,
                above_turn, above_tells, map_run_arn, item_count, coalesce(p_attributes, attributes), p_events,
                p_frames, p_redrive_count, redriven_at, p_mocked, p_at, p_output, p_error, p_cause
            from gone;
            if not found then
                return;
            end if;
            delete from workflow_dead where tenant = p_tenant and execution_id = p_id;
        else
            update workflow_running set
                seq = seq + 1, status = p_status, events = p_events, frames = p_frames,
                redrive_count = p_redrive_count, attributes = coalesce(p_attributes, attributes), mocked = p_mocked
            where tenant = p_tenant and id = p_id and seq = p_expected;
            if found then
                -- Whoever can commit it can advance it: it is not dead.
                delete from workflow_dead where tenant = p_tenant and execution_id = p_id;
                if found then
                    perform workflow_due_again(p_tenant, p_id, p_at);
                end if;
            else
                -- One that has ended is told of what came too late: it takes that, and stays as it is.
                perform from workflow_ended where tenant = p_tenant and id = p_id and seq = p_expected;
                if not found then
                    return;
                end if;
                v_ended := true;
                v_keeps := false;
            end if;
        end if;
    end if;

    if p_first is not null then
        insert into workflow_history (tenant, execution_id, first, count, body, blob)
        values (p_tenant, p_id, p_first, p_count, p_body, p_blob);
    end if;
    if p_attributes is not null then
        if p_expected is not null then
            delete from workflow_attribute where tenant = p_tenant and execution_id = p_id;
        end if;
        insert into workflow_attribute (tenant, name, value, execution_id)
        select p_tenant, name, value, p_id from unnest(p_attribute_names, p_attribute_values) as a (name, value);
    end if;

    if v_keeps and cardinality(p_frame_ids) > 0 then
        insert into workflow_frame (tenant, execution_id, frame_id, body, kept_until)
        select p_tenant, p_id, id, body, v_kept_until from unnest(p_frame_ids, p_frame_bodies) as f (id, body)
        on conflict (tenant, execution_id, frame_id)
            do update set body = excluded.body, kept_until = excluded.kept_until;
    end if;
    if v_keeps and cardinality(p_frames_gone) > 0 then
        delete from workflow_frame where tenant = p_tenant and execution_id = p_id and frame_id = any (p_frames_gone);
    end if;

    -- Tasks before signals, as whoever answers a task does it: then of an answer and a commit that the task does not
    -- outlive, the second waits here for the first and sees what it did.
    if p_finished and p_expected is not null then
        if v_keeps then
            update workflow_frame set kept_until = v_kept_until
            where tenant = p_tenant and execution_id = p_id and kept_until is null;
        else
            delete from workflow_frame where tenant = p_tenant and execution_id = p_id;
        end if;
        delete from workflow_task where tenant = p_tenant and execution_id = p_id;
        with gone as (delete from workflow_signal where tenant = p_tenant and execution_id = p_id returning id, kind)
        select count(*) into v_lost from gone where kind = 'answer' and id <> all (p_taken);
    elsif p_expected is not null then
        if cardinality(p_turn_frames) > 0 then
            delete from workflow_task using unnest(p_turn_frames, p_turns) as over (frame, now_at)
            where tenant = p_tenant and execution_id = p_id and frame_id = over.frame and turn < over.now_at;
        end if;
        if cardinality(p_frames_gone) > 0 then
            delete from workflow_task
            where tenant = p_tenant and execution_id = p_id and frame_id = any (p_frames_gone);
        end if;
        if cardinality(p_accepted_frames) > 0 then
            update workflow_task set accepted = true, worker = null, leased_until = null, due_at = null
            from unnest(p_accepted_frames, p_accepted_turns) as accepted (frame, at_turn)
            where tenant = p_tenant and execution_id = p_id and frame_id = accepted.frame and turn = accepted.at_turn;
        end if;
        if cardinality(p_taken) > 0 then
            delete from workflow_signal where tenant = p_tenant and execution_id = p_id and id = any (p_taken);
            get diagnostics v_deleted = row_count;
            if v_ended and v_deleted < cardinality(p_taken) then
                -- Nothing else tells two apart that take the same of one that has ended.
                raise exception 'signals were taken by somebody else' using errcode = 'OW001';
            end if;
        end if;
        if cardinality(p_turn_frames) > 0 then
            with gone as (
                delete from workflow_signal using unnest(p_turn_frames, p_turns) as over (frame, now_at)
                where tenant = p_tenant and execution_id = p_id and frame_id = over.frame and turn < over.now_at
                    and kind not in ('whole', 'again')
                returning kind)
            select count(*) into v_lost from gone where kind = 'answer';
        end if;
        if cardinality(p_frames_gone) > 0 then
            with gone as (
                delete from workflow_signal
                where tenant = p_tenant and execution_id = p_id and frame_id = any (p_frames_gone)
                    and kind not in ('whole', 'again')
                returning kind)
            select count(*) + v_lost into v_lost from gone where kind = 'answer';
        end if;
    end if;
    if v_lost > 0 then
        -- Somebody was told that their answer was taken, and this change knows nothing of it.
        raise exception 'an answer came in between' using errcode = 'OW001';
    end if;

    if not v_ended and cardinality(p_task_frames) > 0 then
        insert into workflow_task (
            tenant, execution_id, frame_id, turn, body, made_at, token_hash, heartbeat_seconds, activity_arn, worker,
            leased_until, claims, due_at)
        select
            p_tenant, p_id, frame, turn, body, p_at, sha256(convert_to(token, 'UTF8')), heartbeat, activity,
            case when activity is null then p_worker end,
            case when activity is null then p_leased_until end,
            case when activity is null and p_worker is not null then 1 else 0 end,
            case when activity is null then coalesce(p_leased_until, p_at + interval '2 seconds') end
        from unnest(p_task_frames, p_task_turns, p_task_bodies, p_task_tokens, p_task_heartbeats, p_task_activities)
            as t (frame, turn, body, token, heartbeat, activity);
    end if;
    if cardinality(p_signal_ids) > 0 then
        insert into workflow_signal (tenant, execution_id, id, at, frame_id, turn, kind, event, due_at)
        select
            p_tenant, s.execution, s.id, s.at, s.frame, s.turn, s.kind, s.event,
            case when s.execution = p_id
                or not exists (select from workflow_dead d where d.tenant = p_tenant and d.execution_id = s.execution)
            then workflow_signal_due_at(s.at, p_at) end
        from unnest(p_signal_tos, p_signal_ids, p_signal_ats, p_signal_frames, p_signal_turns, p_signal_kinds,
            p_signal_events) as s (execution, id, at, frame, turn, kind, event)
        where exists (select from workflow_running r where r.tenant = p_tenant and r.id = s.execution)
        -- Posted once more by somebody who did not learn that it was.
        on conflict (tenant, execution_id, id) do nothing;
    end if;
    if 'again' = any (p_signal_kinds) then
        insert into workflow_signal (tenant, execution_id, id, at, frame_id, turn, kind, event, due_at)
        select
            p_tenant, s.execution, s.id, s.at, s.frame, s.turn, s.kind, s.event, workflow_signal_due_at(s.at, p_at)
        from unnest(p_signal_tos, p_signal_ids, p_signal_ats, p_signal_frames, p_signal_turns, p_signal_kinds,
            p_signal_events) as s (execution, id, at, frame, turn, kind, event)
        where s.kind = 'again'
            and exists (select from workflow_ended e where e.tenant = p_tenant and e.id = s.execution)
        on conflict (tenant, execution_id, id) do nothing;
    end if;
    outcome := 'done';
end
$$;

-- What rested because its execution was dead is due again.
create function workflow_due_again(p_tenant text, p_id uuid, p_now timestamptz) returns void
language plpgsql
as $$
begin
    update workflow_task set due_at = p_now
    where tenant = p_tenant and execution_id = p_id and due_at is null and activity_arn is null and not accepted;
    update workflow_signal set due_at = greatest(at, p_now)
    where tenant = p_tenant and execution_id = p_id and due_at is null;
end
$$;

-- An execution as a wake sees it, with at most `p_limit` of the signals that are due, oldest first.
create function workflow_load(p_tenant text, p_id uuid, p_now timestamptz, p_limit integer)
returns table (
    seq bigint, status text, arn text, name text, machine_arn text, machine_name text, role_arn text, input text,
    started_at timestamptz, started_by text, express boolean, revision uuid, above_execution uuid, above_frame bigint,
    above_turn bigint, above_tells text, attributes text, events bigint, frames bigint, redrive_count integer,
    mocked text, stopped_at timestamptz, output text, error text, cause text, bodies text[], signal_ids uuid[],
    signal_ats timestamptz[], signal_frames bigint[], signal_turns bigint[], signal_events text[],
    tasks_wait boolean, run_arns text[],
    run_concurrencies bigint[], run_counts bigint[], run_percentages double precision[])
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    perform set_config('octavo.tenant', p_tenant, true);
    return query
    select
        r.seq, r.status, r.arn, r.name, r.machine_arn, r.machine_name, r.role_arn, r.input, r.started_at, r.started_by,
        r.express, r.revision, r.above_execution, r.above_frame, r.above_turn, r.above_tells, r.attributes, r.events,
        r.frames, r.redrive_count, r.mocked, r.stopped_at, r.output, r.error, r.cause,
        array(
            select f.body from workflow_frame f where f.tenant = p_tenant and f.execution_id = p_id
            order by f.frame_id),
        coalesce(due.ids, '{}'), coalesce(due.ats, '{}'), coalesce(due.frames, '{}'), coalesce(due.turns, '{}'),
        coalesce(due.events, '{}'),
        exists (
            select from workflow_task t
            where t.tenant = p_tenant and t.execution_id = p_id and t.activity_arn is null and not t.accepted
                and (t.leased_until is null or t.leased_until <= p_now)),
        coalesce(run.arns, '{}'), coalesce(run.concurrencies, '{}'), coalesce(run.counts, '{}'),
        coalesce(run.percentages, '{}')
    from (
        select
            w.seq, w.status, w.arn, w.name, w.machine_arn, w.machine_name, w.role_arn, w.input, w.started_at,
            w.started_by, w.express, w.revision, w.above_execution, w.above_frame, w.above_turn, w.above_tells,
            w.attributes, w.events, w.frames, w.redrive_count, w.mocked, null::timestamptz as stopped_at,
            null as output, null as error, null as cause
        from workflow_running w where w.tenant = p_tenant and w.id = p_id
        union all
        select
            e.seq, e.status, e.arn, e.name, e.machine_arn, e.machine_name, e.role_arn, e.input, e.started_at,
            e.started_by, e.express, e.revision, e.above_execution, e.above_frame, e.above_turn, e.above_tells,
            e.attributes, e.events, e.frames, e.redrive_count, e.mocked, e.stopped_at, e.output, e.error, e.cause
        from workflow_ended e where e.tenant = p_tenant and e.id = p_id
    ) r
    left join lateral (
        select
            array_agg(s.id) as ids, array_agg(s.at) as ats, array_agg(s.frame_id) as frames,
            array_agg(s.turn) as turns, array_agg(s.event) as events
        from (
            select k.id, k.at, k.frame_id, k.turn, k.event from workflow_signal k
            where k.tenant = p_tenant and k.execution_id = p_id and k.at <= p_now
            order by k.at, k.id limit p_limit) s
    ) due on true
    left join lateral (
        select
            array_agg(m.arn) as arns, array_agg(m.max_concurrency) as concurrencies,
            array_agg(m.tolerated_count) as counts, array_agg(m.tolerated_percentage) as percentages
        from workflow_map_run m
        where m.execution_id = p_id and m.tenant = p_tenant and m.status = 'RUNNING' and m.limits_set
    ) run on true;
end
$$;

-- Answers a task by its token: the execution that is told, or null where there is no such task.
create function workflow_answer(p_tenant text, p_token text, p_event text, p_now timestamptz) returns uuid
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    v_task record;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    delete from workflow_task where tenant = p_tenant and token_hash = sha256(convert_to(p_token, 'UTF8'))
    returning execution_id, frame_id, turn into v_task;
    if not found then
        return null;
    end if;
    insert into workflow_signal (tenant, execution_id, id, at, frame_id, turn, kind, event, due_at)
    select
        p_tenant, v_task.execution_id, gen_random_uuid(), p_now, v_task.frame_id, v_task.turn, 'answer', p_event,
        case when not exists (
            select from workflow_dead d where d.tenant = p_tenant and d.execution_id = v_task.execution_id)
        then workflow_signal_due_at(p_now, p_now) end;
    return v_task.execution_id;
end
$$;

-- A sign of life for a task: its execution, or null where there is no such task.
create function workflow_heartbeat(p_tenant text, p_token text, p_now timestamptz) returns uuid
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
declare
    v_task record;
    v_at timestamptz;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    select execution_id, frame_id, turn, heartbeat_seconds into v_task from workflow_task
    where tenant = p_tenant and token_hash = sha256(convert_to(p_token, 'UTF8')) for update;
    if not found then
        return null;
    end if;
    v_at := p_now + v_task.heartbeat_seconds * interval '1 second';
    if v_at is not null then
        update workflow_signal set at = v_at, due_at = case when due_at is not null then v_at end
        where tenant = p_tenant and execution_id = v_task.execution_id and frame_id = v_task.frame_id
            and turn = v_task.turn and kind = 'heartbeat';
    end if;
    return v_task.execution_id;
end
$$;

-- Leases tasks that a step does and nobody holds.
create function workflow_claim(
    p_tenant text, p_id uuid, p_worker text, p_now timestamptz, p_until timestamptz, p_limit integer)
returns table (body text, claims integer)
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
#variable_conflict use_column
begin
    perform set_config('octavo.tenant', p_tenant, true);
    return query
    with found as materialized (
        select frame_id, turn from workflow_task
        where tenant = p_tenant and execution_id = p_id and activity_arn is null and not accepted
            and (leased_until is null or leased_until <= p_now)
        order by frame_id, turn
        limit p_limit
        for update skip locked)
    update workflow_task t set worker = p_worker, leased_until = p_until, due_at = p_until, claims = t.claims + 1
    from found
    where t.tenant = p_tenant and t.execution_id = p_id and t.frame_id = found.frame_id and t.turn = found.turn
    returning t.body, t.claims;
end
$$;

-- The oldest task that waits for a worker of an activity, with the events that are kept for its execution.
create function workflow_activity_claim(
    p_tenant text, p_activity text, p_worker text, p_now timestamptz, p_started text, p_timed_out text,
    out execution_id uuid, out body text)
language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s'
as $$
#variable_conflict use_column
declare
    v_task record;
begin
    perform set_config('octavo.tenant', p_tenant, true);
    select t.execution_id, t.frame_id, t.turn, t.heartbeat_seconds, t.body into v_task from workflow_task t
    where t.tenant = p_tenant and t.activity_arn = p_activity and t.claims = 0
    order by t.made_at, t.execution_id
    limit 1
    for update skip locked;
    if not found then
        return;
    end if;
    update workflow_task t set worker = p_worker, claims = 1
    where t.tenant = p_tenant and t.execution_id = v_task.execution_id and t.frame_id = v_task.frame_id
        and t.turn = v_task.turn;
    insert into workflow_signal (tenant, execution_id, id, at, frame_id, turn, kind, event, due_at)
    select
        p_tenant, v_task.execution_id, gen_random_uuid(), s.at, v_task.frame_id, v_task.turn, s.kind, s.event,
        case when not exists (
            select from workflow_dead d where d.tenant = p_tenant and d.execution_id = v_task.execution_id)
        then workflow_signal_due_at(s.at, p_now) end
    from (values
        (p_now, 'other', p_started),
        (p_now + v_task.heartbeat_seconds * interval '1 second', 'heartbeat', p_timed_out)) as s (at, kind, event)
    where s.at is not null;
    execution_id := v_task.execution_id;
    body := v_task.body;
end
$$;

-- The relay finds what is due, of all tenants, and learns whose it is and nothing of what is in it.
create policy due on workflow_signal for all to octavo_relay using (due_at is not null) with check (due_at is not null);
create policy due on workflow_task for all to octavo_relay using (due_at is not null) with check (due_at is not null);
create policy relay on workflow_running for select to octavo_relay using (true);
grant select (tenant, execution_id, id, kind, due_at), update (due_at), delete on workflow_signal to octavo_relay;
grant select (tenant, execution_id, frame_id, turn, due_at), update (due_at), delete on workflow_task to octavo_relay;
grant select (tenant, id) on workflow_running to octavo_relay;

-- The smallest id of the oldest month that is there: what is older has been dropped.
create function workflow_kept_from() returns uuid
language sql stable
return (
    select coalesce(
        ai_call_border(min(to_date(right(c.relname, 7), 'YYYY_MM'))::timestamp at time zone 'UTC'),
        '00000000-0000-0000-0000-000000000000')
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.workflow_ended'::regclass and c.relname ~ '^workflow_ended_\d{4}_\d{2}$');

-- It deletes what may go: frames that no redrive will ask for, and what a dropped month left behind.
create policy over on workflow_frame for all to octavo_relay using (kept_until <= now());
create policy over on workflow_name for all to octavo_relay using (execution_id < (select workflow_kept_from()));
create policy over on workflow_map_run for all to octavo_relay using (execution_id < (select workflow_kept_from()));
create policy over on workflow_history for all to octavo_relay using (execution_id < (select workflow_kept_from()));
create policy over on workflow_attribute for all to octavo_relay using (execution_id < (select workflow_kept_from()));
create policy relay on workflow_ended for select to octavo_relay using (true);
create policy over on workflow_ended for delete to octavo_relay using (stopped_at <= now() - interval '90 days');
grant select (tenant, execution_id, frame_id, kept_until), delete on workflow_frame to octavo_relay;
grant select (tenant, arn, execution_id), delete on workflow_name to octavo_relay;
grant select (tenant, arn, execution_id), delete on workflow_map_run to octavo_relay;
grant select (tenant, execution_id, first), delete on workflow_history to octavo_relay;
grant select (tenant, name, value, execution_id), delete on workflow_attribute to octavo_relay;
grant select (tenant, id, stopped_at), delete on workflow_ended to octavo_relay;

-- Makes the partitions of the month of `moment` and of `months_ahead` months after it that are not there; how many it
-- made.
--
-- As `ai_partitions_ensure` does it, with the same reasons: rows that wait in a default partition are moved if they are
-- at most `move_max`, else that month of that table stays in it, with a warning; force is taken off the default
-- partitions while everybody is locked out; it gives up after the lock timeout and is called again.
create function workflow_partitions_ensure(moment timestamptz, months_ahead integer, move_max integer default 10000)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '1s'
as $$
declare
    -- Tables with the column that they are partitioned by.
    tables constant text[] := array['workflow_ended', 'workflow_history', 'workflow_attribute'];
    keys constant text[] := array['id', 'execution_id', 'execution_id'];
    month timestamp;
    parent text;
    name text;
    key text;
    lower_id uuid;
    upper_id uuid;
    waiting bigint;
    made integer := 0;
    locked boolean := false;
begin
    if moment is null or months_ahead is null or months_ahead not between 0 and 24 then
        raise exception 'a time and 0 to 24 months ahead are expected' using errcode = '22023';
    end if;
    for ahead in 0..months_ahead loop
        month := date_trunc('month', moment at time zone 'UTC') + make_interval(months => ahead);
        lower_id := public.ai_call_border(month at time zone 'UTC');
        upper_id := public.ai_call_border((month + make_interval(months => 1)) at time zone 'UTC');
        for place in 1..array_length(tables, 1) loop
            parent := tables[place];
            key := keys[place];
            name := parent || to_char(month, '_YYYY_MM');
            continue when to_regclass('public.' || name) is not null;
            if not locked then
                -- Of two that run at once, one waits here, and then finds the work done. In the order that commits
                -- take.
                lock table public.workflow_ended, public.workflow_history, public.workflow_attribute
                    in access exclusive mode;
                alter table public.workflow_ended_default no force row level security;
                alter table public.workflow_history_default no force row level security;
                alter table public.workflow_attribute_default no force row level security;
                locked := true;
                continue when to_regclass('public.' || name) is not null;
            end if;
            execute format(
                'select count(*) from (select from public.%I where %I >= %L and %I < %L limit %L) found',
                parent || '_default', key, lower_id, key, upper_id, move_max + 1::bigint) into waiting;
            if waiting > move_max then
                raise warning '% was not made: the default partition holds more than % of its rows', name, move_max;
                continue;
            end if;
            execute format('create table public.%I (like public.%I including all)', name, parent);
            -- Rows are written once and read many times: what an index answers alone needs the visibility map, and
            -- pages frozen while they are warm are not read again for that.
            execute format(
                'alter table public.%I set (autovacuum_vacuum_insert_scale_factor = 0.1,
                    autovacuum_vacuum_insert_threshold = 100000, autovacuum_analyze_scale_factor = 0.05,
                    autovacuum_freeze_min_age = 0)',
                name);
            if waiting > 0 then
                execute format(
                    'with moved as (delete from public.%I where %I >= %L and %I < %L returning *)
                    insert into public.%I select * from moved',
                    parent || '_default', key, lower_id, key, upper_id, name);
            end if;
            execute format('alter table public.%I enable row level security', name);
            execute format('alter table public.%I force row level security', name);
            execute format(
                'create policy own_tenant on public.%I for all to octavo_app
                    using (tenant = current_setting(''octavo.tenant'', true))
                    with check (tenant = current_setting(''octavo.tenant'', true))',
                name);
            execute format(
                'alter table public.%I attach partition public.%I for values from (%L) to (%L)',
                parent, name, lower_id, upper_id);
            made := made + 1;
        end loop;
    end loop;
    if locked then
        alter table public.workflow_ended_default force row level security;
        alter table public.workflow_history_default force row level security;
        alter table public.workflow_attribute_default force row level security;
    end if;
    return made;
end
$$;

-- Months, as `YYYY_MM`, of which nothing is to be kept any more: they ended `keep_days` days before `moment`, none of
-- their executions runs, and none ended within these days. Asked with the rights of whoever asks: it must see all
-- tenants.
create function workflow_months_over(moment timestamptz, keep_days integer) returns setof text
language plpgsql stable
as $$
declare
    month timestamp;
    lower_id uuid;
    upper_id uuid;
begin
    for month in
        select to_date(right(c.relname, 7), 'YYYY_MM')::timestamp as began
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.workflow_ended'::regclass and c.relname ~ '^workflow_ended_\d{4}_\d{2}$'
        order by began
    loop
        exit when month + make_interval(months => 1, days => keep_days) > moment at time zone 'UTC';
        lower_id := public.ai_call_border(month at time zone 'UTC');
        upper_id := public.ai_call_border((month + make_interval(months => 1)) at time zone 'UTC');
        continue when exists (select from public.workflow_running where id >= lower_id and id < upper_id);
        continue when exists (
            select from public.workflow_ended
            where id >= lower_id and id < upper_id and stopped_at > moment - make_interval(days => keep_days));
        return next to_char(month, 'YYYY_MM');
    end loop;
end
$$;

-- Drops the months that are over (see above), after at least 90 days; how many it dropped. A time that is still to come
-- counts as now: nobody can lie about the time to have executions thrown away.
--
-- Locks the tables while it looks and drops: call it when `workflow_months_over` names a month. What a dropped month
-- leaves behind in other tables, the relay's sweep deletes.
create function workflow_partitions_drop(moment timestamptz, keep_days integer default 90)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '1s'
as $$
declare
    month text;
    parent text;
    dropped integer := 0;
begin
    if moment is null or keep_days is null or keep_days not between 90 and 36500 then
        raise exception 'a time and 90 to 36500 days to keep are expected' using errcode = '22023';
    end if;
    lock table public.workflow_running, public.workflow_ended, public.workflow_history, public.workflow_attribute
        in access exclusive mode;
    -- The owner, too, is bound by row-level security, and would see nothing that is to be kept.
    alter table public.workflow_running no force row level security;
    alter table public.workflow_ended no force row level security;
    for month in select public.workflow_months_over(least(moment, now()), keep_days) loop
        foreach parent in array array['workflow_ended', 'workflow_history', 'workflow_attribute'] loop
            continue when to_regclass(format('public.%I', parent || '_' || month)) is null;
            execute format('alter table public.%I detach partition public.%I', parent, parent || '_' || month);
            execute format('drop table public.%I', parent || '_' || month);
        end loop;
        dropped := dropped + 1;
    end loop;
    alter table public.workflow_running force row level security;
    alter table public.workflow_ended force row level security;
    return dropped;
end
$$;

revoke execute on function workflow_partitions_ensure(timestamptz, integer, integer) from public;
revoke execute on function workflow_partitions_drop(timestamptz, integer) from public;
grant execute on function workflow_partitions_ensure(timestamptz, integer, integer) to octavo_relay;
grant execute on function workflow_partitions_drop(timestamptz, integer) to octavo_relay;

select workflow_partitions_ensure(now(), 3);
