# Sourced by the engine scripts: how a real engine runs as a private, unprivileged process of one folder.
#
#   DIR/pid   its process id        DIR/log   what it wrote        DIR/url   where it answers, written when it does
#
# The caller sets DIR. Everything an engine writes lies in "$(home)", which is DIR unless the unprivileged user cannot
# get there (a checkout below a closed home folder).

set -euo pipefail

# Seconds from start to the first good answer. A JVM on a busy two-core machine has needed 40.
READY_S_MAX=${READY_S_MAX:-180}
# Seconds from SIGTERM to SIGKILL.
STOP_S_MAX=15
# PostgreSQL waits on SIGTERM for its clients to leave.
STOP_SIGNAL=TERM
# PostgreSQL and Elasticsearch refuse to run as root.
UNPRIVILEGED=nobody

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

needs() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || die "$program is not installed; .ci/install installs it on Debian"
    done
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Puts in DROP the words before a command that make it run as the engine's user: none, unless we are root.
drop() {
    DROP=()
    if [ "$(id -u)" = 0 ]; then
        DROP=(setpriv --reuid="$UNPRIVILEGED" --regid="$(id -g "$UNPRIVILEGED")" --clear-groups env HOME="$(home)")
    fi
}

unprivileged() {
    drop
    "${DROP[@]}" "$@"
}

home() { if [ -f "$DIR/home" ]; then cat "$DIR/home"; else printf '%s\n' "$DIR"; fi; }

# Makes DIR, and a home in it that belongs to the engine's user.
prepare() {
    mkdir -p "$DIR"
    DIR=$(cd "$DIR" && pwd)
    running && die "$DIR: already running as process $(cat "$DIR/pid")"
    rm -f "$DIR/home" "$DIR/url" "$DIR/pid"
    if [ "$(id -u)" = 0 ]; then
        if ! (cd / && HOME=/ setpriv --reuid="$UNPRIVILEGED" --regid="$(id -g "$UNPRIVILEGED")" --clear-groups test -x "$DIR"); then
            mktemp -d /tmp/octavo-engine.XXXXXX >"$DIR/home"
        fi
        chown -R "$UNPRIVILEGED" "$(home)"
    fi
}

running() { [ -s "$DIR/pid" ] && kill -0 "$(cat "$DIR/pid")" 2>/dev/null; }

# launch COMMAND...: in the background, in a session of its own, so that a Ctrl-C reaches it through `stop` only.
launch() {
    drop
    # `exec`, so that the id is that of the engine and not of a shell that waits for it.
    (cd "$(home)" && exec "${DROP[@]}" setsid "$@") >"$DIR/log" 2>&1 </dev/null &
    echo $! >"$DIR/pid"
}

# await URL PROBE...: until the probe succeeds; then URL is published and printed.
await() {
    local url=$1 deadline=$((SECONDS + READY_S_MAX))
    shift
    until "$@" >/dev/null 2>&1; do
        running || { tail -n 30 "$DIR/log" >&2; die "$DIR: ended before it was ready (its log is above)"; }
        [ "$SECONDS" -lt "$deadline" ] || { tail -n 30 "$DIR/log" >&2; stop; die "$DIR: not ready after $READY_S_MAX s"; }
        sleep 0.2
    done
    printf '%s\n' "$url" | tee "$DIR/url"
}

# Safe to call twice, and when nothing was started.
stop() {
    [ -d "$DIR" ] || return 0
    if running; then
        local pid deadline
        pid=$(cat "$DIR/pid")
        deadline=$((SECONDS + STOP_S_MAX))
        kill -"$STOP_SIGNAL" "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.1; done
        # The whole group: Elasticsearch is a launcher and a server.
        kill -KILL -- "-$pid" 2>/dev/null || true
    fi
    if [ -f "$DIR/home" ]; then rm -rf "$(home)"; fi
    rm -f "$DIR/pid" "$DIR/url" "$DIR/home"
}

# The last line of every engine script: `engine "$@"`.
engine() {
    [ $# = 2 ] || die "usage: $0 start|stop|url DIR"
    DIR=$2
    case $1 in
        start) start ;;
        stop) stop ;;
        url) cat "$DIR/url" ;;
        *) die "usage: $0 start|stop|url DIR" ;;
    esac
}
