# What a claim and its completion cost the server, however many rows wait and however many have passed through. SQL only,
# as the worker calls it: the worker itself is in the parts throughput and latency.
#   THROUGH=200000   rows that pass before the second half of the table
# shellcheck shell=bash disable=SC2154 # results is set by scripts/bench

scale_through=${THROUGH:-200000}

bench_scale() {
    local waiting
    sql reset
    query 'SELECT pg_stat_reset()' >/dev/null
    sql workers
    for waiting in 100 10000 100000 1000000; do
        scale_fill "$waiting"
        scale_measure "$waiting waiting"
    done
    sql scale_hard
    scale_measure '1000000 waiting, 100000 not ready and 10000 behind a GPU slot'
    scale_pass "$scale_through"
    scale_measure "the same, after $scale_through rows have passed"
    sql scale_sizes >"$folder/sizes"
    # All at once, and no vacuum after it: a million dead entries in each index before the next claim.
    sql scale_empty
    sql scale_again -v rows=100
    scale_measure '100 waiting, after a million have left'
    scale_print
}

scale_fill() {
    progress "filling up to $1 waiting rows"
    # The first hundred thousand with all triggers on.
    sql scale_fill -v rows="$1" -v role="$([ "$1" -gt 100000 ] && echo replica || echo origin)"
}

scale_measure() {
    local figures
    figures=$(sql scale_cycles -v cycles=60)
    printf 'scale\t%s\t%s\n' "$1" "$figures" >>"$results"
    progress "  $1: ${figures//$'\t'/ }"
}

# Claimed and completed by a hundred, and asked for again by twenty thousand, in two sessions at a time.
scale_pass() {
    local left=$1 start=$SECONDS
    while [ "$left" -gt 0 ]; do
        pgbench -n -M prepared -c 2 -D batch=100 -t 100 -f sql/bench/cycle.pgbench "$DATABASE_URL" >/dev/null 2>&1
        sql scale_again -v rows=20000
        left=$((left - 20000))
        progress "  $left to pass, $((SECONDS - start)) s"
    done
}

scale_print() {
    say 'What a claim of 10 rows and its completion cost the server, and asking for 10, without commit'
    printf '| | claim, ms | buffers | complete, ms | buffers | insert, ms | buffers | slowest claim, ms |\n'
    printf '|---|---|---|---|---|---|---|---|\n'
    awk -F '\t' '$1 == "scale" { printf "| %s |", $2; for (i = 3; i <= NF; i++) printf " %s |", $i; print "" }' "$results"
    printf '\n| after %s rows | table, MiB | indexes, MiB | dead rows | updates without index, %% | autovacuums |\n' "$scale_through"
    printf '|---|---|---|---|---|---|\n'
    awk -F '|' '{ printf "| `%s` | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6 }' "$folder/sizes"
}
