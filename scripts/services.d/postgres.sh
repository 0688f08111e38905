# PostgreSQL with PostGIS: a cluster of its own on a loopback port, run by an unprivileged user.
# shellcheck shell=bash disable=SC2154 # home and scripts are set by scripts/services

pg_home=$home/postgres
pg_data=$pg_home/data
pg_log=$pg_home/log
pg_socket=$pg_home/run

# PostgreSQL refuses to run as root.
pg_user() {
    if [ "$(id -u)" != 0 ]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

as_pg_user() {
    if [ "$(id -u)" != 0 ]; then
        (exec_alone "$@")
    else
        # Not from the caller's folder, which that user may not enter.
        (cd / && exec_alone setpriv --reuid="$(pg_user)" --regid="$(id -g "$(pg_user)")" --init-groups env HOME="$pg_home" "$@")
    fi
}

pg_programs() {
    local folder
    folder=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 2>/dev/null | sort -V | tail -n 1)
    [ -x "$folder/bin/initdb" ] || fail 'PostgreSQL is not installed: run scripts/setup'
    printf '%s/bin\n' "$folder"
}

pg_port() { cat "$pg_home/port" 2>/dev/null; }
# Through the socket in our own folder: the port might be a stranger's by now.
pg_query() {
    PGCONNECT_TIMEOUT=5 psql -XAtq -v ON_ERROR_STOP=1 -h "$pg_socket" -p "$(pg_port)" -U postgres "$@"
}
postgres_pid() { process_in "$pg_data/postmaster.pid" postgres "$pg_data"; }
postgres_runs() { [ -n "$(pg_port)" ] && pg_query -d deadtrees -c 'SELECT 1' >/dev/null 2>&1; }
postgres_address() { printf 'postgres://postgres@127.0.0.1:%s/deadtrees\n' "$(pg_port)"; }

pg_create_cluster() {
    [ ! -s "$pg_data/PG_VERSION" ] || return 0
    rm -rf "$pg_data"
    mkdir -p "$pg_data" "$pg_socket"
    : >"$pg_log"
    [ "$(id -u)" != 0 ] || chown -R "$(pg_user)" "$pg_home"
    as_pg_user "$pg_bin/initdb" --pgdata="$pg_data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
        --no-sync >>"$pg_log" 2>&1 || fail_with_log "$pg_log" 'initdb failed' || exit 1
    cat >>"$pg_data/postgresql.conf" <<CONFIG
listen_addresses = '127.0.0.1'
unix_socket_directories = '$pg_socket'
max_connections = 200
timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_checkpoints = off
CONFIG
}

pg_launch() {
    # Left by a machine that went down: pg_ctl would take any process with that number for its server.
    postgres_pid >/dev/null || rm -f "$pg_data/postmaster.pid"
    # The port it had, where that is free still: clients that were there before find it again.
    [ -n "$(pg_port)" ] && ! answers "$(pg_port)" || free_port >"$pg_home/port"
    as_pg_user "$pg_bin/pg_ctl" start --pgdata="$pg_data" --log="$pg_log" --wait --timeout=60 \
        --options="-p $(pg_port) ${POSTGRES_OPTIONS:-}" </dev/null >/dev/null 2>&1
}

postgres_start() {
    ! postgres_runs || return 0
    local pg_bin
    pg_bin=$(pg_programs)
    compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null || fail 'PostGIS is not installed: run scripts/setup'
    pg_create_cluster
    postgres_stop
    # The second and third try are for a port that somebody else took meanwhile.
    pg_launch || pg_launch || pg_launch || fail_with_log "$pg_log" 'PostgreSQL did not start' || exit 1
    pg_query -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'deadtrees'" | grep -q 1 ||
        pg_query -d postgres -c 'CREATE DATABASE deadtrees'
}

postgres_stop() {
    local pid
    pid=$(postgres_pid) || return 0
    # INT is PostgreSQL's fast shutdown: clients are disconnected, the data is whole.
    as_root_if_needed kill -INT "$pid" || true
    until_true 20 all_gone "$pid" || end 5 "$pid"
}
