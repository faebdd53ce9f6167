#!/usr/bin/env bash
# A real OpenSearch node: `opensearch.sh start DIR` prints its URL, `opensearch.sh stop DIR` ends it.
. "$(dirname "$0")/process.sh"
HERE=$(cd "$(dirname "$0")" && pwd)

start() {
    needs java mvn curl
    prepare
    local port
    port=$(free_port)
    # Copied out of Maven's folder: the user that runs the node cannot read it there.
    mvn -q -B -f "$HERE/opensearch.pom.xml" dependency:copy-dependencies -DoutputDirectory="$(home)/lib" \
        >"$DIR/install.log" 2>&1 || { tail -n 30 "$DIR/install.log" >&2; die "$DIR: OpenSearch cannot be fetched"; }
    cp "$HERE/OpenSearch.java" "$(home)/OpenSearch.java"
    chmod -R a+rX "$(home)/lib" "$(home)/OpenSearch.java"
    rm -rf "$(home)/node"
    launch java -Xms512m -Xmx1g -cp "$(home)/lib/*" "$(home)/OpenSearch.java" "$(home)/node" "$port"
    await "http://127.0.0.1:$port" curl -sSf "http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow"
}

engine "$@"
