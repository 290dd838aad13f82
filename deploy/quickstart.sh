#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job from nothing on Debian 12: builds a release, makes an order
# system with some damage in it, gates it (FAIL), repairs it, gates it again
# (PASS). Leaves nothing behind but build/release and the packages.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

say "1. Debian packages and a release build"
deploy/packages.sh build
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build --preset release -- --quiet
bin=$PWD/build/release/bin

work=$(mktemp -d "${TMPDIR:-/tmp}/assay-quickstart.XXXXXX")
server=
finish() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "2. Two SQLite databases: the old shop, and the new one it moves to"
sqlite3 "$work/shop.db" <deploy/quickstart/shop.sql
cp "$work/shop.db" "$work/new_shop.db"
sqlite3 "$work/new_shop.db" <deploy/quickstart/damage.sql
sqlite3 "$work/new_shop.db" \
  "SELECT '   ' || (SELECT count(*) FROM customers) || ' customers, ' ||
   (SELECT count(*) FROM orders) || ' orders, ' ||
   (SELECT count(*) FROM payments) || ' payments; the copy was damaged on the way'"

cat >"$work/assayd.yaml" <<YAML
server:
  listen: 127.0.0.1:0
  store: $work/runs.db
connections:
  new_shop:
    odbc: Driver=SQLite3;Database=$work/new_shop.db
    masked_columns: [email]
YAML

say "3. assayd on a loopback port of its own"
mkfifo "$work/ready"
"$bin/assayd" --config "$work/assayd.yaml" --ready-fd 3 3>"$work/ready" \
  2>"$work/assayd.log" &
server=$!
if ! read -r -t 20 _ address <"$work/ready"; then
  echo "assayd did not start:" >&2
  cat "$work/assayd.log" >&2
  exit 1
fi
echo "   listening on $address"
export ASSAY_SERVER=$address

say "4. The gate before the cut-over: assay run rules/examples/shop.yaml"
code=0
"$bin/assay" run rules/examples/shop.yaml --param shop=new_shop || code=$?
echo "   exit code $code (1: FAIL, hold the migration)"
[ "$code" -eq 1 ] || { echo "expected exit code 1" >&2; exit 1; }

say "5. Repair the data, and ask again"
sqlite3 "$work/new_shop.db" <deploy/quickstart/repair.sql
code=0
"$bin/assay" run rules/examples/shop.yaml --param shop=new_shop || code=$?
echo "   exit code $code (0: proceed)"
[ "$code" -eq 0 ] || { echo "expected exit code 0" >&2; exit 1; }

say "Done. Next: $bin/assay kinds, docs/rule_sets.md, deploy/assayd.example.yaml"
