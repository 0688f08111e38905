# How long one row waits for an idle worker: from just before its INSERT, in another process, to the first line of the
# handler. The same program inserts for all, with the statement that each library documents for plain SQL.
# shellcheck shell=bash disable=SC2154 # rounds, release and folder are set by scripts/bench

bench_latency() {
    peers_prepare
    local round samples=$((300 / rounds))
    for round in $(seq "$rounds"); do
        progress "latency, round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
        "$release/queue-bench" notify "$samples" | notes 'NOTIFY to listener, nothing else'
        sql reset
        sql fill -v rows=1 >/dev/null
        pick_up ours deadtrees enqueue "$release/queue-bench" serve
        if has_peers; then
            DB=pgqueuer sql peers/pgqueuer_reset
            pick_up 'PgQueuer 1.6.0' pgqueuer peers/pgqueuer_enqueue peer pgqueuer serve
            DB=procrastinate sql peers/procrastinate_reset
            pick_up 'Procrastinate 3.10.0' procrastinate peers/procrastinate_enqueue peer procrastinate serve
        fi
    done
    say "Pick-up of one row by an idle worker, milliseconds, $rounds rounds"
    printf '| | p50 | p90 | p95 | p99 | max | rows |\n|---|---|---|---|---|---|---|\n'
    subjects latency | while read -r subject; do
        printf '| %s |%s\n' "$subject" "$(percentiles latency "$subject")"
    done
}

# usage: pick_up SUBJECT DATABASE STATEMENT WORKER…
pick_up() {
    local subject=$1 database=$2 statement=$3 marks
    shift 3
    marks=$(mktemp -u -p "$folder" marks.XXXXXX)
    start_worker "$@" "$marks"
    # Until it listens; a row that waits before makes the first of the samples long.
    sleep 3
    DATABASE_URL=$(address "$database") "$release/queue-bench" pick-up "sql/bench/$statement.sql" "$marks" "$samples" |
        notes "$subject"
    stop_worker
}

notes() { while read -r value; do note latency "$1" ms "$value"; done; }
