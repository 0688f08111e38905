# How fast chunks of uploads are received: what the platform does at present (FastAPI), nginx, which only stores what it
# gets, and ours. The clients (upload_client.py) send their chunks one after the other over one connection each; all
# start at once. The clock runs from there to the last answer. Clients and server are on this host, and the files in memory where
# there is room.
#   CLIENTS=10 CHUNKS=4 CHUNK_MIB=50   how many send how much; 50 MiB is what the web client sends
#   WHO=fastapi,nginx,ours             those to measure
# shellcheck shell=bash disable=SC2154 # rounds, folder, release are set by scripts/bench, server… by server.sh

upload_home=
upload_clients=${CLIENTS:-10} upload_chunks=${CHUNKS:-4} upload_mib=${CHUNK_MIB:-50}

bench_upload() {
    local round name who
    # The chunk itself, and all of what is sent; while it moves, a chunk for each client once more.
    upload_home=$(upload_room $(((upload_chunks + 1) * upload_clients * upload_mib + upload_mib)))
    mapfile -t who < <(upload_who)
    head -c $((upload_mib << 20)) /dev/urandom >"$upload_home/chunk"
    for round in $(seq "$rounds"); do
        progress "round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
        for name in "${who[@]}"; do "upload_to_$name"; done
    done
    upload_table upload "$upload_clients clients at a time, each $upload_chunks chunks of $upload_mib MiB, $rounds rounds"
    stop_upload
}

# Those of WHO that are to be had; ours is.
upload_who() {
    local name names
    IFS=, read -ra names <<<"${WHO:-fastapi,nginx,ours}"
    for name in "${names[@]}"; do
        case $name in
        fastapi)
            if ! peers_install >"$folder/peers.log" 2>&1; then
                echo "FastAPI is left out, because it could not be installed: $(tail -n 1 "$folder/peers.log")" >&2
                continue
            fi
            ;;
        nginx)
            if [ -z "$(upload_nginx)" ]; then
                echo 'nginx is left out, because it is not installed: apt-get install nginx-light' >&2
                continue
            fi
            ;;
        ours) ;;
        *) echo "WHO=$name: must be fastapi, nginx or ours" >&2 && continue ;;
        esac
        printf '%s\n' "$name"
    done
}

upload_to_fastapi() {
    upload_empty
    # Starlette keeps what it receives in a file of this folder, before the handler reads it.
    TMPDIR=$upload_home/spool server_start "$upload_home/log" \
        "$peers_home/bin/python" scripts/bench.d/upload_peer.py "$upload_home/files"
    upload_measure 'FastAPI, uvicorn with 1 worker' form
}

upload_to_nginx() {
    upload_empty
    server_start "$upload_home/log" upload_become_nginx
    upload_measure 'nginx, PUT, 2 workers' put
}

upload_to_ours() {
    upload_empty
    server_start_ours "$release/deadtrees" "$upload_home/files"
    upload_measure 'ours' form
    upload_empty
    server_start_ours "$release/deadtrees" "$upload_home/files"
    upload_measure 'ours, the file before the fields (web client)' file-first
}

# usage: upload_measure SUBJECT form|file-first|put
upload_measure() {
    local micros cpu bytes=$((upload_clients * upload_chunks * (upload_mib << 20)))
    cpu=$(upload_cpu)
    # What went wrong is in the answers.
    python3 scripts/bench.d/upload_client.py "$2" "$server_port" "bench-$round" "$upload_clients" "$upload_chunks" \
        "$upload_home/chunk" "${server_token:-}" >"$upload_home/answers" 2>&1 || true
    micros=$(awk '$1 == "micros" { print $2 }' "$upload_home/answers")
    upload_arrived "$1" "$bytes"
    upload_note upload "$1" "$micros" "$bytes" "$cpu"
    server_forget
}

# Each answer was good, and all bytes lie in the server's folder. (A client whose connection is closed ends with an error.)
# usage: upload_arrived SUBJECT BYTES
upload_arrived() {
    local stored
    if [ "$(grep -c '^2[0-9][0-9]$' "$upload_home/answers")" != $((upload_clients * upload_chunks)) ]; then
        echo "$1: not all answers were 2xx, or connections were closed: $(head -c 300 "$upload_home/answers")" >&2
        return 1
    fi
    stored=$(find "$upload_home/files" -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%.0f", n }')
    [ "$stored" -ge "$2" ] || { echo "$1: $stored bytes are stored, of $2" >&2; return 1; }
}
