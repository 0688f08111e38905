# The clients and servers that upload.sh and upload_zip.sh measure, what they cost, and the tables.
# shellcheck shell=bash disable=SC2154 # folder is set by scripts/bench, upload_… by upload.sh, server… by server.sh

# A new folder in memory, if that many MiB fit there, and a quarter as much for the programs.
# usage: upload_room MIB
upload_room() {
    local free
    free=$({ df -Pm /dev/shm || true; cat /proc/meminfo; } 2>/dev/null |
        awk 'NR == 2 { print $4 } /^MemAvailable/ { print int($2 / 1024) }' | sort -n | head -n 1)
    if [ -w /dev/shm ] && [ "$free" -gt $(($1 * 5 / 4 + 2048)) ]; then
        mktemp -d /dev/shm/deadtrees-bench-XXXXXX
    else
        progress "the files lie on disk: /dev/shm has no room for $1 MiB and the programs"
        mktemp -d "$folder/upload-XXXXXX"
    fi
}

# Nobody has left anything for the next server.
upload_empty() {
    server_forget
    rm -rf "$upload_home/files" "$upload_home/spool"
    mkdir "$upload_home/files" "$upload_home/spool"
}

stop_upload() {
    server_forget
    [ -n "$upload_home" ] || return 0
    rm -rf "$upload_home"
    upload_home=
}

# The form of one chunk for curl, in two halves: fields and file.
# shellcheck disable=SC2034 # they are for the caller
# usage: upload_form TOTAL FILE NAME
upload_form() {
    fields=(
        -F "chunk_index=$chunk" -F "chunks_total=$1" -F "upload_id=$upload"
        -F 'license=CC BY' -F platform=drone -F authors=Bench
    )
    file=(-F "file=@$2;filename=$3;type=application/octet-stream")
}
upload_post() {
    arguments+=(-H "Authorization: Bearer $server_token" "$@" "http://127.0.0.1:$server_port/datasets/chunk")
}

# Where Debian puts it is on root's PATH only.
upload_nginx() { PATH=$PATH:/usr/sbin command -v nginx || true; }

# usage: upload_become_nginx PORT
upload_become_nginx() {
    upload_nginx_configuration "$1" >"$upload_home/nginx.conf"
    exec "$(upload_nginx)" -e stderr -p "$upload_home" -c "$upload_home/nginx.conf"
}

# What it receives goes to the file system that it is stored in, so that storing is a rename.
# Buffers of 1 MiB in place of 16 KiB cost it a third less CPU.
upload_nginx_configuration() {
    # As root its workers would be somebody who may not write there.
    [ "$(id -u)" != 0 ] || echo 'user root;'
    cat <<CONFIG
daemon off;
pid $upload_home/nginx.pid;
worker_processes 2;
events {}
http {
    access_log off;
    client_max_body_size 0;
    client_body_buffer_size 1m;
    client_body_temp_path $upload_home/spool;
    $(printf "%s_temp_path $upload_home/spool/%s; " proxy proxy fastcgi fastcgi uwsgi uwsgi scgi scgi)
    server {
        listen 127.0.0.1:$1;
        location = /livez { return 200; }
        location / {
            root $upload_home/files;
            dav_methods PUT;
        }
    }
}
CONFIG
}

# The server, if there is one, and what it has started.
upload_processes() {
    [ -n "$server" ] || return 0
    printf '%s\n' "$server"
    server_processes descendants "$server"
}

# Ticks of CPU that the server and its children have used so far, those that have ended too.
upload_cpu() {
    local process
    for process in $(upload_processes); do sed 's/.*) //' "/proc/$process/stat" 2>/dev/null || true; done |
        awk '{ n += $12 + $13 + $14 + $15 } END { print n + 0 }'
}

# The most memory that each of its processes had, added up; MiB.
upload_memory() {
    local process
    for process in $(upload_processes); do grep '^VmHWM:' "/proc/$process/status" 2>/dev/null || true; done |
        awk '{ n += $2 } END { printf "%.0f", n / 1024 }'
}

# usage: upload_note TABLE SUBJECT MICROSECONDS BYTES TICKS-BEFORE
upload_note() {
    local ticks
    ticks=$(($(upload_cpu) - $5))
    note "$1" "$2" s "$(awk -v n="$3" 'BEGIN { printf "%.2f", n / 1e6 }')"
    note "$1" "$2" MB/s "$(awk -v bytes="$4" -v n="$3" 'BEGIN { printf "%.1f", bytes / n }')"
    if [ -n "$server" ]; then
        note "$1" "$2" cpu \
            "$(awk -v bytes="$4" -v n="$ticks" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.3f", n / hz / bytes * 1e9 }')"
        note "$1" "$2" memory "$(upload_memory)"
    fi
    progress "  $2: $(awk -v bytes="$4" -v n="$3" 'BEGIN { printf "%.2f s, %.0f MB/s", n / 1e6, bytes / n }')"
}

# usage: upload_table TABLE TITLE
upload_table() {
    local subject
    say "$2"
    printf '| | s | MB/s | CPU seconds a GB | peak memory, MiB |\n|---|---|---|---|---|\n'
    subjects "$1" | while read -r subject; do
        printf '| %s | %s | %s | %s | %s |\n' "$subject" "$(spread "$1" "$subject" s %.2f)" \
            "$(spread "$1" "$subject" MB/s)" "$(spread "$1" "$subject" cpu %.2f)" "$(spread "$1" "$subject" memory)"
    done
}
