# Tables of what was noted, in the form of docs/benchmarks.md.
# shellcheck shell=bash disable=SC2154 # results is set by scripts/bench

# Median (min-max) of the values noted under a part, a subject and a column; empty without any.
# usage: spread PART SUBJECT COLUMN [FORMAT]
spread() {
    awk -F '\t' -v part="$1" -v subject="$2" -v column="$3" '$1 == part && $2 == subject && $3 == column { print $4 }' \
        "$results" | sort -g | awk -v format="${4:-%.0f}" '
        { value[NR] = $1 }
        END {
            if (NR == 0) exit
            median = NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2
            printf format, median
            if (NR > 1) printf " (" format "-" format ")", value[1], value[NR]
        }'
}

# The first value noted under a part, a subject and a column, of what is the same each time and no number.
noted_first() {
    awk -F '\t' -v part="$1" -v subject="$2" -v column="$3" \
        '$1 == part && $2 == subject && $3 == column { print $4; exit }' "$results"
}

# The median, the 90th, 95th and 99th percentile and the largest of a subject's values, as cells of a table.
percentiles() {
    awk -F '\t' -v part="$1" -v subject="$2" '$1 == part && $2 == subject { print $4 }' "$results" | sort -g | awk '
        { value[NR] = $1 }
        function at(share) { place = int(NR * share) + 1; return value[place > NR ? NR : place] }
        END { printf " %.1f | %.1f | %.1f | %.1f | %.1f | %d |", at(0.5), at(0.9), at(0.95), at(0.99), value[NR], NR }'
}

# The subjects of a part, in the order of their first figure.
subjects() { awk -F '\t' -v part="$1" '$1 == part && !seen[$2]++ { print $2 }' "$results"; }
