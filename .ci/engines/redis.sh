#!/usr/bin/env bash
# A real Redis server: `redis.sh start DIR` prints its URL, `redis.sh stop DIR` ends it.
. "$(dirname "$0")/process.sh"

start() {
    needs redis-server redis-cli
    prepare
    local port
    port=$(free_port)
    # Nothing is kept: a test that needs a restart with data starts its own server.
    launch redis-server --bind 127.0.0.1 --port "$port" --dir "$(home)" --save '' --appendonly no
    await "redis://127.0.0.1:$port" redis-cli -p "$port" PING
}

engine "$@"
