#!/usr/bin/env bash
# A real Elasticsearch node: `elasticsearch.sh start DIR` prints its URL, `elasticsearch.sh stop DIR` ends it.
#
# It is the distribution that Elastic publishes for integration tests: the whole server with the fewest modules (no
# painless, no reindex, no language analyzers, no ILM). A suite asks for what is missing only on OpenSearch.
. "$(dirname "$0")/process.sh"

# The last line of 8.x, which runs on Java 17; 9.x needs 21.
VERSION=8.19.21

start() {
    needs java mvn unzip curl
    prepare
    local port transport java_home
    port=$(free_port)
    transport=$(free_port)
    java_home=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
    mvn -q -B dependency:copy -DoutputDirectory="$DIR/zip" \
        -Dartifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$VERSION:zip" \
        >"$DIR/install.log" 2>&1 || { tail -n 30 "$DIR/install.log" >&2; die "$DIR: Elasticsearch cannot be fetched"; }
    rm -rf "$(home)/elasticsearch-$VERSION" "$(home)/data"
    unprivileged mkdir -p "$(home)/data" "$(home)/logs"
    unzip -q -d "$(home)" "$DIR/zip/elasticsearch-$VERSION.zip"
    chmod -R a+rX "$(home)/elasticsearch-$VERSION"
    # It writes a key store beside its settings.
    if [ "$(id -u)" = 0 ]; then chown -R "$UNPRIVILEGED" "$(home)/elasticsearch-$VERSION/config"; fi
    launch env -u JAVA_HOME ES_JAVA_HOME="$java_home" ES_JAVA_OPTS="-Xms512m -Xmx512m" \
        "$(home)/elasticsearch-$VERSION/bin/elasticsearch" -E discovery.type=single-node -E network.host=127.0.0.1 \
        -E xpack.security.enabled=false -E http.port="$port" -E transport.port="$transport" \
        -E path.data="$(home)/data" -E path.logs="$(home)/logs" -E action.destructive_requires_name=false \
        -E cluster.routing.allocation.disk.threshold_enabled=false
    await "http://127.0.0.1:$port" curl -sSf "http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow"
}

engine "$@"
