-- What a tenant has of search: synonyms, saved searches, and counts of what is looked for.

-- The tenant's synonyms, whole. The revision is read by every search beside the generation.
create table search_synonyms (
    tenant text collate "C" primary key check (tenant <> ''),
    revision bigint not null check (revision > 0),
    rules text not null,
    updated_at timestamptz not null,
    updated_by text collate "C" not null
);

-- What somebody looks for again and again.
create table search_saved (
    tenant text collate "C" not null check (tenant <> ''),
    id uuid not null,
    owner text collate "C" not null check (octet_length(owner) between 1 and 255),
    -- The owner's groups when the search was saved, or run by the owner last.
    groups text[] collate "C" not null,
    name text not null check (char_length(name) between 1 and 100),
    -- What is looked for, as JSON.
    search text not null,
    notify text collate "C" not null check (notify in ('as_found', 'hourly', 'daily', 'weekly')),
    created_at timestamptz not null,
    -- How often it was run. Whoever runs it says which number they saw: the fence.
    runs bigint not null default 0,
    last_run_at timestamptz,
    next_run_at timestamptz not null,
    -- Of how many documents it has told.
    told bigint not null default 0,
    -- When the bell rings for it: the next run, or later where that is under way or was put off.
    wake_at timestamptz not null,
    primary key (tenant, id)
) with (fillfactor = 80);

create index search_saved_by_owner on search_saved (tenant, owner);
create index search_saved_due on search_saved (wake_at);

-- Of which documents a saved search has told.
create table search_told (
    tenant text collate "C" not null,
    saved_id uuid not null,
    document_id uuid not null,
    told_at timestamptz not null,
    primary key (tenant, saved_id, document_id)
);

-- Searches of a day by text. Nobody is named.
create table search_query_day (
    tenant text collate "C" not null check (tenant <> ''),
    day date not null,
    -- The texts beyond those that are kept of a day, together; `text` is empty then.
    other boolean not null,
    -- In small letters; empty where there was none.
    text text collate "C" not null check (char_length(text) <= 100 and (not other or text = '')),
    searches bigint not null,
    without_results bigint not null,
    tolerant bigint not null,
    hits bigint not null,
    -- How many took how long, by class.
    took bigint[] not null check (cardinality(took) = 5),
    primary key (tenant, day, other, text)
) with (fillfactor = 80);

create index search_query_day_old on search_query_day (day);

-- Hits that were opened. A search is named by a number that was drawn for it; nobody is named.
create table search_click (
    tenant text collate "C" not null check (tenant <> ''),
    -- The day of the search.
    day date not null,
    search_id uuid not null,
    document_id uuid not null,
    text text collate "C" not null check (char_length(text) <= 100),
    position integer not null check (position between 1 and 10000),
    primary key (tenant, day, search_id, document_id)
);

create index search_click_old on search_click (day);

do $$
declare
    name text;
begin
    foreach name in array array[
        'search_synonyms', 'search_saved', 'search_told', 'search_query_day', 'search_click'
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

grant select, insert, update on search_synonyms to octavo_app;
grant select, insert, delete on search_saved to octavo_app;
grant update (groups, runs, last_run_at, next_run_at, told, wake_at) on search_saved to octavo_app;
grant select, insert, delete on search_told to octavo_app;
grant select, insert, update on search_query_day to octavo_app;
grant select, insert on search_click to octavo_app;

-- The relay finds what is due, of all tenants, and learns whose it is and nothing of what is in it.
create policy due on search_saved for all to octavo_relay using (true) with check (true);
grant select (tenant, id, wake_at), update (wake_at) on search_saved to octavo_relay;

-- What is 90 days old goes.
create policy over on search_query_day for all to octavo_relay using (day < (now() - interval '90 days')::date);
grant select (tenant, day, other, text), delete on search_query_day to octavo_relay;
create policy over on search_click for all to octavo_relay using (day < (now() - interval '90 days')::date);
grant select (tenant, day, search_id, document_id), delete on search_click to octavo_relay;
