# How long it takes to read the tags of a flight's photos within their ZIP, and to unpack it with checksums compared, beside
# bsdtar, which compares them too. Each is one program from its start to its end; what they write is compared at the end.
#   PHOTOS=300 PHOTO_KB=6800   how many photos of which size
#   SEEDS=folder               where photos are that they are made from; without it a flight is simulated
#   OUT=folder                 where the ZIP and its files lie; without it in memory, if there is room
# shellcheck shell=bash disable=SC2154 # rounds, folder and release are set by scripts/bench, upload_home by upload.sh

bench_photos() {
    local photos=${PHOTOS:-300} each=${PHOTO_KB:-6800} home method seeds=()
    command -v bsdtar >/dev/null || { echo 'bsdtar is missing: apt-get install libarchive-tools' >&2; return 1; }
    photos_seeds
    # The ZIP, and twice what is in it. stop_upload, and so the end of all, removes it.
    if [ -n "${OUT:-}" ]; then
        upload_home=$(mktemp -d "$OUT/photos-XXXXXX")
    else
        upload_home=$(upload_room $((photos * each * 3 / 1000)))
    fi
    home=$upload_home
    for method in stored deflated; do
        progress "making a ZIP of $photos photos, $method"
        python3 scripts/bench.d/upload_photos.py "$method" "$photos" $((each * 1000)) "$home/flight.zip" "${seeds[@]}"
        photos_rounds
        photos_table "$method" "A ZIP of $photos photos of $each kB, $method, on $(stat -f -c %T "$home"), $rounds rounds"
    done
    stop_upload
}

photos_seeds() {
    seeds=("${SEEDS:-${DEADTREES_SHARED_DATA:-../shared/data}/brighton_beach/images}"/*.JPG)
    [ ! -e "${seeds[0]}" ] || return 0
    "$release/deadtrees" simulate-flight "$folder/seeds" --images 18 >/dev/null
    mapfile -t seeds < <(find "$folder/seeds" -iname '*.jpg' | sort)
}

photos_rounds() {
    local round
    for round in $(seq "$rounds"); do
        progress "round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
        photos_measure 'ours, scan --help: started, nothing read' "$release/deadtrees" scan --help
        photos_measure 'ours, scan' "$release/deadtrees" scan "$home/flight.zip"
        # Nobody always comes after the same one.
        if [ $((round % 2)) = 0 ]; then photos_unpack ours; photos_unpack theirs; else photos_unpack theirs; photos_unpack ours; fi
    done
    photos_compare
}

# Each begins with nothing there: the pages that the other has freed are quicker to have than new ones.
# usage: photos_unpack ours|theirs
photos_unpack() {
    rm -rf "$home/theirs" "$home/ours"
    mkdir "$home/theirs"
    case $1 in
    theirs) photos_measure 'bsdtar -x' bsdtar -x -f "$home/flight.zip" -C "$home/theirs" ;;
    ours) photos_measure 'ours, scan --unpack' "$release/deadtrees" scan "$home/flight.zip" --unpack "$home/ours" ;;
    esac
}

# What both make of the ZIP is the same.
photos_compare() {
    rm -rf "$home/theirs" "$home/ours"
    mkdir "$home/theirs"
    bsdtar -x -f "$home/flight.zip" -C "$home/theirs"
    "$release/deadtrees" scan "$home/flight.zip" --unpack "$home/ours" >/dev/null
    diff -rq "$home/theirs" "$home/ours/images"
    rm -rf "$home/theirs" "$home/ours"
}

# usage: photos_measure SUBJECT COMMAND…
photos_measure() {
    local subject=$1 seconds cpu memory
    shift
    python3 scripts/bench.d/photos_time.py "$home/cost" "$@" >"$home/log" 2>&1 ||
        { echo "$subject: $(tail -n 3 "$home/log")" >&2; return 1; }
    read -r seconds cpu memory <"$home/cost"
    note "photos-$method" "$subject" s "$seconds"
    note "photos-$method" "$subject" cpu "$cpu"
    note "photos-$method" "$subject" memory "$memory"
    progress "  $subject: $seconds s, $cpu CPU seconds"
}

# usage: photos_table METHOD TITLE
photos_table() {
    local subject
    say "$2"
    printf '| | s | CPU seconds | peak memory, MiB |\n|---|---|---|---|\n'
    subjects "photos-$1" | while read -r subject; do
        printf '| %s | %s | %s | %s |\n' "$subject" "$(spread "photos-$1" "$subject" s %.2f)" \
            "$(spread "photos-$1" "$subject" cpu %.2f)" "$(spread "photos-$1" "$subject" memory)"
    done
}
