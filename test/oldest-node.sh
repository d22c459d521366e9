#!/usr/bin/env bash
# Runs tests on the oldest Node that `engines` promises. Its OpenSSL accepts keys and signatures that newer ones refuse, and
# what is refused must not depend on that: keys, signatures, records, bundles, and a service from request to review.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

oldest="$(node -p 'require("./package.json").engines.node.replace(">=", "")').0.0"
platform="$(node -p 'process.platform + "-" + process.arch')"
npm install --silent --no-save --prefix "$work" "node-$platform@$oldest"
node="$work/node_modules/node-$platform/bin/node"
printf 'Node %s, OpenSSL %s\n' "$("$node" --version)" "$("$node" -p process.versions.openssl)"
"$node" node_modules/vitest/vitest.mjs run src test/public-key.test.ts test/policy/registered-keys.test.ts \
  test/hostile-bundle.test.ts test/verify.test.ts test/signed-approvals.test.ts test/api.test.ts test/grants.test.ts
