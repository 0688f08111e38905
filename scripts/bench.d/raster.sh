# From an orthophoto to standard copy, COG and thumbnail: the platform's present steps, chains of GDAL's programs and rio
# cogeo, and ours, side by side. Each step is a process of its own; the clock runs around it, and what it left is on disk
# before the next one starts. What they made is judged afterwards (raster_quality.py).
#   RASTER_WHAT=rgba,tiled,nodata,uint16   the pictures (raster_make.py)
#   RASTER_WHO=present,cubic,average,bilinear,gdalwarp,rio,ours,fused   those to measure
#   RASTER_SCALE=1     side of the pictures, in parts of 10,000 pixels; that of nodata is twice as long
#   RASTER_BLOCKS=12   how many blocks of 2048 pixels of a picture are judged
#   RASTER_HOME=DIR    where the pictures stay for the next time
# shellcheck shell=bash disable=SC2154,SC2034 # rounds, folder, release are set by scripts/bench; peers_… are for peers.sh

# Our one command for all three, with IN STANDARD COG THUMBNAIL as its arguments; empty while there is none.
raster_fused=${RASTER_FUSED:-}
raster_packages=(rasterio==1.4.4 rio-cogeo==7.0.4 numpy==2.4.6 pillow==13.0.0)
raster_python=
raster_home=

bench_raster() {
    local variant variants round who=() name
    raster_prepare || return 0
    IFS=, read -ra variants <<<"${RASTER_WHAT:-rgba,tiled,nodata,uint16}"
    mapfile -t who < <(raster_who)
    raster_versions
    for variant in "${variants[@]}"; do
        raster_picture "$variant"
        for round in $(seq "$rounds"); do
            progress "$variant, round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
            raster_step=()
            [[ " ${who[*]} " != *' chain:'* ]] || raster_chain_standard
            # Forward, then backward: nobody always comes after the same one.
            mapfile -t who < <(printf '%s\n' "${who[@]}" | if [ "$round" = 1 ]; then cat; else tac; fi)
            for name in "${who[@]}"; do raster_turn "$name"; done
        done
        raster_judge "$variant"
        raster_tables "$variant"
        rm -rf "$raster_home/wanted" "$raster_home/$variant".*.*
    done
}

# A folder of Python's for this part, so that the others need none of it.
raster_prepare() {
    local peers_home=$PWD/.data/bench-raster peers_packages=("${raster_packages[@]}") program
    for program in gdal_translate gdalwarp gdaladdo; do
        command -v "$program" >/dev/null || { say "Raster: $program is missing: apt-get install gdal-bin" && return 1; }
    done
    if ! peers_install >"$folder/raster.log" 2>&1; then
        say "Raster: rasterio could not be installed: $(tail -n 1 "$folder/raster.log")"
        return 1
    fi
    raster_python=$peers_home/bin/python
    raster_home=${RASTER_HOME:-$folder/raster}
    mkdir -p "$raster_home"
    export RASTER_RIO=$peers_home/bin/rio PYTHONDONTWRITEBYTECODE=1
}

raster_who() {
    local name names
    IFS=, read -ra names <<<"${RASTER_WHO:-present,cubic,average,bilinear,gdalwarp,rio,ours,fused}"
    for name in "${names[@]}"; do
        case $name in
        present | ours) printf '%s\n' "$name" ;;
        fused) [ -z "$raster_fused" ] || printf 'fused\n' ;;
        cubic | average | bilinear | gdalwarp | rio) printf 'chain:%s\n' "$name" ;;
        *) echo "RASTER_WHO=$name: there is no such" >&2 ;;
        esac
    done
}

raster_versions() {
    printf '%s; ' "$(gdalinfo --version)"
    "$raster_python" -c 'import rasterio as r; print(f"rasterio {r.__version__} with GDAL {r.__gdal_version__}", end="; ")'
    printf '%s\n' "${raster_packages[*]:1}"
}

# usage: raster_picture VARIANT
raster_picture() {
    local side=10000
    [ "$1" != nodata ] || side=20000
    side=$(awk -v side=$side -v scale="${RASTER_SCALE:-1}" 'BEGIN { print int(side * scale) }')
    raster_in=$raster_home/$1-$side.tif
    if [ ! -e "$raster_in" ]; then
        progress "making $1, $side x $side pixels"
        "$raster_python" scripts/bench.d/raster_make.py "$1" "$side" "$raster_in.part"
        mv "$raster_in.part" "$raster_in"
    fi
    [ "$1" != uint16 ] || RASTER_SCALES=$(raster_percentiles)
    export RASTER_SCALES=${RASTER_SCALES:-}
}

# Those of the present steps, so that all chains show the same picture; they are given them.
raster_percentiles() {
    PYTHONPATH=scripts/bench.d "$raster_python" -c 'import sys, rasterio, raster_present
limits = raster_present.stretch(rasterio.open(sys.argv[1]), [1, 2, 3])
print(*(limit for band in limits for limit in band))' "$raster_in"
}

# Remembers what a step took, as "name seconds CPU MiB".
# usage: raster_run STEP COMMAND…
raster_run() {
    local step=$1 log=$raster_home/log
    shift
    sync
    if ! "$raster_python" scripts/bench.d/raster_time.py "$raster_home/took" "$@" >"$log" 2>&1; then
        echo "$step failed: $*: $(tail -n 3 "$log")" >&2
        return 1
    fi
    raster_step+=("$step $(cat "$raster_home/took")")
}

# All chains have the same standard copy: it is made and measured once a round.
raster_chain_standard() {
    local out=$raster_home/$variant.chain.standard.tif
    rm -f "$out"
    raster_run geotiff scripts/bench.d/raster_chain.sh geotiff "$variant" "$raster_in" "$out"
    raster_of_chains=${raster_step[0]}
}

# usage: raster_turn present|ours|fused|chain:NAME
raster_turn() {
    local files=$raster_home/$variant.${1#*:} chain=scripts/bench.d/raster_chain.sh
    local standard=$files.standard.tif cog=$files.cog.tif small=$files.thumbnail.jpg
    rm -f "$standard" "$cog" "$small"
    raster_step=()
    case $1 in
    present) raster_present ;;
    ours) raster_ours ;;
    fused)
        # shellcheck disable=SC2086 # a command and its options
        raster_run all "$release/deadtrees" $raster_fused "$raster_in" "$standard" "$cog" "$small"
        ;;
    chain:*)
        ln -f "$raster_home/$variant.chain.standard.tif" "$standard"
        raster_step=("$raster_of_chains")
        raster_run cog "$chain" cog "${1#chain:}" "$standard" "$cog"
        raster_run thumbnail "$chain" thumbnail - "$cog" "$small"
        ;;
    esac
    raster_note "$1"
}

raster_ours() {
    raster_run geotiff "$release/deadtrees" raster standardise "$raster_in" "$standard"
    raster_run cog "$release/deadtrees" raster cog "$standard" "$cog"
    raster_run thumbnail "$release/deadtrees" raster thumbnail "$cog" "$small"
}

# One process does the three; it counts by itself, so that its imports are not counted.
raster_present() {
    local peak
    raster_run all "$raster_python" scripts/bench.d/raster_present.py "$raster_in" "$standard" "$cog" "$small"
    read -r _ _ _ peak <<<"${raster_step[0]}"
    mapfile -t raster_step < <(grep -E '^(geotiff|cog|thumbnail) ' "$raster_home/log" | sed "s/\$/ $peak/")
}

# usage: raster_note NAME
raster_note() {
    local step seconds cpu peak part=raster-$variant
    for step in "${raster_step[@]}"; do
        read -r step seconds cpu peak <<<"$step"
        [ "$step" = all ] || note "$part" "$1" "$step" "$seconds"
    done
    read -r seconds cpu peak < <(printf '%s\n' "${raster_step[@]}" |
        awk '{ s += $2; cpu += $3; if ($4 > peak) peak = $4 } END { print s, cpu, peak }')
    note "$part" "$1" s "$seconds"
    note "$part" "$1" cpu "$cpu"
    note "$part" "$1" peak "$peak"
    for step in standard cog; do
        note "$part" "$1" "$step-mb" "$(raster_megabytes "$raster_home/$variant.${1#*:}.$step.tif")"
    done
    progress "  $1: ${seconds} s (CPU ${cpu} s), ${peak} MiB; $(printf '%s; ' "${raster_step[@]}")"
}

raster_megabytes() { stat -c %s "$1" | awk '{ printf "%.1f", $1 / 1e6 }'; }
