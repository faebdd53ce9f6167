-- State machines, what belongs to them, and what workflows and their clients prove themselves with.

-- A definition with its role and configuration; it never changes. Executions run the one that they were started with.
create table workflow_revision (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    machine_arn text collate "C" not null,
    express boolean not null,
    -- The one that its machine was created with.
    initial boolean not null,
    definition text not null,
    role_arn text not null,
    -- A JSON object.
    configuration text not null,
    created_at timestamptz not null,
    -- Since when nothing can be started with it: it is neither current nor a version's.
    superseded_at timestamptz,
    primary key (tenant, id)
);

create index workflow_revision_of_machine on workflow_revision (tenant, machine_arn);
create index workflow_revision_superseded on workflow_revision (superseded_at) where superseded_at is not null;

create table workflow_machine (
    tenant text collate "C" not null check (tenant <> ''),
    arn text collate "C" not null,
    name text collate "C" not null,
    express boolean not null,
    -- It goes when its last execution has ended.
    deleting boolean not null default false,
    revision uuid not null,
    -- A version's number is never used again.
    next_version integer not null check (next_version > 0),
    -- A JSON object of texts.
    tags text not null,
    created_at timestamptz not null,
    created_by text collate "C" not null,
    updated_at timestamptz not null,
    primary key (tenant, arn)
);

create table workflow_version (
    tenant text collate "C" not null check (tenant <> ''),
    machine_arn text collate "C" not null,
    number integer not null check (number > 0),
    revision uuid not null,
    description text,
    created_at timestamptz not null,
    primary key (tenant, machine_arn, number),
    unique (tenant, revision)
);

create table workflow_alias (
    tenant text collate "C" not null check (tenant <> ''),
    machine_arn text collate "C" not null,
    name text collate "C" not null,
    description text,
    version integer not null,
    -- Of a hundred starts.
    weight smallint not null check (weight between 0 and 100),
    -- It has what is left of the hundred.
    second_version integer,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant, machine_arn, name),
    check (second_version is not null or weight = 100)
);

create table workflow_activity (
    tenant text collate "C" not null check (tenant <> ''),
    arn text collate "C" not null,
    name text collate "C" not null,
    tags text not null,
    created_at timestamptz not null,
    primary key (tenant, arn)
);

-- What the stock clients sign requests with; the secret comes sealed.
create table workflow_access_key (
    tenant text collate "C" not null check (tenant <> ''),
    id text collate "C" not null check (id <> ''),
    user_id text collate "C" not null,
    label text not null,
    groups text[] not null,
    roles text[] not null,
    sealed bytea not null,
    created_at timestamptz not null,
    created_by text collate "C" not null,
    used_at timestamptz,
    -- A signed request names its key and no tenant: ids are unique over all of them.
    primary key (id)
);

create index workflow_access_key_of_tenant on workflow_access_key (tenant, user_id);

-- What HTTP tasks prove themselves with; the value comes sealed.
create table workflow_connection (
    tenant text collate "C" not null check (tenant <> ''),
    name text collate "C" not null,
    id uuid not null,
    arn text collate "C" not null,
    header text not null,
    hosts text[] not null,
    sealed bytea not null,
    updated_at timestamptz not null,
    updated_by text collate "C" not null,
    primary key (tenant, name),
    unique (tenant, arn)
);

do $$
declare
    name text;
begin
    foreach name in array array[
        'workflow_revision', 'workflow_machine', 'workflow_version', 'workflow_alias', 'workflow_activity',
        'workflow_access_key', 'workflow_connection'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy own_tenant on %I for all to octavo_app
                using (tenant = current_setting(''octavo.tenant'', true))
                with check (tenant = current_setting(''octavo.tenant'', true))',
            name);
    end loop;
    begin
        alter table workflow_revision alter column definition set compression lz4;
    exception
        when feature_not_supported then null;
    end;
end
$$;

-- Whoever checks a signature knows the key's id alone, and sees that key alone.
create policy by_id on workflow_access_key for select to octavo_app
    using (id = current_setting('octavo.access_key', true));

-- An execution may run for a year, and is kept for 90 days after that.
create policy sweep_read on workflow_revision for select to octavo_relay
    using (superseded_at <= now() - interval '500 days');
create policy sweep on workflow_revision for delete to octavo_relay
    using (superseded_at <= now() - interval '500 days');

grant select, insert on workflow_revision to octavo_app;
grant update (superseded_at) on workflow_revision to octavo_app;
grant select, insert, delete on workflow_machine to octavo_app;
grant update (deleting, revision, next_version, tags, updated_at) on workflow_machine to octavo_app;
grant select, insert, delete on workflow_version to octavo_app;
grant select, insert, delete on workflow_alias to octavo_app;
grant update (description, version, weight, second_version, updated_at) on workflow_alias to octavo_app;
grant select, insert, delete on workflow_activity to octavo_app;
grant update (tags) on workflow_activity to octavo_app;
grant select, insert, delete on workflow_access_key to octavo_app;
grant update (used_at) on workflow_access_key to octavo_app;
grant select, insert, update, delete on workflow_connection to octavo_app;
grant select, delete on workflow_revision to octavo_relay;
