-- What a person was told in the application.
create table notification (
    tenant text collate "C" not null check (tenant <> ''),
    user_id text collate "C" not null check (octet_length(user_id) between 1 and 255),
    -- A UUID version 7: by when it came.
    id uuid not null,
    category text collate "C" not null check (char_length(category) between 1 and 64),
    title text not null check (char_length(title) between 1 and 200),
    text text not null check (char_length(text) <= 4000),
    link text check (octet_length(link) <= 8192),
    -- json and not jsonb: it comes back as it was given.
    data json not null check (octet_length(data::text) <= 16384),
    -- Two with one key are one notification.
    dedupe_key text collate "C" check (char_length(dedupe_key) between 1 and 255),
    created_at timestamptz not null,
    seen_at timestamptz,
    read_at timestamptz,
    archived_at timestamptz,
    primary key (tenant, user_id, id)
);

create unique index notification_by_key on notification (tenant, user_id, dedupe_key) where dedupe_key is not null;
-- How many are unread is asked for at every connection and after every change.
create index notification_unread on notification (tenant, user_id) where read_at is null and archived_at is null;

alter table notification enable row level security;
alter table notification force row level security;

create policy own_tenant on notification for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));

grant select, insert, delete on notification to octavo_app;
grant update (seen_at, read_at, archived_at) on notification to octavo_app;
