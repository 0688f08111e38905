# How long a flight in a ZIP takes from the client's disk to storage, unpacked and checked: with `deadtrees upload`, and
# with a curl that sends the same chunks and times each, so that the last one's answer, after which all is there, is
# known alone. Beside it what unzip needs to unpack the same file on the same file system.
#   PHOTOS=300 PHOTO_KB=6700   how many photos of which size
#   SEEDS=folder               where photos are that they are made from; without it a flight is simulated
# shellcheck shell=bash disable=SC2154,SC2034 # rounds, folder, release are set by scripts/bench, upload is for upload_form

upload_photos=${PHOTOS:-300} upload_photo_kb=${PHOTO_KB:-6700}
upload_seeds=${SEEDS:-${DEADTREES_SHARED_DATA:-../shared/data}/brighton_beach/images}

bench_upload_zip() {
    local method
    # The ZIP, its chunks, what the server has received, the ZIP in storage and what was in it.
    upload_home=$(upload_room $((upload_photos * upload_photo_kb * 5 / 1000)))
    for method in stored deflated; do
        upload_zip_make
        upload_zip_rounds
        upload_zip_table "zip-$method" "A ZIP of $upload_photos photos of $upload_photo_kb kB, $method, $rounds rounds"
        rm -rf "$upload_home/flight.zip" "$upload_home/parts"
    done
    stop_upload
}

upload_zip_make() {
    local seeds=("$upload_seeds"/*.JPG)
    progress "making a ZIP of $upload_photos photos, $method"
    if [ ! -e "${seeds[0]}" ]; then
        [ -d "$folder/seeds" ] || "$release/deadtrees" simulate-flight "$folder/seeds" --images 18 >/dev/null
        mapfile -t seeds < <(find "$folder/seeds" -iname '*.jpg' | sort)
    fi
    python3 scripts/bench.d/upload_photos.py "$method" "$upload_photos" $((upload_photo_kb * 1000)) \
        "$upload_home/flight.zip" "${seeds[@]}"
    mkdir "$upload_home/parts"
    split -b "${upload_mib}M" -d -a 4 "$upload_home/flight.zip" "$upload_home/parts/"
}

upload_zip_rounds() {
    local round
    for round in $(seq "$rounds"); do
        progress "round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
        upload_empty
        upload_zip_measure 'unzip -q, nothing sent' unzip -q -d "$upload_home/files" "$upload_home/flight.zip"
        upload_empty
        server_start_ours "$release/deadtrees" "$upload_home/files"
        upload_zip_measure 'ours, deadtrees upload' env DEADTREES_TOKEN="$server_token" "$release/deadtrees" upload \
            --server "http://127.0.0.1:$server_port" --author Bench --json "$upload_home/flight.zip"
        upload_empty
        server_start_ours "$release/deadtrees" "$upload_home/files"
        upload_zip_measure 'ours, curl' upload_zip_curl
        # Code, connections, seconds: of the last request from its first byte to its answer.
        note "zip-$method" 'ours, curl' final "$(tail -n 1 "$upload_home/log" | cut -d' ' -f3)"
    done
    upload_empty
}

# Clocks a command after which all photos are in a folder.
# usage: upload_zip_measure SUBJECT COMMAND…
upload_zip_measure() {
    local subject=$1 micros cpu bytes there
    shift
    bytes=$(stat -c %s "$upload_home/flight.zip")
    cpu=$(upload_cpu)
    micros=${EPOCHREALTIME//[!0-9]/}
    "$@" >"$upload_home/log" 2>&1 || { echo "$subject: $(tail -n 3 "$upload_home/log")" >&2; return 1; }
    micros=$((${EPOCHREALTIME//[!0-9]/} - micros))
    upload_note "zip-$method" "$subject" "$micros" "$bytes" "$cpu"
    there=$(find "$upload_home/files" -name '*.JPG' | wc -l)
    [ "$there" = "$upload_photos" ] || { echo "$subject: $there of $upload_photos photos are there" >&2; return 1; }
}

# Sends the parts as the web client does, over one connection, and ends at the first that is refused.
upload_zip_curl() (
    local upload=flight chunk parts fields file arguments=(-sS --fail-early)
    parts=("$upload_home"/parts/*)
    for chunk in "${!parts[@]}"; do
        [ "$chunk" = 0 ] || arguments+=(--next)
        arguments+=(--fail-with-body -H Expect: -o "$upload_home/answer" -w '%{http_code} %{num_connects} %{time_total}\n')
        upload_form "${#parts[@]}" "${parts[chunk]}" flight.zip
        upload_post "${fields[@]}" "${file[@]}"
    done
    curl "${arguments[@]}" || { head -c 300 "$upload_home/answer"; exit 1; }
)

# usage: upload_zip_table TABLE TITLE
upload_zip_table() {
    local subject
    say "$2"
    printf '| | s | of that the last chunk, s | MB/s | CPU seconds a GB | peak memory, MiB |\n|---|---|---|---|---|---|\n'
    subjects "$1" | while read -r subject; do
        printf '| %s | %s | %s | %s | %s | %s |\n' "$subject" "$(spread "$1" "$subject" s %.2f)" \
            "$(spread "$1" "$subject" final %.2f)" "$(spread "$1" "$subject" MB/s)" \
            "$(spread "$1" "$subject" cpu %.2f)" "$(spread "$1" "$subject" memory)"
    done
}
