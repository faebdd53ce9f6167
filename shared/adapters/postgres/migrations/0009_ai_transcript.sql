-- Prompts and answers in full, sealed by the function, of tenants that ask for it.
create table ai_transcript (
    tenant text collate "C" not null check (tenant <> ''),
    -- The ledger's line: a UUID version 7, which begins with its time.
    call_id uuid not null,
    sealed bytea not null,
    kept_at timestamptz not null default clock_timestamp(),
    primary key (tenant, call_id)
);

create index ai_transcript_by_age on ai_transcript (kept_at);

alter table ai_transcript enable row level security;
alter table ai_transcript force row level security;

create policy own_tenant on ai_transcript for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
-- As long as the ledger's months: seven years.
create policy sweep_read on ai_transcript for select to octavo_relay using (kept_at <= now() - interval '84 months');
create policy sweep on ai_transcript for delete to octavo_relay using (kept_at <= now() - interval '84 months');

grant select, insert on ai_transcript to octavo_app;
grant select, delete on ai_transcript to octavo_relay;
