#!/usr/bin/env bash
# Asks a service of its own what its description (/openapi.json) allows and forbids, and fails where an answer is a 5xx or not
# as described, where something forbidden is accepted, or something allowed is refused.
#
#   test/schemathesis.sh [examples of each operation, default 25] [more options of `schemathesis run`]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
version=4.32.5
tools=${XDG_CACHE_HOME:-$HOME/.cache}/countersign/schemathesis-$version
examples=${1:-25}
[ $# -eq 0 ] || shift

if [ ! -x "$tools/bin/schemathesis" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet "schemathesis==$version"
fi

work=$(mktemp -d)
trap 'kill "${service:-}" 2>/dev/null && wait "$service" 2>/dev/null; rm -rf "$work"' EXIT
export COUNTERSIGN_DATA_DIR=$work/data COUNTERSIGN_LISTEN=127.0.0.1:0 COUNTERSIGN_LOG_LEVEL=warn
countersign() { "$root/bin/countersign.cjs" "$@"; }
PATH=$root/node_modules/.bin:$PATH

"$root/bin/countersign.cjs" serve >"$work/log" 2>"$work/greeting" &
service=$!
for _ in $(seq 600); do grep -q curl "$work/greeting" && break; sleep 0.1; done
COUNTERSIGN_URL=$(sed -n 's/.*listens on //p' "$work/greeting")
export COUNTERSIGN_URL

# All scopes that one person can have.
scopes=decide,read,approve,review,revoke,admin
token=$(countersign token create --client schemathesis --scopes $scopes --principal iduarte 2>/dev/null)
# By nobody in particular, so that this person may review what was granted.
COUNTERSIGN_TOKEN=$(countersign token create --client schemathesis --scopes decide 2>/dev/null) countersign decide \
  "$root/examples/issue-api-key/allow-sandbox-key/request.json" --json >"$work/grant.json"
SCHEMATHESIS_GRANT=$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).case' "$work/grant.json")
export SCHEMATHESIS_GRANT

cd "$work" # It writes files where it runs.
SCHEMATHESIS_HOOKS=schemathesis_hooks PYTHONPATH=$root/test "$tools/bin/schemathesis" \
  --config-file "$root/test/schemathesis.toml" run "$COUNTERSIGN_URL/openapi.json" \
  --header "Authorization: Bearer $token" \
  --max-examples "$examples" --seed 1 --workers 1 --continue-on-failure --generation-database none --no-color "$@"
if grep '"msg":"call failed"' "$work/log"; then echo "the service failed at calls"; exit 1; fi
