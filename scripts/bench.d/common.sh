# What all parts of scripts/bench share: processes, SQL, and notes of what was measured.
# shellcheck shell=bash disable=SC2154,SC2034 # folder, results and release are set by scripts/bench; crowd is for idle.sh

worker=
crowd=()
clean_up() {
    stop_worker
    stop_crowd
    stop_storage
    stop_upload
    rm -rf "$folder"
}

# One process under test at a time.
start_worker() { "$@" >"$folder/worker.log" 2>&1 & worker=$!; }
stop_worker() {
    [ -n "$worker" ] || return 0
    kill "$worker" 2>/dev/null || true
    # Some do not hear it.
    until_ended "$worker" || kill -9 "$worker" 2>/dev/null || true
    wait "$worker" || true
    worker=
}

until_ended() {
    local _
    for _ in $(seq 50); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.2
    done
    return 1
}

# A file of sql/bench, in our database or, with DB set, in another one of the same server.
sql() {
    local file=$1
    shift
    psql "$(address "${DB:-deadtrees}")" -XqAt -v ON_ERROR_STOP=1 "$@" -f "sql/bench/$file.sql"
}
query() { psql "$(address "${DB:-deadtrees}")" -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
address() { printf '%s/%s\n' "${DATABASE_URL%/*}" "$1"; }

# One line a figure: part, what was measured, unit or column, value.
note() { printf '%s\t%s\t%s\t%s\n' "$@" >>"$results"; }

say() { printf '\n== %s (load %s)\n\n' "$*" "$(cut -d' ' -f1 /proc/loadavg)"; }
progress() { printf '%s\n' "$*" >&2; }

facts() {
    printf 'Machine: %s, %s cores, %s GiB\n' "$(awk -F ': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)" "$(nproc)" \
        "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)"
    printf 'PostgreSQL %s, fsync %s, synchronous_commit %s, shared_buffers %s\n' "$(query 'SHOW server_version')" \
        "$(query 'SHOW fsync')" "$(query 'SHOW synchronous_commit')" "$(query 'SHOW shared_buffers')"
    printf '%s, load %s, %s\n' "$(date -u +%F)" "$(cut -d' ' -f1-3 /proc/loadavg)" "$(git describe --always --dirty)"
}
