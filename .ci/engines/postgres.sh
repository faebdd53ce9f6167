#!/usr/bin/env bash
# A real PostgreSQL server: `postgres.sh start DIR` prints a superuser's URL, `postgres.sh stop DIR` ends it.
. "$(dirname "$0")/process.sh"
STOP_SIGNAL=INT

# Debian keeps the server's programs outside of PATH, a folder for each version; the newest is taken.
server_programs() {
    local folder
    folder=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    if [ -n "$folder" ]; then
        printf '%s\n' "$folder"
    else
        needs postgres
        dirname "$(command -v postgres)"
    fi
}

start() {
    local port programs
    programs=$(server_programs)
    prepare
    port=$(free_port)
    rm -rf "$(home)/data"
    (cd "$(home)" && unprivileged "$programs/initdb" --pgdata="$(home)/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync) >"$DIR/initdb.log" 2>&1 ||
        { cat "$DIR/initdb.log" >&2; die "$DIR: initdb failed"; }
    # Durability is not what the tests look at, and fsync is most of their time. The connections are for test
    # programs in parallel, each with a pool for each database.
    launch "$programs/postgres" -D "$(home)/data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
        -c max_connections=400 -c shared_buffers=128MB
    await "postgres://postgres@127.0.0.1:$port/postgres" "$programs/pg_isready" -h 127.0.0.1 -p "$port"
}

engine "$@"
