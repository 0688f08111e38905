# Memory of the worker process while it handles a large ZIP.
# shellcheck shell=bash disable=SC2154 # release, folder and worker are of scripts/bench and common.sh

bench_memory() {
    [ -z "${DEADTREES_NO_DOCKER:-}" ] || { say "Peak memory: no Docker: $DEADTREES_NO_DOCKER"; return 0; }
    local copy photo photos target dataset peak=0 now code
    sql reset
    say 'Peak memory of the worker process while it handles a 2 GiB ZIP of 400 photos'
    scripts/pack-image "$release/orthopreview" deadtrees/orthopreview
    "$release/deadtrees" simulate-flight "$folder/flight" --images 40 --width 480 >/dev/null
    mkdir "$folder/photos"
    mapfile -t photos < <(find "$folder/flight" -iname '*.jpg' | sort)
    for copy in $(seq 10); do
        for photo in "${photos[@]}"; do
            target=$folder/photos/${copy}_$(basename "$photo")
            # What follows a JPEG's end belongs to nobody: it makes each file 5 MiB, and unlike the others.
            { cat "$photo"; head -c 5242880 /dev/urandom; } | head -c 5368709 > "$target"
        done
    done
    (cd "$folder/photos" && zip -q -0 -r "$folder/flight.zip" .)
    dataset=$(demo_sql add_dataset -v file_name=flight.zip)
    demo_sql use_zip -v dataset="$dataset"
    mkdir -p "$folder/storage/raw_images"
    mv "$folder/flight.zip" "$folder/storage/raw_images/$dataset.zip"
    demo_sql enqueue -v dataset="$dataset" >/dev/null
    start_worker "$release/deadtrees" worker --once
    while kill -0 "$worker" 2>/dev/null; do
        now=$(awk '/VmHWM/ { print $2 }' "/proc/$worker/status" 2>/dev/null || true)
        [ "${now:-0}" -le "$peak" ] || peak=$now
        sleep 0.1
    done
    wait "$worker" && code=0 || code=$?
    worker=
    printf 'ZIP of %s, worker ended with %s, its peak: %d MiB\n' \
        "$(du -h "$folder/storage/raw_images/$dataset.zip" | cut -f1)" "$code" $((peak / 1024))
    psql "$DATABASE_URL" -Xq -P border=0 -P footer=off -v dataset="$dataset" -f sql/demo/stages.sql
}

demo_sql() {
    local file=$1
    shift
    psql "$DATABASE_URL" -XqAt -v ON_ERROR_STOP=1 "$@" -f "sql/demo/$file.sql"
}
