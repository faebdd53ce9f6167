-- A generated document in the making.
create table generation (
    tenant text collate "C" not null check (tenant <> ''),
    -- A UUID version 7: by when it was asked for.
    id uuid not null,
    -- Who asked, apart from the rest of them, for listings.
    user_id text collate "C" not null,
    -- Counts every change; a change is made on the step that it was decided on, or not at all.
    step bigint not null check (step > 0),
    status text collate "C" not null
        check (status in ('queued', 'outlining', 'writing', 'assembling', 'done', 'failed', 'cancelled')),
    title text,
    requester jsonb not null,
    -- json and not jsonb: what was asked for comes back as it was asked.
    wanted json not null,
    -- Null until they were looked for.
    sources jsonb,
    outlined_by jsonb,
    tries integer not null check (tries >= 0),
    retries integer not null check (retries >= 0),
    trouble jsonb,
    -- The id that the document will have.
    document_id uuid not null,
    traceparent text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant, id)
) with (
    -- No index holds what a step changes, but for those of ended ones, so with room in the page a step writes no index.
    fillfactor = 70
);

create index generation_by_user on generation (tenant, user_id, id desc);
-- How many somebody has under way.
create index generation_active on generation (tenant, user_id) where status not in ('done', 'failed', 'cancelled');

-- Its sections: a row each, so that a step writes one text and not all of them.
create table generation_section (
    tenant text collate "C" not null,
    generation_id uuid not null,
    -- From 0.
    place integer not null check (place >= 0),
    heading text not null,
    instructions text not null,
    -- Null until it is written; then never changed.
    text text,
    cut boolean not null,
    paid jsonb,
    primary key (tenant, generation_id, place),
    foreign key (tenant, generation_id) references generation on delete cascade
);

alter table generation enable row level security;
alter table generation force row level security;
alter table generation_section enable row level security;
alter table generation_section force row level security;

create policy own_tenant on generation for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
create policy own_tenant on generation_section for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));

grant select, insert, delete on generation to octavo_app;
grant update (step, status, title, sources, outlined_by, tries, retries, trouble, updated_at)
    on generation to octavo_app;
grant select, insert on generation_section to octavo_app;
grant update (text, cut, paid) on generation_section to octavo_app;
