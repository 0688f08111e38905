# Rows per second: a backlog is there, one worker process starts, and the clock stops when the database has no row
# left that is not finished.
# shellcheck shell=bash disable=SC2154 # rounds, rows and folder are set by scripts/bench

bench_throughput() {
    peers_prepare
    local round
    for round in $(seq "$rounds"); do
        progress "throughput, round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
        drain 'ours, WORKER_CONCURRENCY as shipped' "$rows" ours "$(shipped_concurrency)"
        drain 'ours, WORKER_CONCURRENCY=100' "$rows" ours 100
        drain 'ours, WORKER_CONCURRENCY=256' "$rows" ours 256
        if has_peers; then
            drain 'PgQueuer 1.6.0, batches of 10 (its default)' "$rows" pgqueuer 10
            drain 'PgQueuer 1.6.0, batches of 100' "$rows" pgqueuer 100
            drain 'Procrastinate 3.10.0, concurrency 50' $((rows / 5)) procrastinate 50
        fi
        drain 'pgbench, claim and complete, 1 client' $((rows / 5)) bare 1
        drain 'pgbench, claim and complete, 4 clients' "$rows" bare 4
        drain 'pgbench, claim and complete, 16 clients' "$rows" bare 16
    done
    say "Rows per second, drained to the database's end"
    printf '| | rows | rows/s | commits a row | WAL bytes a row |\n|---|---|---|---|---|\n'
    subjects throughput | while read -r subject; do
        printf '| %s | %s | %s | %s | %s |\n' "$subject" "$(spread throughput "$subject" rows | cut -d' ' -f1)" \
            "$(spread throughput "$subject" rows/s)" "$(spread throughput "$subject" commits %.2f)" \
            "$(spread throughput "$subject" wal)"
    done
}

# usage: drain SUBJECT ROWS HOW SIZE
drain() {
    local subject=$1 count=$2 how=$3 size=$4 seconds DB commits wal
    DB=$how && [ "$how" != ours ] || DB=deadtrees
    # Of our own there is one database; of each peer, one with its name.
    local prefix=peers/${how}_
    [ "$how" != ours ] || prefix=
    sql "${prefix}reset"
    sql "${prefix}fill" -v rows="$count" >/dev/null
    wal=$(query 'SELECT pg_current_wal_lsn()')
    commits=$(commits_of "$DB")
    seconds=$("drain_$how" "$size" "$count")
    note throughput "$subject" rows "$count"
    note throughput "$subject" rows/s "$(awk -v n="$count" -v s="$seconds" 'BEGIN { print n / s }')"
    note throughput "$subject" wal "$(query "SELECT (pg_current_wal_lsn() - '$wal') / $count")"
    # A session counts its commits when it ends, or a second later.
    sleep 1.2
    note throughput "$subject" commits "$(awk -v a="$commits" -v b="$(commits_of "$DB")" -v n="$count" 'BEGIN { print (b - a) / n }')"
    progress "  $subject: $(tail -n 3 "$results" | awk -F '\t' '$3 == "rows/s" { printf "%.0f", $4 }') rows/s"
}

drain_ours() { "$release/queue-bench" drain "$2" "$1" | awk '{ print $2 }'; }
drain_pgqueuer() { (peer pgqueuer drain "$2" "$1") | awk '{ print $2 }'; }
drain_procrastinate() { (peer procrastinate drain "$2" "$1") 2>/dev/null | awk '{ print $2 }'; }
# One row a transaction of pgbench; its clock starts when its clients are connected.
drain_bare() {
    pgbench -n -M prepared -c "$1" -j 1 -t $(($2 / $1)) -f sql/bench/peers/bare_loop.pgbench "$(address bare)" 2>/dev/null |
        awk -v rows="$2" '/^tps/ { print rows / $3 }'
}

commits_of() { DB=postgres query "SELECT xact_commit FROM pg_stat_database WHERE datname = '$1'"; }
# What WORKER_CONCURRENCY is when nobody sets it.
shipped_concurrency() { local half=$(($(nproc) / 2)); echo $((half > 2 ? half : 2)); }
