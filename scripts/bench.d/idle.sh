# What workers cost that have nothing to do (idle), and how soon one of a hundred of them takes a row (crowd).
#   WORKERS=100   how many at a time; each has a connection of its own to LISTEN on, and max_connections has to do
# shellcheck shell=bash disable=SC2154 # release, folder and worker are of scripts/bench and common.sh

idle_workers=${WORKERS:-100}

bench_idle() {
    sql reset
    query 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements'
    idle_one
    idle_many
}

idle_one() {
    local idle busy memory
    progress 'one idle worker, for a minute'
    start_worker "$release/deadtrees" worker
    until_listening 1
    # Its first look at everything is over by then.
    sleep 5
    query 'SELECT pg_stat_statements_reset()' >/dev/null
    sleep 60
    say 'One idle worker, for 60 s'
    printf '| statement | calls in 60 s |\n|---|---|\n'
    sql idle_statements
    idle=$(sql connections)
    memory=$(memory_of "$worker")
    stop_worker
    progress 'one busy worker'
    sql fill -v rows=20000 >/dev/null
    WORKER_CONCURRENCY=100 start_worker "$release/queue-bench" serve "$folder/marks"
    busy=0
    for _ in $(seq 40); do
        sleep 0.1
        [ "$(sql connections)" -le "$busy" ] || busy=$(sql connections)
    done
    stop_worker
    printf '\nConnections: %s idle, %s at most while draining; idle worker: %s MiB resident, %s MiB of its own\n' \
        "$idle" "$busy" "${memory% *}" "${memory#* }"
}

idle_many() {
    local calls memory started=$SECONDS
    sql reset
    progress "$idle_workers idle workers, for a minute"
    start_crowd "$release/deadtrees" worker
    until_listening "$idle_workers"
    started=$((SECONDS - started))
    sleep 10
    query 'SELECT pg_stat_statements_reset()' >/dev/null
    sleep 60
    calls=$(sql idle_statements | awk -F '|' '{ n += $(NF - 1) } END { print n }')
    memory=$(memory_of "${crowd[0]}")
    say "$idle_workers idle workers on one host"
    printf 'All listen after %s s; %s connections; %s statements in 60 s, %s by each in 10 s; one: %s MiB resident, %s MiB of its own\n' \
        "$started" "$(sql connections)" "$calls" "$(per "$calls" $((idle_workers * 6)))" "${memory% *}" "${memory#* }"
    stop_crowd
}

bench_crowd() {
    local samples=50 marks=$folder/crowd-marks
    sql reset
    sql fill -v rows=1 >/dev/null
    progress "pick-up of one row, $idle_workers workers listening"
    start_crowd "$release/queue-bench" serve "$marks"
    until_listening "$idle_workers"
    # The row that waited is taken, and the crowd calm.
    sleep 10
    "$release/queue-bench" pick-up sql/bench/enqueue.sql "$marks" "$samples" |
        while read -r value; do note idle crowd ms "$value"; done
    stop_crowd
    say "Pick-up of one row with $idle_workers workers listening, milliseconds"
    printf '| | p50 | p90 | p95 | p99 | max | rows |\n|---|---|---|---|---|---|---|\n'
    printf '| %s workers |%s\n' "$idle_workers" "$(percentiles idle crowd)"
}

# The same worker many times, each under a name of its own.
start_crowd() {
    local number
    for number in $(seq "$idle_workers"); do
        WORKER_NAME=bench-$number WORK_DIR=$folder/work-$number "$@" >"$folder/worker-$number.log" 2>&1 &
        crowd+=($!)
    done
}
stop_crowd() {
    [ ${#crowd[@]} -gt 0 ] || return 0
    kill "${crowd[@]}" 2>/dev/null || true
    wait "${crowd[@]}" || true
    crowd=()
}

until_listening() {
    local end=$((SECONDS + 120))
    until [ "$(sql listeners)" -ge "$1" ]; do
        [ $SECONDS -lt $end ] || { echo "only $(sql listeners) of $1 workers listen after two minutes" >&2; return 1; }
        sleep 0.5
    done
}

# Resident memory of a process, and what of it is shared with no other.
memory_of() { awk '/^Rss/ { r = $2 } /^Private/ { p += $2 } END { printf "%.0f %.0f", r / 1024, p / 1024 }' "/proc/$1/smaps_rollup"; }
