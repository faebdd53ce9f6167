-- The owner counts generations of all tenants, by the function below and by nothing else. Forced row-level security binds
-- the owner too.
create policy bump on search_generation for all to current_user using (true) with check (true);

-- Counts the generation of up to `most` (1 to 10,000) tenants after `after`, in the order of their names; how many there
-- were, and the last of them. Whoever calls it goes on from there. Short, because a document's change waits for its
-- tenant's row.
create function search_generations_bump(after text, most integer, out bumped integer, out last text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s'
as $$
begin
    if after is null or most is null or most not between 1 and 10000 then
        raise exception 'a tenant and 1 to 10000 of them are expected' using errcode = '22023';
    end if;
    with page as materialized (
        select g.tenant from public.search_generation g where g.tenant > after collate "C" order by g.tenant limit most
        for update),
    counted as (
        update public.search_generation g set generation = g.generation + 1, changed_at = clock_timestamp()
        from page p where g.tenant = p.tenant
        returning g.tenant)
    select count(*), max(tenant) into bumped, last from counted;
end
$$;

revoke all on function search_generations_bump(text, integer) from public;
grant execute on function search_generations_bump(text, integer) to octavo_relay;
