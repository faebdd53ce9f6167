-- How often what a tenant's searches can find has changed.
create table search_generation (
    tenant text collate "C" primary key,
    generation bigint not null,
    changed_at timestamptz not null
);

-- Who lost which document, until the index knows it.
create table search_hidden (
    tenant text collate "C" not null,
    -- 'user:ID' or 'group:ID'.
    reader text collate "C" not null,
    document_id uuid not null,
    -- The change that took it away. The row may go once the index holds this or a later one.
    revision bigint not null,
    -- Set when the index holds it: over when it is also visible there.
    expires_at timestamptz,
    primary key (tenant, reader, document_id)
);

create index search_hidden_by_document on search_hidden (tenant, document_id);
create index search_hidden_by_expiry on search_hidden (expires_at) where expires_at is not null;

alter table search_generation enable row level security;
alter table search_generation force row level security;
alter table search_hidden enable row level security;
alter table search_hidden force row level security;

create policy own_tenant on search_generation for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
create policy own_tenant on search_hidden for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
create policy sweep_read on search_hidden for select to octavo_relay using (expires_at <= now());
create policy sweep on search_hidden for delete to octavo_relay using (expires_at <= now());

grant select, insert, update on search_generation to octavo_app;
grant select, insert, update on search_hidden to octavo_app;
grant select, delete on search_hidden to octavo_relay;
