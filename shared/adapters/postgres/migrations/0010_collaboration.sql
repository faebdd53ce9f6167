-- A document that is edited together: what is known of it beside its updates.
create table room (
    tenant text collate "C" not null check (tenant <> ''),
    document_id uuid not null,
    -- The newest version of the document that is in the room; 0 where none ever was.
    version integer not null default 0 check (version >= 0),
    -- The state vector that was written as that version.
    saved bytea check (octet_length(saved) <= 16777216),
    -- Since when there are updates that are in no version.
    unsaved_since timestamptz,
    -- When the last update was appended.
    changed_at timestamptz,
    primary key (tenant, document_id)
) with (
    -- Every append touches its row, and no index holds what it changes: with room in the page it writes no index.
    fillfactor = 70
);

create index room_unsaved on room (unsaved_since) where unsaved_since is not null;

-- What was compacted. A table of its own: a compaction, which writes megabytes, holds up nobody who appends.
create table room_snapshot (
    tenant text collate "C" not null check (tenant <> ''),
    document_id uuid not null,
    -- A room that is full takes no more, but what was on its way when it became full is not lost.
    snapshot bytea not null check (octet_length(snapshot) between 1 and 33554432),
    primary key (tenant, document_id)
);

-- Yjs updates are compressed as far as they can be: pglz would only cost time.
alter table room_snapshot alter column snapshot set storage external;

create table room_update (
    tenant text collate "C" not null check (tenant <> ''),
    document_id uuid not null,
    -- The order of writing. Not that of committing: a smaller one may become visible after a greater one.
    id bigint generated always as identity,
    update bytea not null check (octet_length(update) between 1 and 33554432),
    by_user text collate "C" not null check (octet_length(by_user) between 1 and 255),
    primary key (tenant, document_id, id)
) with (
    -- Rows live until they are compacted.
    autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000
);

-- Remarks on a document, and the answers to them.
create table document_comment (
    tenant text collate "C" not null check (tenant <> ''),
    document_id uuid not null,
    -- A UUID version 7: by when it was written.
    id uuid not null,
    -- What it answers. Answers go with it.
    parent uuid,
    author text collate "C" not null check (octet_length(author) between 1 and 255),
    text text not null check (char_length(text) between 1 and 10000),
    -- The place in the text: a Yjs relative position, Base64.
    anchor text check (octet_length(anchor) <= 4096),
    created_at timestamptz not null,
    resolved_at timestamptz,
    resolved_by text collate "C" check (octet_length(resolved_by) between 1 and 255),
    primary key (tenant, document_id, id),
    foreign key (tenant, document_id, parent) references document_comment on delete cascade,
    check (parent <> id),
    check ((resolved_at is null) = (resolved_by is null))
);

create index document_comment_by_parent on document_comment (tenant, document_id, parent) where parent is not null;

-- A document that is purged takes its room and its comments with it. No foreign keys: each append would lock the
-- document's row, and with it whoever changes the document. An append on its way at that moment may leave a room behind;
-- nobody can open it, because there is no document to have access to.
create function document_purged() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    delete from public.room r using gone g where r.tenant = g.tenant and r.document_id = g.id;
    delete from public.room_snapshot s using gone g where s.tenant = g.tenant and s.document_id = g.id;
    delete from public.room_update u using gone g where u.tenant = g.tenant and u.document_id = g.id;
    delete from public.document_comment c using gone g where c.tenant = g.tenant and c.document_id = g.id;
    return null;
end
$$;

create trigger document_purged after delete on document
    referencing old table as gone
    for each statement execute function document_purged();

do $$
declare
    name text;
begin
    foreach name in array array['room', 'room_snapshot', 'room_update', 'document_comment'] loop
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

-- Which rooms a node that died did not write: the relay learns their names, and nothing of what is in them.
create policy unsaved on room for select to octavo_relay using (unsaved_since is not null);
grant select (tenant, document_id, unsaved_since) on room to octavo_relay;

grant select, insert, update, delete on room to octavo_app;
grant select, insert, update, delete on room_snapshot to octavo_app;
grant select, insert, delete on room_update to octavo_app;
grant select, insert, delete on document_comment to octavo_app;
grant update (resolved_at, resolved_by) on document_comment to octavo_app;
