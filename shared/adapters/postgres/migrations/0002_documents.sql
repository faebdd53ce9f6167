-- A document as it is now.
create table document (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    -- Counts every change; the entity tag, and the search engine's external version.
    revision bigint not null check (revision > 0),
    -- The number of the newest body.
    version integer not null check (version > 0),
    content_hash text not null,
    content_size bigint not null check (content_size >= 0),
    media_type text not null,
    file_name text,
    text_chars bigint not null check (text_chars >= 0),
    text_truncated boolean not null,
    title text not null,
    -- The title in lower case, made by the program: the database's own idea of it depends on where it runs.
    title_key text collate "C" not null,
    tags text[] not null,
    metadata jsonb not null,
    owner text collate "C" not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz,
    primary key (tenant, id)
);

-- One listing order each. Whoever reads much of a tenant walks these; whoever owns little uses the owner's.
create index document_by_updated on document (tenant, updated_at desc, id desc) where deleted_at is null;
create index document_by_created on document (tenant, created_at desc, id desc) where deleted_at is null;
create index document_by_title on document (tenant, title_key, id) where deleted_at is null;
create index document_by_owner on document (tenant, owner, updated_at desc, id desc) where deleted_at is null;
create index document_deleted on document (tenant, owner, updated_at desc, id desc) where deleted_at is not null;

-- The bodies that a document has had.
create table document_version (
    tenant text collate "C" not null,
    document_id uuid not null,
    number integer not null check (number > 0),
    content_hash text not null,
    content_size bigint not null check (content_size >= 0),
    media_type text not null,
    file_name text,
    text_chars bigint not null check (text_chars >= 0),
    text_truncated boolean not null,
    title text not null,
    created_by text not null,
    created_at timestamptz not null,
    primary key (tenant, document_id, number),
    foreign key (tenant, document_id) references document on delete cascade
);

-- With whom a document is shared. The owner has no row here.
create table document_grant (
    tenant text collate "C" not null,
    document_id uuid not null,
    -- 'user:ID' or 'group:ID'.
    reader text collate "C" not null,
    role text not null check (role in ('viewer', 'editor')),
    granted_by text not null,
    granted_at timestamptz not null,
    primary key (tenant, document_id, reader),
    foreign key (tenant, document_id) references document on delete cascade
);

create index document_grant_by_reader on document_grant (tenant, reader, document_id);

-- What was answered to a request that may be sent again.
create table idempotency (
    tenant text collate "C" not null,
    user_id text collate "C" not null,
    key text collate "C" not null,
    request_hash text not null,
    status integer not null,
    -- json and not jsonb: the answer comes back as it was given.
    answer json not null,
    revision bigint not null,
    expires_at timestamptz not null,
    primary key (tenant, user_id, key)
);

create index idempotency_by_expiry on idempotency (expires_at);

alter table document enable row level security;
alter table document force row level security;
alter table document_version enable row level security;
alter table document_version force row level security;
alter table document_grant enable row level security;
alter table document_grant force row level security;
alter table idempotency enable row level security;
alter table idempotency force row level security;

-- A transaction that named no tenant compares with null or '', and sees nothing.
create policy own_tenant on document for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
create policy own_tenant on document_version for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
create policy own_tenant on document_grant for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
create policy own_tenant on idempotency for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
create policy sweep_read on idempotency for select to octavo_relay using (expires_at <= now());
create policy sweep on idempotency for delete to octavo_relay using (expires_at <= now());

grant select, insert, update on document to octavo_app;
grant select, insert, delete on document_version to octavo_app;
grant select, insert, update, delete on document_grant to octavo_app;
grant select, insert, update on idempotency to octavo_app;
grant select, delete on idempotency to octavo_relay;
