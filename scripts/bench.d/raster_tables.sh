# What raster.sh makes of its figures: is it as good, how fast is it, and by how much.
# shellcheck shell=bash disable=SC2154 # raster_… are set by raster.sh, results by scripts/bench

# The present steps first: others are held against them.
# usage: raster_judge VARIANT
raster_judge() {
    local part=raster-$1 name files
    for name in $(raster_names raster-"$1"); do
        files=$raster_home/$variant.${name#*:}
        progress "judging $name"
        raster_look "$name" "$files.standard.tif" "$files.cog.tif"
        raster_likewise "$name" "$files"
        rm -f "$files".*
    done
}

# usage: raster_look NAME STANDARD COG
raster_look() {
    local column value
    while read -r column value; do note "$part" "$1" "$column" "$value"; done < <(
        "$raster_python" scripts/bench.d/raster_quality.py "$2" "$3" "$raster_home/wanted" "${RASTER_BLOCKS:-12}"
        echo "valid $(raster_valid "$3")"
    )
}

# Who stretches to eight bits by other percentiles has another picture, whose COG no PSNR compares with that of the
# present steps: it is compared with what the COG driver makes of the same picture.
# usage: raster_likewise NAME FILES
raster_likewise() {
    local present
    present=$(noted_first "$part" present picture)
    [ -n "$present" ] && [ "$(noted_first "$part" "$1" picture)" != "$present" ] || return 0
    scripts/bench.d/raster_chain.sh cog cubic "$2.standard.tif" "$2.driver.tif"
    raster_look "driver:$1" "$2.standard.tif" "$2.driver.tif"
}

# Two validators: rio-cogeo's, whose warnings count too, and GDAL's with all of the file read.
raster_valid() {
    local gdal=missing rio=no validate='/usr/bin/python3 -m osgeo_utils.samples.validate_cloud_optimized_geotiff'
    ! "$RASTER_RIO" cogeo validate --strict "$1" 2>/dev/null | grep -q 'is a valid' || rio=yes
    if /usr/bin/python3 -c 'import osgeo_utils.samples' 2>/dev/null; then
        gdal=no
        ! $validate -q --full-check=yes "$1" >/dev/null 2>&1 || gdal=yes
    else
        echo 'GDAL does not validate, because its Python is not installed: apt-get install python3-gdal' >&2
    fi
    echo "$rio,$gdal"
}

# Those that were measured, always in this order. usage: raster_names PART
raster_names() {
    local name
    for name in present chain:{cubic,average,bilinear,gdalwarp,rio} {driver:,}{ours,fused}; do
        ! subjects "$1" | grep -qx "$name" || echo "$name"
    done
}

# All chains have the same first step: gdal_translate, ZSTD of level 1.
raster_name() {
    case $1 in
    present) echo "the platform's present steps" ;;
    chain:cubic) echo 'COG driver, cubic, overviews too (its default)' ;;
    chain:average) echo 'COG driver, cubic, overviews by average' ;;
    chain:bilinear) echo 'COG driver, bilinear, overviews by average' ;;
    chain:gdalwarp) echo 'gdalwarp -multi, cubic; COG driver, overviews by average' ;;
    chain:rio) echo 'rio cogeo, cubic, overviews by average' ;;
    ours) echo 'ours, three commands' ;;
    fused) echo "ours, \`$raster_fused\`" ;;
    driver:*) echo "COG driver, from the standard copy of: $(raster_name "${1#driver:}")" ;;
    esac
}

# A row of medians and ranges. usage: raster_row NAME COLUMN=FORMAT…
raster_row() {
    local name=$1 column
    shift
    printf '| %s |' "$(raster_name "$name")"
    for column in "$@"; do printf ' %s |' "$(spread "$part" "$name" "${column%=*}" "${column#*=}")"; done
    echo
}

# usage: raster_tables VARIANT
raster_tables() {
    local part=raster-$1 name
    say "Raster: $(basename "$raster_in"), $(raster_megabytes "$raster_in") MB, $rounds rounds"
    printf '| | geotiff, s | cog, s | thumbnail, s | all, s | CPU, s | peak, MiB | standard, MB | COG, MB |\n|%s\n' \
        "$(printf -- '---|%.0s' {1..9})"
    raster_names "$part" | grep -v '^driver:' | while read -r name; do
        raster_row "$name" geotiff=%.2f cog=%.2f thumbnail=%.2f s=%.2f cpu=%.1f peak=%.0f standard-mb=%.1f cog-mb=%.1f
    done
    printf '\n| PSNR, dB | without edges | brightness | with edges | half: mean, cubic | quarter: mean, cubic |'
    printf ' mask, pixels beyond 1, within | valid: rio, GDAL | block, overviews |\n|%s\n' "$(printf -- '---|%.0s' {1..9})"
    raster_names "$part" | while read -r name; do raster_quality_row "$name"; done
    echo
    raster_verdict "$part"
}

raster_quality_row() {
    local name=$1 column
    printf '| %s |' "$(raster_name "$name")"
    for column in psnr luma psnr_edges mean_2,cubic_2 mean_4,cubic_4 mask_far,mask_near valid block,overviews; do
        printf ' %s' "$(noted_first "$part" "$name" "${column%,*}")"
        [[ $column != *,* ]] || printf ', %s' "$(noted_first "$part" "$name" "${column#*,}")"
        printf ' |'
    done
    echo
}

# The quickest chain that is as good as the present steps, and how often ours goes into both. As good is: PSNR of
# the picture and of its brightness at most 0.05 dB lower; overviews too, by one of the two ways to make them; the mask.
# usage: raster_verdict PART
raster_verdict() {
    local name best='' seconds quickest=
    local present ours
    present=$(raster_median present)
    while read -r name; do
        if [[ $name != chain:* ]] || ! raster_as_good "$name"; then continue; fi
        seconds=$(raster_median "$name")
        if [ -z "$best" ] || awk "BEGIN { exit !($seconds < $quickest) }"; then best=$name quickest=$seconds; fi
    done < <(raster_names "$1")
    [ -z "$best" ] || printf 'Best chain of equal quality: %s.\n' "$(raster_name "$best")"
    for name in ours fused; do
        ours=$(raster_median "$name")
        [ -n "$ours" ] && [ -n "$present" ] || continue
        printf '%s: %s times the present steps, %s times the best chain; as good: %s.\n' "$(raster_name "$name")" \
            "$(raster_ratio "$present" "$ours")" "$(raster_ratio "$quickest" "$ours")" \
            "$(if raster_as_good "$name"; then echo yes; else echo no; fi)"
    done
}
raster_median() { spread "$part" "$1" s %.3f | cut -d' ' -f1; }
raster_ratio() { awk -v a="${1:-0}" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }

# usage: raster_as_good NAME
raster_as_good() {
    awk -F '\t' -v part="$part" -v name="$1" '
        $1 == part && !(($2, $3) in v) { v[$2, $3] = $4 }
        function good(column) { return v[name, column] == "inf" || v[name, column] >= v[other, column] - 0.05 }
        END {
            other = ("driver:" name, "psnr") in v ? "driver:" name : "present"
            overviews = (good("mean_2") || good("cubic_2")) && (good("mean_4") || good("cubic_4"))
            # Without the present steps nobody is known to be as good.
            if (!((other, "psnr") in v)) exit 1
            exit !(good("psnr") && good("luma") && overviews && v[name, "mask_far"] == 0 && v[name, "valid"] !~ /no/)
        }' "$results"
}
