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
    printf '| | rows | rows/s | commits a row | WAL bytes a row | worker, µs of CPU a row | server, µs of CPU a row |\n'
    printf '|---|---|---|---|---|---|---|\n'
    subjects throughput | while read -r subject; do
        printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$subject" "$(spread throughput "$subject" rows | cut -d' ' -f1)" \
            "$(spread throughput "$subject" rows/s)" "$(spread throughput "$subject" commits %.2f)" \
            "$(spread throughput "$subject" wal)" "$(spread throughput "$subject" worker)" \
            "$(spread throughput "$subject" server)"
    done
}

# usage: drain SUBJECT ROWS HOW SIZE
drain() {
    local subject=$1 count=$2 how=$3 size=$4 seconds DB commits wal server own prefix=
    # Of our own there is one database; of each peer, one with its name.
    DB=deadtrees
    [ "$how" = ours ] || { DB=$how && prefix=peers/${how}_; }
    sql "${prefix}reset"
    sql "${prefix}fill" -v rows="$count" >/dev/null
    wal=$(query 'SELECT pg_current_wal_lsn()')
    commits=$(commits_of "$DB")
    server=$(server_ticks)
    own=$(own_ticks)
    seconds=$("drain_$how" "$size" "$count")
    own=$(($(own_ticks) - own))
    note throughput "$subject" rows "$count"
    note throughput "$subject" rows/s "$(per "$count" "$seconds")"
    progress "  $subject: $(per "$count" "$seconds") rows/s"
    note throughput "$subject" worker "$(per "$((own * 10000))" "$count")"
    note throughput "$subject" server "$(per "$((($(server_ticks) - server) * 10000))" "$count")"
    note throughput "$subject" wal "$(query "SELECT (pg_current_wal_lsn() - '$wal') / $count")"
    # A session counts its commits when it ends, or a second later.
    sleep 1.2
    note throughput "$subject" commits "$(per "$(($(commits_of "$DB") - commits))" "$count")"
}

drain_ours() { "$release/queue-bench" drain "$2" "$1" | awk '{ print $2 }'; }
drain_pgqueuer() { (peer pgqueuer drain "$2" "$1") | awk '{ print $2 }'; }
drain_procrastinate() { (peer procrastinate drain "$2" "$1") 2>/dev/null | awk '{ print $2 }'; }
# One row a transaction of pgbench; its clock starts when its clients are connected.
drain_bare() {
    pgbench -n -M prepared -c "$1" -j 1 -t $(($2 / $1)) -f sql/bench/peers/bare_loop.pgbench "$(address bare)" 2>/dev/null |
        awk -v rows="$2" '/^tps/ { print rows / $3 }'
}

per() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
commits_of() { DB=postgres query "SELECT xact_commit FROM pg_stat_database WHERE datname = '$1'"; }
# Hundredths of a second of CPU, ended children included: of the server, and of what this script has run.
server_ticks() {
    local server children
    server=$(DB=postgres query "SELECT pg_read_file('postmaster.pid', 0, 20)" | head -n 1)
    mapfile -t children < <(pgrep -P "$server" | sed 's,.*,/proc/&/stat,')
    # One of them may have ended since.
    { cat "/proc/$server/stat" "${children[@]}" 2>/dev/null || true; } |
        awk '{ sub(/^.*\) /, ""); n += $12 + $13; if (NR == 1) n += $14 + $15 } END { print n }'
}
own_ticks() { awk '{ sub(/^.*\) /, ""); print $14 + $15 }' "/proc/$$/stat"; }
# What WORKER_CONCURRENCY is when nobody sets it.
shipped_concurrency() { local half=$(($(nproc) / 2)); echo $((half > 2 ? half : 2)); }
