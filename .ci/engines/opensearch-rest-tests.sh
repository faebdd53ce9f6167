#!/usr/bin/env bash
# OpenSearch's own REST tests (Apache-2.0) in FOLDER, fetched if they are not there; prints where they begin.
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 1; }

# The last one that is published for the line of `opensearch.pom.xml`.
VERSION=2.19.0

mkdir -p "$1"
FOLDER=$(cd "$1" && pwd)
if [ ! -d "$FOLDER/rest-api-spec/test" ]; then
    mvn -q -B dependency:copy -DoutputDirectory="$FOLDER" -Dartifact="org.opensearch:rest-api-spec:$VERSION:jar" \
        >"$FOLDER/install.log" 2>&1 || { tail -n 30 "$FOLDER/install.log" >&2; exit 1; }
    unzip -q -o -d "$FOLDER" "$FOLDER/rest-api-spec-$VERSION.jar" 'rest-api-spec/*'
fi
echo "$FOLDER/rest-api-spec"
