#!/usr/bin/env bash
# One step of a chain of command lines, for raster.sh: what somebody who knows GDAL well would type.
#
# usage: raster_chain.sh geotiff VARIANT IN OUT          lossless, tiled, RGBA, as fast as it goes
#        raster_chain.sh cog CHAIN STANDARD OUT          CHAIN: cubic, average, bilinear, gdalwarp or rio
#        raster_chain.sh thumbnail - COG OUT
#   RASTER_SCALES="p2 p98 p2 p98 p2 p98"   percentiles of the uint16 variant, known beforehand
#   RASTER_RIO=FILE                        the program rio
set -euo pipefail
step=$1 kind=$2 in=$3 out=$4

export GDAL_NUM_THREADS=ALL_CPUS GDAL_CACHEMAX=${RASTER_CACHE:-1024} GDAL_TIFF_INTERNAL_MASK=YES
jpeg=(-of COG -co COMPRESS=JPEG -co QUALITY=95 -co OVERVIEW_QUALITY=95 -co BIGTIFF=YES -co SPARSE_OK=YES)
web=("${jpeg[@]}" -co TILING_SCHEME=GoogleMapsCompatible)
zstd=(-co TILED=YES -co COMPRESS=ZSTD -co ZSTD_LEVEL=1 -co PREDICTOR=2 -co BIGTIFF=YES)
fast=("${zstd[@]}" -co BLOCKXSIZE=512 -co BLOCKYSIZE=512)
colours=(-b 1 -b 2 -b 3)
to_alpha=("${colours[@]}" -b mask -a_nodata none -co PHOTOMETRIC=RGB -co ALPHA=YES)

# What the mask of a nodata value says becomes alpha within gdal_translate; gdalwarp would be slower.
geotiff() {
    local low high scales=() number=0
    case $kind in
    tiled) cp "$in" "$out" ;;
    rgba) gdal_translate -q "${fast[@]}" "$in" "$out" ;;
    nodata) gdal_translate -q "${to_alpha[@]}" "${fast[@]}" "$in" "$out" ;;
    uint16)
        read -ra limits <<<"$RASTER_SCALES"
        for number in 1 2 3; do
            low=${limits[2 * number - 2]} high=${limits[2 * number - 1]}
            scales+=("-scale_$number" "$low" "$high" 0 255)
        done
        gdal_translate -q -ot Byte "${to_alpha[@]}" "${scales[@]}" "${fast[@]}" "$in" "$out"
        ;;
    esac
}

cog() {
    local masked=("${colours[@]}" -mask 4)
    case $kind in
    cubic) gdal_translate -q "${masked[@]}" "${web[@]}" "$in" "$out" ;;
    average) gdal_translate -q "${masked[@]}" "${web[@]}" -co OVERVIEW_RESAMPLING=AVERAGE "$in" "$out" ;;
    bilinear)
        gdal_translate -q "${masked[@]}" "${web[@]}" -co WARP_RESAMPLING=BILINEAR -co OVERVIEW_RESAMPLING=AVERAGE \
            "$in" "$out"
        ;;
    gdalwarp) warp_and_pack "${masked[@]}" ;;
    rio)
        "$RASTER_RIO" cogeo create -q -b 1,2,3 --add-mask -p jpeg --co JPEG_QUALITY=95 --web-optimized --resampling cubic \
            --overview-resampling average --blocksize 256 --threads ALL_CPUS --config JPEG_QUALITY_OVERVIEW=95 "$in" "$out"
        ;;
    esac
}

# The warp on its own, onto the tiles' own grid, so that the COG driver only has overviews to make. With gdalwarp's own
# tolerance of an eighth of a pixel it would be less exact than the COG driver, which warps smaller chunks.
warp_and_pack() {
    local grid
    read -ra grid < <(web_grid)
    gdalwarp -q -overwrite -t_srs EPSG:3857 -te "${grid[@]:1}" -tr "${grid[0]}" "${grid[0]}" -r cubic -et 0.02 \
        -multi -wo NUM_THREADS=ALL_CPUS -wm 512 "${zstd[@]}" "$in" "$out.warped.tif"
    gdal_translate -q "$@" "${jpeg[@]}" -co BLOCKSIZE=256 -co OVERVIEW_RESAMPLING=AVERAGE "$out.warped.tif" "$out"
    rm "$out.warped.tif"
}

# Resolution and extent in whole tiles, of the zoom that is nearest to the picture's own resolution.
web_grid() {
    local virtual=$out.grid.vrt
    gdalwarp -q -overwrite -of VRT -t_srs EPSG:3857 "$in" "$virtual"
    gdalinfo "$virtual" | awk -F '[(),=]' '
        function down(x) { return x == int(x) || x > 0 ? int(x) : int(x) - 1 }
        /^Pixel Size/ { size = $3 }
        /^Upper Left/ { west = $2; north = $3 }
        /^Lower Right/ { east = $2; south = $3 }
        END {
            half = 20037508.342789244
            zoom = int(log(2 * half / 256 / size) / log(2) + 0.5)
            cell = 2 * half / 256 / 2 ^ zoom; tile = 256 * cell
            printf "%.15g %.12f %.12f %.12f %.12f\n", cell, down((west + half) / tile) * tile - half,
                half - (down((half - south) / tile) + 1) * tile, (down((east + half) / tile) + 1) * tile - half,
                half - down((half - north) / tile) * tile
        }'
    rm "$virtual"
}

thumbnail() { gdal_translate -q -of JPEG -co QUALITY=85 -outsize 256 0 -r average "$in" "$out"; }

"$step"
