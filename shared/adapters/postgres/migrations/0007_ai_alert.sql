-- Budgets that reached a share of their sum. One row for each share of each period: an alert is raised once.
create table ai_alert (
    tenant text collate "C" not null check (tenant <> ''),
    -- A UUID version 7: by when it was raised.
    id uuid not null,
    -- 'day:2026-11-26', 'month:2026-11:user:ada'.
    budget text collate "C" not null,
    percent smallint not null,
    at timestamptz not null,
    tokens bigint not null check (tokens >= 0),
    tokens_max bigint,
    nanodollars bigint not null check (nanodollars >= 0),
    nanodollars_max bigint,
    primary key (tenant, budget, percent)
);

create index ai_alert_newest on ai_alert (tenant, id desc);

alter table ai_alert enable row level security;
alter table ai_alert force row level security;

create policy own_tenant on ai_alert for all to octavo_app
    using (tenant = current_setting('octavo.tenant', true))
    with check (tenant = current_setting('octavo.tenant', true));
-- Periods end: what is older than a year is of no use to anybody.
create policy sweep_read on ai_alert for select to octavo_relay using (at <= now() - interval '1 year');
create policy sweep on ai_alert for delete to octavo_relay using (at <= now() - interval '1 year');

grant select, insert on ai_alert to octavo_app;
grant select, delete on ai_alert to octavo_relay;
