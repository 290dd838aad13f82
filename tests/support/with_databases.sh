#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command with scratch PostgreSQL and MariaDB servers, and ends them.
#
#   tests/support/with_databases.sh [--only postgresql|mariadb] CMD [ARG...]
#
# The servers are the Debian packages' (postgresql, mariadb-server), live in a
# directory of their own, listen on Unix sockets only, and write without fsync.
# CMD sees:
#
#   ASSAY_TEST_POSTGRESQL, ASSAY_TEST_MARIADB
#       ODBC connection strings of the owner, who may do anything.
#   ASSAY_TEST_POSTGRESQL_READER, ASSAY_TEST_MARIADB_READER
#       The same of a role "assay_reader" with a password and only SELECT.
#   PGHOST PGPORT PGUSER PGDATABASE           for psql
#   ASSAY_TEST_MARIADB_SOCKET                 for mariadb -S … assay
#   ASSAY_TEST_DATABASES                      the directory of both
#
# The exit code is CMD's. As root, the servers run as postgres and mysql.
set -u

only=all
if [ "${1:-}" = --only ]; then
  only=${2:-}
  shift 2
fi
case $only in
  all | postgresql | mariadb) ;;
  *) echo "with_databases.sh: --only takes postgresql or mariadb" >&2; exit 2 ;;
esac
if [ $# -eq 0 ]; then
  sed -n '3,21s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi

# A socket's path may have 107 bytes: keep the directory's name short.
dir=$(mktemp -d "${ASSAY_TEST_TMP:-/tmp}/assay-db.XXXXXX") || exit 1
chmod 755 "$dir"
pg_pid=
maria_pid=
cmd_pid=

finish() {
  trap '' INT TERM HUP EXIT
  [ -n "$cmd_pid" ] && kill -TERM -- "-$cmd_pid" 2>/dev/null
  # SIGQUIT ends PostgreSQL at once; the data is thrown away anyway.
  [ -n "$pg_pid" ] && kill -QUIT "$pg_pid" 2>/dev/null
  [ -n "$maria_pid" ] && kill -KILL "$maria_pid" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
  echo "with_databases.sh: $1" >&2
  [ -n "${2:-}" ] && [ -f "$2" ] && tail -n 20 "$2" >&2
  exit 1
}

# as USER CMD…: runs CMD as USER where we are root, else as ourselves. exec, so
# that $! is the server's own pid.
as() {
  local user=$1
  shift
  if [ "$(id -u)" -eq 0 ]; then
    exec setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@"
  fi
  exec "$@"
}

owner_dir() {
  mkdir -p "$dir/$1"
  [ "$(id -u)" -eq 0 ] && chown "$2" "$dir/$1"
  return 0
}

# wait_until SECONDS PID CMD…: until CMD succeeds; fails where PID ends before.
wait_until() {
  local tries=$(($1 * 20)) pid=$2
  shift 2
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.05
  done
}

start_postgresql() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  [ -x "$bin/initdb" ] || fail "PostgreSQL is not installed: apt install postgresql"
  owner_dir pg postgres
  (cd "$dir" && as postgres "$bin/initdb" -D "$dir/pg/data" -U assay -E UTF8 \
    --locale=C.UTF-8 --auth-local=trust --no-sync --no-instructions) \
    >"$dir/initdb.log" 2>&1 || fail "initdb failed" "$dir/initdb.log"
  # The owner comes in by trust, everybody else by password, as in production.
  printf 'local all assay trust\nlocal all all scram-sha-256\n' \
    >"$dir/pg/data/pg_hba.conf"
  (cd "$dir" && as postgres "$bin/postgres" -D "$dir/pg/data" -k "$dir/pg" \
    -c listen_addresses= -c fsync=off -c full_page_writes=off \
    -c synchronous_commit=off -c shared_buffers=128MB -c max_connections=60 \
    -c work_mem=32MB -c max_wal_size=2GB -c timezone=UTC \
    -c unix_socket_permissions=0777 -c max_prepared_transactions=4) \
    >"$dir/postgresql.log" 2>&1 &
  pg_pid=$!
}

finish_postgresql() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  export PGHOST=$dir/pg PGPORT=5432 PGUSER=assay PGDATABASE=assay
  wait_until 30 "$pg_pid" "$bin/pg_isready" -q -d postgres ||
    fail "PostgreSQL did not start" "$dir/postgresql.log"
  "$bin/psql" -qX -v ON_ERROR_STOP=1 -d postgres >"$dir/pg.sql.log" 2>&1 \
    -c "CREATE DATABASE assay" \
    -c "CREATE ROLE assay_reader LOGIN PASSWORD 'read;only}' IN ROLE pg_read_all_data" ||
    fail "PostgreSQL's roles" "$dir/pg.sql.log"
  # PostgreSQL Unicode takes a socket's directory as Servername.
  local base="Driver={PostgreSQL Unicode};Servername=$PGHOST;Port=5432;Database=assay"
  export ASSAY_TEST_POSTGRESQL="$base;Uid=assay"
  export ASSAY_TEST_POSTGRESQL_READER="$base;Uid=assay_reader;Pwd={read;only}}}"
}

start_mariadb() {
  local mariadbd
  mariadbd=$(PATH=$PATH:/usr/sbin command -v mariadbd) ||
    fail "MariaDB is not installed: apt install mariadb-server"
  owner_dir maria mysql
  local options=(--no-defaults --datadir="$dir/maria/data"
    --innodb-buffer-pool-size=128M --innodb-log-file-size=64M
    --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0
    --skip-innodb-adaptive-hash-index --table-open-cache=400
    --aria-pagecache-buffer-size=8M --key-buffer-size=1M
    --performance-schema=OFF --skip-log-bin --max-allowed-packet=128M)
  (
    cd "$dir" && as mysql mariadb-install-db --no-defaults \
      --datadir="$dir/maria/data" --auth-root-authentication-method=normal \
      --skip-test-db "${options[@]:2}"
  ) >"$dir/install.log" 2>&1 || fail "mariadb-install-db failed" "$dir/install.log"
  # The owner is whoever may reach the socket: root without a password.
  (cd "$dir" && as mysql "$mariadbd" "${options[@]}" \
    --socket="$dir/maria/s" --pid-file="$dir/maria/pid" --skip-networking \
    --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci \
    --max-connections=60 --default-time-zone=+00:00) \
    >"$dir/mariadb.log" 2>&1 &
  maria_pid=$!
}

finish_mariadb() {
  export ASSAY_TEST_MARIADB_SOCKET=$dir/maria/s
  wait_until 30 "$maria_pid" \
    mariadb --no-defaults -u root -S "$ASSAY_TEST_MARIADB_SOCKET" -e 'SELECT 1' ||
    fail "MariaDB did not start" "$dir/mariadb.log"
  mariadb --no-defaults -u root -S "$ASSAY_TEST_MARIADB_SOCKET" \
    >"$dir/maria.sql.log" 2>&1 -e "
    CREATE DATABASE assay;
    CREATE USER assay_reader@localhost IDENTIFIED BY 'read;only}';
    GRANT SELECT ON assay.* TO assay_reader@localhost" ||
    fail "MariaDB's roles" "$dir/maria.sql.log"
  local base="Driver={MariaDB Unicode};Socket=$ASSAY_TEST_MARIADB_SOCKET;Database=assay;Charset=utf8mb4"
  export ASSAY_TEST_MARIADB="$base;Uid=root"
  export ASSAY_TEST_MARIADB_READER="$base;Uid=assay_reader;Pwd={read;only}}}"
}

# Both start beside each other; start_… runs here, so that the pids are ours.
[ $only != mariadb ] && start_postgresql
[ $only != postgresql ] && start_mariadb
[ $only != mariadb ] && finish_postgresql
[ $only != postgresql ] && finish_mariadb
export ASSAY_TEST_DATABASES=$dir

# In the background and waited for: bash runs a trap only between commands. With
# job control: else it would ignore SIGINT, and so would all that it starts.
set -m
"$@" <&0 &
cmd_pid=$!
set +m
wait "$cmd_pid"
code=$?
cmd_pid=
exit $code
