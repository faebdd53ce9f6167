-- Messages that were committed with the data they speak of and wait to be published.
create table outbox (
    id uuid primary key,
    tenant text collate "C" not null check (tenant <> ''),
    -- The order of writing. Not that of committing: what is committed late may have an early number, and waits its turn.
    position bigint generated always as identity,
    queue text not null,
    message json not null,
    created_at timestamptz not null default clock_timestamp(),
    -- Held by one relay until then.
    leased_until timestamptz
) with (
    -- Rows live for milliseconds: without this the table grows far beyond what is in it.
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0
);

create index outbox_by_position on outbox (position);

alter table outbox enable row level security;
alter table outbox force row level security;

create policy own_tenant on outbox for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
create policy relay on outbox for all to octavo_relay using (true) with check (true);

grant select, insert, delete on outbox to octavo_app;
grant select, delete on outbox to octavo_relay;
grant update (leased_until) on outbox to octavo_relay;
