-- The ledger: one row a call of the AI gateway, partitioned by month.
--
-- By the id and not by the time: a version 7 UUID begins with its time, so that the month is in the key that makes
-- writing twice harmless. A primary key of a partitioned table must hold what it is partitioned by; with `began_at` in it, the
-- same call with another time would be two.
create table ai_call (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    user_id text collate "C" not null,
    -- Null where a token was used and no API key.
    key_id uuid,
    feature text collate "C" not null,
    asked_model text not null,
    -- Empty where no provider was called.
    provider text collate "C" not null,
    model text collate "C" not null,
    began_at timestamptz not null,
    input_tokens bigint not null check (input_tokens >= 0),
    cached_tokens bigint not null check (cached_tokens >= 0),
    cache_write_tokens bigint not null check (cache_write_tokens >= 0),
    output_tokens bigint not null check (output_tokens >= 0),
    reasoning_tokens bigint not null check (reasoning_tokens >= 0),
    usage_reported boolean not null,
    -- US dollars, exact. Null where the model has no price.
    cost numeric check (cost >= 0),
    saved numeric not null check (saved >= 0),
    saved_tokens bigint not null check (saved_tokens >= 0),
    first_token_ms bigint,
    duration_ms bigint not null,
    streamed boolean not null,
    cache text not null,
    outcome text not null,
    error text,
    attempts integer not null,
    prompt_hash text not null,
    answer_hash text not null,
    redactions bigint not null,
    primary key (tenant, id)
) partition by range (id);

-- Newest first, of a tenant, is the primary key read backwards.
create index ai_call_by_user on ai_call (tenant, user_id, id desc);
create index ai_call_by_feature on ai_call (tenant, feature, id desc);

-- What no month takes, so that no insert ever fails. `ai_partitions_ensure` moves it where it belongs.
create table ai_call_default partition of ai_call default;

-- Totals of a day (UTC), written by the statement that writes the calls.
create table ai_usage_day (
    tenant text collate "C" not null check (tenant <> ''),
    day date not null,
    provider text collate "C" not null,
    model text collate "C" not null,
    feature text collate "C" not null,
    user_id text collate "C" not null,
    -- All zeros where there was no API key: a key has no nulls.
    key_id uuid not null,
    calls bigint not null,
    failed bigint not null,
    cache_hits bigint not null,
    -- Calls of models without a price: their cost is not in `cost`.
    unpriced bigint not null,
    input_tokens bigint not null,
    cached_tokens bigint not null,
    cache_write_tokens bigint not null,
    output_tokens bigint not null,
    reasoning_tokens bigint not null,
    cost numeric not null,
    saved numeric not null,
    saved_tokens bigint not null,
    primary key (tenant, day, provider, model, feature, user_id, key_id)
) with (
    -- No index holds a number that changes, so with room in the page a change writes no index.
    fillfactor = 70
);

-- A tenant's policy as it is now.
create table ai_policy (
    tenant text collate "C" primary key check (tenant <> ''),
    revision bigint not null check (revision > 0),
    policy jsonb not null,
    updated_at timestamptz not null,
    updated_by text not null
);

-- As it was after each change.
create table ai_policy_history (
    tenant text collate "C" not null,
    revision bigint not null,
    policy jsonb not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant, revision)
);

-- Keys that callers have instead of a token. Never the key itself.
create table api_key (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    user_id text not null,
    name text not null,
    secret_hash bytea not null,
    hint text not null,
    groups text[] not null,
    roles text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant, id)
);

-- The tenants' own keys with providers, sealed before they come here.
create table ai_provider_key (
    tenant text collate "C" not null check (tenant <> ''),
    provider text collate "C" not null,
    sealed bytea not null,
    hint text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (tenant, provider)
);

do $$
declare
    name text;
begin
    foreach name in array array[
        'ai_call', 'ai_call_default', 'ai_usage_day', 'ai_policy', 'ai_policy_history', 'api_key', 'ai_provider_key'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy own_tenant on %I for all to octavo_app
                using (tenant = current_setting(''octavo.tenant'', true))
                with check (tenant = current_setting(''octavo.tenant'', true))',
            name);
    end loop;
end
$$;

-- What a call cost is never changed and never taken back. Partitions are reached through the table alone.
grant select, insert on ai_call to octavo_app;
grant select, insert, update on ai_usage_day to octavo_app;
grant select, insert, update on ai_policy to octavo_app;
grant select, insert, delete on ai_policy_history to octavo_app;
grant select, insert, delete on api_key to octavo_app;
grant update (revoked_at) on api_key to octavo_app;
grant select, insert, update, delete on ai_provider_key to octavo_app;

-- The smallest UUID of a moment.
create function ai_call_border(moment timestamptz) returns uuid
language sql immutable strict
return (lpad(to_hex(floor(extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- Makes the partitions of the month of `moment` and of `months_ahead` months after it that are not there; how many it made.
--
-- A new month's rows may be in the default partition (nobody called this in time). They are moved, if they are at most
-- `move_max`; more would hold the default partition for too long, so that month is left in it with a warning, the
-- others are made, and nothing else fails: a person calls this with a larger `move_max` and statement timeout.
--
-- Runs as the owner, whom forced row-level security also binds: it is taken off the default partition while this runs,
-- which nobody else sees, because the lock keeps everybody out. Only then, and only for as long as it takes to make what
-- is missing, once a month: with a weaker lock, an insert that had chosen the default partition before would fail when
-- it gets there, and a list that had not heard of the new partition would miss what was moved. Gives up after the lock
-- timeout, so that nobody waits for long behind it, and is called again.
create function ai_partitions_ensure(moment timestamptz, months_ahead integer, move_max integer default 10000)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '1s'
as $$
declare
    month timestamp;
    name text;
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
        name := 'ai_call_' || to_char(month, 'YYYY_MM');
        continue when to_regclass('public.' || name) is not null;
        if not locked then
            -- Of two that run at once, one waits here, and then finds the work done.
            lock table public.ai_call in access exclusive mode;
            alter table public.ai_call_default no force row level security;
            locked := true;
            continue when to_regclass('public.' || name) is not null;
        end if;
        lower_id := public.ai_call_border(month at time zone 'UTC');
        upper_id := public.ai_call_border((month + make_interval(months => 1)) at time zone 'UTC');
        select count(*) into waiting from (
            select from public.ai_call_default where id >= lower_id and id < upper_id limit move_max + 1::bigint) found;
        if waiting > move_max then
            raise warning '% was not made: the default partition holds more than % of its rows', name, move_max;
            continue;
        end if;
        execute format('create table public.%I (like public.ai_call including all)', name);
        if waiting > 0 then
            execute format(
                'with moved as (delete from public.ai_call_default where id >= %L and id < %L returning *)
                insert into public.%I select * from moved',
                lower_id, upper_id, name);
        end if;
        execute format('alter table public.%I enable row level security', name);
        execute format('alter table public.%I force row level security', name);
        execute format(
            'create policy own_tenant on public.%I for all to octavo_app
                using (tenant = current_setting(''octavo.tenant'', true))
                with check (tenant = current_setting(''octavo.tenant'', true))',
            name);
        execute format(
            'alter table public.ai_call attach partition public.%I for values from (%L) to (%L)',
            name, lower_id, upper_id);
        made := made + 1;
    end loop;
    if locked then
        alter table public.ai_call_default force row level security;
    end if;
    return made;
end
$$;

-- Drops the months that ended `keep_months` months (at least 12) or more before that of `moment`, and up to 10,000 rows of
-- the default partition that are as old; how many months it dropped. A time that is still to come counts as now: nobody
-- can lie about the time to have the ledger thrown away.
--
-- Locks the table for as long as it takes to drop files; gives up after the lock timeout and is called again.
create function ai_partitions_drop(moment timestamptz, keep_months integer default 84)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '1s'
as $$
declare
    border timestamp;
    names text[];
    name text;
    dropped integer := 0;
begin
    if moment is null or keep_months is null or keep_months not between 12 and 1200 then
        raise exception 'a time and 12 to 1200 months to keep are expected' using errcode = '22023';
    end if;
    border := date_trunc('month', least(moment, now()) at time zone 'UTC') - make_interval(months => keep_months);
    select array_agg(c.relname order by c.relname) into names
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.ai_call'::regclass and c.relname ~ '^ai_call_\d{4}_\d{2}$'
        and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= border;
    if names is not null then
        lock table public.ai_call in access exclusive mode;
        foreach name in array names loop
            -- Gone, if another did this while we waited.
            continue when to_regclass('public.' || name) is null;
            execute format('alter table public.ai_call detach partition public.%I', name);
            execute format('drop table public.%I', name);
            dropped := dropped + 1;
        end loop;
    end if;
    alter table public.ai_call_default no force row level security;
    delete from public.ai_call_default c
    where (c.tenant, c.id) in (
        select o.tenant, o.id from public.ai_call_default o where o.began_at < border at time zone 'UTC' limit 10000);
    alter table public.ai_call_default force row level security;
    return dropped;
end
$$;

revoke execute on function ai_partitions_ensure(timestamptz, integer, integer) from public;
revoke execute on function ai_partitions_drop(timestamptz, integer) from public;
grant execute on function ai_partitions_ensure(timestamptz, integer, integer) to octavo_relay;
grant execute on function ai_partitions_drop(timestamptz, integer) to octavo_relay;

select ai_partitions_ensure(now(), 3);
