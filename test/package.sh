#!/usr/bin/env bash
# Packs the program, installs it into an empty project and runs the command on the oldest and the newest Node that it is for.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'kill "${service:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

cd "$root"
tarball=$(npm pack --silent --pack-destination "$work" | tail -1)
cd "$work"
npm init --yes >/dev/null
npm install --silent --omit=optional "./$tarball"
platform="$(node -p 'process.platform + "-" + process.arch')"

# Programs of somebody else against countersign/rego and countersign/verify: they type-check as they stand, and run below.
npx --prefix "$root" node "$root/test/rego/build.ts" "$work/bundle.tar.gz"
for file in consumer.ts builtins.ts; do
  sed "s#'../../src/rego/rego.ts'#'countersign/rego'#" "$root/test/rego/$file" >"$work/$file"
done
sed "s#'../../src/verify/verifier.ts'#'countersign/verify'#" "$root/test/verify/consumer.ts" >"$work/verify.ts"
version_of() { node -p "require('$root/package.json').devDependencies['$1']"; }
npm install --silent --no-save --prefix "$work/typescript" "typescript@$(version_of typescript)"
npm install --silent --omit=optional --no-save "@types/node@$(version_of @types/node)"
npm pkg set type=module
"$work/typescript/node_modules/.bin/tsc" --noEmit --strict --module nodenext --target es2024 --lib es2024 --types node \
  --allowImportingTsExtensions --skipLibCheck false consumer.ts verify.ts

# The same for countersign/client, also without the types of Node. It loads nothing but its own files.
sed "s#'../src/client/client.ts'#'countersign/client'#" "$root/test/client-consumer.ts" >client-consumer.ts
for libraries in "--lib es2024 --types node" "--lib es2024,dom"; do
  # shellcheck disable=SC2086 # Several words are meant.
  "$work/typescript/node_modules/.bin/tsc" --noEmit --strict --module nodenext --target es2024 --skipLibCheck false \
    client-consumer.ts $libraries
done
if grep -hE "^(import|export) .* from '[^.]" node_modules/countersign/dist/client/*.js; then
  echo "countersign/client imports a package"
  exit 1
fi

# On a Node that is too old every command is a fault in one line: exit code 1 would say "deny".
npm install --silent --no-save --prefix "$work/node20" "node-$platform@20"
for command in "decide -" "verify x" "serve" "--version"; do
  code=0
  # shellcheck disable=SC2086 # A command and its argument.
  said=$("$work/node20/node_modules/node-$platform/bin/node" node_modules/countersign/bin/countersign.cjs $command 2>&1 </dev/null) || code=$?
  printf 'Node 20, %s: exit %s, %s\n' "$command" "$code" "$said"
  test "$code" = 3 && test "$(wc -l <<<"$said")" = 1
done

# The first and the last version of 24 behave differently, so the floor of `engines` is tried too.
for version in 24.0.0 24 26; do
  # The per-platform packages that the program itself pins Node by.
  npm install --silent --no-save --prefix "$work/node$version" "node-$platform@$version"
  export PATH="$work/node$version/node_modules/node-$platform/bin:$PATH"
  printf 'Node %s: countersign %s\n' "$(node --version)" "$(node_modules/.bin/countersign --version)"
  export COUNTERSIGN_DATA_DIR="$work/data$version" COUNTERSIGN_LISTEN=127.0.0.1:0 COUNTERSIGN_LOG_LEVEL=silent
  node_modules/.bin/countersign serve 2>"$work/greeting$version" &
  service=$!
  for _ in $(seq 600); do grep -q curl "$work/greeting$version" && break; sleep 0.1; done
  export COUNTERSIGN_URL=$(sed -n 's/.*listens on //p' "$work/greeting$version")
  request=node_modules/countersign/examples/issue-api-key/allow-sandbox-key/request.json
  node_modules/.bin/countersign decide "$request" --record "$work/record.jws"
  node_modules/.bin/countersign verify "$work/record.jws" --jwks "$COUNTERSIGN_URL/.well-known/jwks.json"
  node --input-type=module -e "
    import { ask, isMissing } from './client-consumer.ts';
    import { readFileSync } from 'node:fs';
    const token = readFileSync(process.env.COUNTERSIGN_DATA_DIR + '/admin.token', 'utf8').trim();
    const said = await ask(process.env.COUNTERSIGN_URL, token, JSON.parse(readFileSync('$request', 'utf8')));
    const isUnknown = await isMissing(process.env.COUNTERSIGN_URL, token, '019aab00-0000-7000-8000-000000000001');
    console.log('client:', said);
    if (!said.startsWith('allow until') || !isUnknown) process.exit(1);
  "
  node consumer.ts bundle.tar.gz
  curl -sS --fail-with-body "$COUNTERSIGN_URL/.well-known/jwks.json" >"$work/jwks$version.json"
  node verify.ts record.jws "jwks$version.json" node_modules/countersign/bundles/default.tar.gz
  kill -TERM "$service"
  wait "$service"
done
