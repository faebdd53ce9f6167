-- Whoever compares the index with the database learns the names of tenants here, and reads each one's documents as that
-- tenant. The owner reads names of all tenants by the function below and by nothing else; forced row-level security binds the
-- owner too.
create policy tenants on document for select to current_user using (true);

-- Up to `most` (1 to 1,000) tenants after `after` that have documents, by the bytes of their names. A look into the primary
-- key for each: however many documents a tenant has, it costs the same.
create function document_tenants(after text, most integer) returns setof text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    name text := after;
begin
    if after is null or most is null or most not between 1 and 1000 then
        raise exception 'a tenant and 1 to 1000 of them are expected' using errcode = '22023';
    end if;
    for i in 1..most loop
        select d.tenant into name from public.document d
        where d.tenant > name collate "C" order by d.tenant limit 1;
        exit when not found;
        return next name;
    end loop;
end
$$;

revoke all on function document_tenants(text, integer) from public;
grant execute on function document_tenants(text, integer) to octavo_relay;
