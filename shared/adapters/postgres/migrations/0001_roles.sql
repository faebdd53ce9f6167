-- Two groups that log in as nobody; operators make logins that are members of one of them.
-- octavo_app: what functions use. Sees one tenant, the one that its transaction named.
-- octavo_relay: what publishes and sweeps. Sees the outbox and what has expired, of all tenants, and nothing else.
--
-- Roles belong to the whole server, so another database's migration may make them at this very moment.
do $$
declare
    name text;
begin
    foreach name in array array['octavo_app', 'octavo_relay'] loop
        if not exists (select from pg_roles where rolname = name) then
            begin
                execute format('create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole', name);
            exception
                when duplicate_object or unique_violation then null;
            end;
        end if;
    end loop;
end
$$;

grant usage on schema public to octavo_app, octavo_relay;
