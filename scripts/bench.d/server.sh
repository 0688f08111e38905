# HTTP servers on loopback ports of their own: `deadtrees serve` with a database and folders that nobody else has, and
# those it is measured beside. For upload.sh, upload_zip.sh and scripts/fuzz-api; one at a time.
# shellcheck shell=bash disable=SC2034 # server_port and server_token are for those who ask

server=
server_port=
server_token=
server_secret=
server_database=

# Starts a command, which gets a port as its last argument, and waits until its /livez answers 200. Somebody else may take
# the port before the server does, so it gets three tries.
# usage: server_start LOG COMMAND…
server_start() {
    local log=$1
    shift
    for _ in 1 2 3; do
        server_port=$(server_processes free_port)
        "$@" "$server_port" </dev/null >"$log" 2>&1 &
        server=$!
        ! server_lives || return 0
        server_stop
    done
    { echo "did not start: $*, the end of its log:"; tail -n 15 "$log"; } >&2
    return 1
}

# Half a minute for a debug build on a busy host.
server_lives() {
    local end=$((SECONDS + 30))
    until [ "$(curl -s -o /dev/null -m 5 -w '%{http_code}' "http://127.0.0.1:$server_port/livez")" = 200 ]; do
        kill -0 "$server" 2>/dev/null && [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
    # It was this one that answered, not one that already had the port.
    kill -0 "$server" 2>/dev/null
}

server_stop() {
    [ -n "$server" ] || return 0
    server_processes end 15 "$server" || true
    wait "$server" 2>/dev/null || true
    server=
}

# usage: server_processes FUNCTION… of processes.sh, whose own names differ from ours
server_processes() (
    # shellcheck source-path=SCRIPTDIR source=../services.d/processes.sh
    . scripts/services.d/processes.sh
    "$@"
)

# Starts ours with nothing in it, and lets somebody in: server_token is theirs for a day.
# usage: server_start_ours PROGRAM FOLDER
server_start_ours() {
    local user
    server_forget
    server_database=deadtrees_serve_$$
    server_query "${DATABASE_URL%/*}/postgres" "CREATE DATABASE $server_database"
    DATABASE_URL=${DATABASE_URL%/*}/$server_database "$1" migrate >/dev/null
    user=$(cat /proc/sys/kernel/random/uuid)
    server_query "${DATABASE_URL%/*}/$server_database" \
        "INSERT INTO auth.users (id, email) VALUES ('$user', 'bench@example.org')"
    server_secret=$(head -c 32 /dev/urandom | base64 -w 0)
    server_token=$(JWT_SECRET=$server_secret python3 scripts/bench.d/bearer_token.py "$user")
    mkdir -p "$2/storage" "$2/work"
    server_start "$2/serve.log" server_become_ours "$1" "$2"
}

# Run in the background, where exec makes it the program itself, whose process id and figures are wanted.
# usage: server_become_ours PROGRAM FOLDER PORT
server_become_ours() {
    export DATABASE_URL=${DATABASE_URL%/*}/$server_database JWT_SECRET=$server_secret HTTP_BIND=127.0.0.1:$3
    export STORAGE_URL=file://$2/storage WORK_DIR=$2/work LOG_LEVEL=${LOG_LEVEL:-warning}
    exec "$1" serve
}

# Ends the server, and removes what it had in the database server.
server_forget() {
    server_stop
    [ -n "$server_database" ] || return 0
    server_query "${DATABASE_URL%/*}/postgres" "DROP DATABASE IF EXISTS $server_database WITH (FORCE)" 2>/dev/null || true
    server_database=
}

# usage: server_query ADDRESS STATEMENT
server_query() { psql "$1" -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
