# How much of the time the GPU slot is busy: datasets one after the other through a simulated ODM of two seconds, with
# real fetching, unpacking and raster stages around it. Counted twice: when a row holds the slot (the database), and
# when a container runs (the engine's events).
#   DATASETS=20   how many
#   PHOTOS=80 PHOTO_MIB=5 PIXELS=5000   size of a set and of its orthophoto: what a row costs outside of the slot
# shellcheck shell=bash disable=SC2154 # release, folder and worker are of scripts/bench and common.sh

bench_gpu() {
    [ -z "${DEADTREES_NO_DOCKER:-}" ] || { say "GPU slot: no Docker: $DEADTREES_NO_DOCKER"; return 0; }
    local datasets=${DATASETS:-20} photos=${PHOTOS:-80} size=${PHOTO_MIB:-5} pixels=${PIXELS:-5000}
    ODM_SIMULATOR=$release/odm-simulator scripts/odm-simulator deadtrees/odm-bench ODM_SIM_SECONDS=2 ODM_SIM_PIXELS="$pixels"
    gpu_set "$photos" "$size"
    say "How busy the GPU slot is: $datasets datasets of $photos photos of $size MiB, orthophotos of $pixels pixels, ODM 2 s"
    printf '| | rows that succeeded | slot held, %% of the span | container runs, %% of the span | span, s | a row outside the slot, s |\n'
    printf '|---|---|---|---|---|---|\n'
    gpu_round 'one row after the other (WORKER_CONCURRENCY=1)' "$datasets" 1
    gpu_round "as shipped (WORKER_CONCURRENCY=$(shipped_concurrency))" "$datasets" "$(shipped_concurrency)"
}

# A ZIP of photos that all differ: what follows a JPEG's end belongs to nobody.
gpu_set() {
    local photo target number=0
    mkdir -p "$folder/gpu"
    "$release/deadtrees" simulate-flight "$folder/gpu/flight" --images "$1" --width 480 >/dev/null
    mkdir "$folder/gpu/photos"
    for photo in "$folder"/gpu/flight/*.[jJ][pP][gG]; do
        number=$((number + 1))
        target=$folder/gpu/photos/$(basename "$photo")
        { cat "$photo"; head -c $(($2 << 20)) /dev/urandom; } >"$target"
    done
    (cd "$folder/gpu/photos" && zip -q -0 -r "$folder/gpu/set.zip" .)
}

# usage: gpu_round NAME DATASETS CONCURRENCY
gpu_round() {
    local name=$1 dataset events=$folder/gpu/events.$3 watcher runs span held percent outside busy
    sql reset
    mkdir -p "$folder/storage/raw_images"
    for _ in $(seq "$2"); do
        dataset=$(demo_sql add_dataset -v file_name=set.zip)
        demo_sql use_zip -v dataset="$dataset"
        # Each set has its own bytes on disk, as uploads do.
        cp --reflink=never "$folder/gpu/set.zip" "$folder/storage/raw_images/$dataset.zip"
        query "INSERT INTO v2_queue (dataset_id, user_id, task_types)
               SELECT id, user_id, '{odm_processing,geotiff,cog,thumbnail}' FROM v2_datasets WHERE id = $dataset"
    done
    sync
    docker events --filter type=container --filter event=start --filter event=die \
        --format '{{.TimeNano}} {{.Action}}' >"$events" &
    watcher=$!
    progress "$name: $2 datasets"
    ODM_IMAGE=deadtrees/odm-bench WORKER_CONCURRENCY=$3 start_worker "$release/deadtrees" worker
    gpu_until_empty
    stop_worker
    kill "$watcher"
    wait "$watcher" 2>/dev/null || true
    IFS='|' read -r runs span held percent outside < <(sql gpu_slot)
    # Beside others, rows also wait: only one after the other shows what they take.
    [ "$3" = 1 ] || outside=
    busy=$(awk '{ t = $1 / 1e9 } $2 == "start" { if (!n++) first = t; s = t } $2 == "die" { busy += t - s; last = t }
        END { printf "%.1f", n ? 100 * busy / (last - first) : 0 }' "$events")
    printf '| %s | %s of %s | %s (%s s) | %s | %s | %s |\n' "$name" \
        "$(query "SELECT count(*) FROM v2_requests WHERE outcome = 'succeeded'")" "$2" "$percent" "$held" "$busy" "$span" "$outside"
    rm -rf "$folder/storage"
    [ "$runs" = "$2" ] || progress "  $runs runs for $2 datasets"
}

gpu_until_empty() {
    local end=$((SECONDS + 1200))
    until [ "$(sql rows_left)" = 0 ]; do
        [ $SECONDS -lt $end ] || { echo 'rows are left after 20 minutes' >&2; return 1; }
        sleep 0.3
    done
}
