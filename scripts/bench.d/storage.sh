# How long files take to and from an SFTP server: OpenSSH's own programs, paramiko, and ours. The clock runs around each
# whole process, login included; the server is on this host, and keeps its files in memory where there is room.
#   SIZE_MIB=1024          one large file
#   COUNT=300 FILE_MB=5    many files
#   FAR_MIB=256            one file over a line of 50 ms round trip
# shellcheck shell=bash disable=SC2154 # rounds is set by scripts/bench, storage_files and storage_home by storage_server.sh

bench_storage() {
    local storage_size=${SIZE_MIB:-1024} storage_count=${COUNT:-300} storage_each=${FILE_MB:-5} storage_far=${FAR_MIB:-256}
    # What is shipped is measured as shipped.
    unset STORAGE_SESSIONS STORAGE_VERIFY
    storage_start
    storage_one
    storage_many
    storage_over_far_line
    stop_storage
}

storage_one() {
    local round what=one
    head -c $((storage_size << 20)) /dev/urandom >"$storage_home/one"
    for round in $(seq "$rounds"); do
        progress "one file, round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
        storage_one_up
        storage_one_down
    done
    rm -f "$storage_home/one"
    storage_table one-put "One file of $storage_size MiB, up, $rounds rounds"
    storage_table one-get "One file of $storage_size MiB, down, $rounds rounds"
}

# The last one leaves its checksum, which the first download of ours compares with.
storage_one_up() {
    move one put 'OpenSSH sftp' with_sftp
    move one put 'OpenSSH sftp -c aes128-gcm@openssh.com' with_sftp -c aes128-gcm@openssh.com
    ! storage_has_paramiko || move one put 'paramiko 5.1.0' with_paramiko
    move one put 'ours, STORAGE_VERIFY=size STORAGE_SESSIONS=1' with_ours STORAGE_VERIFY=size STORAGE_SESSIONS=1
    move one put 'ours, STORAGE_VERIFY=size' with_ours STORAGE_VERIFY=size
    move one put 'ours, STORAGE_VERIFY=read-back' with_ours STORAGE_VERIFY=read-back
    move one put "ours, as shipped: compared by the server's SHA-256" with_ours
}

storage_one_down() {
    move one get 'OpenSSH sftp' with_sftp
    move one get 'OpenSSH sftp -c aes128-gcm@openssh.com' with_sftp -c aes128-gcm@openssh.com
    ! storage_has_paramiko || move one get 'paramiko 5.1.0' with_paramiko
    move one get 'ours, as shipped: compared with the recorded SHA-256' with_ours
    rm -rf "$storage_files/checksums"
    move one get 'ours, nothing compared, STORAGE_SESSIONS=1' with_ours STORAGE_VERIFY=size STORAGE_SESSIONS=1
    move one get 'ours, nothing compared' with_ours STORAGE_VERIFY=size
}

storage_many() {
    local round what=many number
    mkdir "$storage_home/many"
    for number in $(seq -w "$storage_count"); do
        head -c $((storage_each * 1000000)) /dev/urandom >"$storage_home/many/$number"
    done
    for round in $(seq "$rounds"); do
        progress "many files, round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
        storage_many_ways put
        storage_many_ways get
    done
    rm -rf "$storage_home/many"
    storage_table many-put "$storage_count files of $storage_each MB, up, $rounds rounds"
    storage_table many-get "$storage_count files of $storage_each MB, down, $rounds rounds"
}

# usage: storage_many_ways put|get
storage_many_ways() {
    move many "$1" 'scp -r' with_scp
    move many "$1" "OpenSSH sftp, $1 -r" with_sftp
    [ "$1" = get ] || move many put 'ours, STORAGE_VERIFY=size' with_ours STORAGE_VERIFY=size
    move many "$1" 'ours, as shipped' with_ours
}

storage_over_far_line() {
    local round what=one
    start_proxy 25
    head -c $((storage_far << 20)) /dev/urandom >"$storage_home/one"
    for round in $(seq "$rounds"); do
        progress "far line, round $round of $rounds, load $(cut -d' ' -f1 /proc/loadavg)"
        move far put 'OpenSSH sftp' with_sftp
        move far put 'ours, STORAGE_VERIFY=size' with_ours STORAGE_VERIFY=size
        move far put 'ours, as shipped' with_ours
        move far get 'OpenSSH sftp' with_sftp
        move far get 'ours, as shipped' with_ours
        rm -rf "$storage_files/checksums"
        move far get 'ours, nothing compared' with_ours STORAGE_VERIFY=size
    done
    stop_proxy
    storage_table far-put "One file of $storage_far MiB over a line of 50 ms round trip, up, $rounds rounds"
    storage_table far-get "One file of $storage_far MiB over a line of 50 ms round trip, down, $rounds rounds"
}

# Moves the file or folder $what to a server that has nothing, or back to where nothing is, and looks whether it is the
# same there. A command has put or get and the two paths as its last arguments.
# usage: move PART put|get SUBJECT COMMAND…
move() {
    local table=$1-$2 way=$2 subject=$3 start micros output=$storage_home/output arrived
    local paths=("$storage_home/$what" "$what")
    shift 3
    if [ "$way" = put ]; then
        arrived=$storage_files/$what
        rm -rf "$storage_files"
        mkdir "$storage_files"
    else
        arrived=$storage_home/back
        paths=("$what" "$arrived")
    fi
    : >"$storage_home/ssh/log"
    start=${EPOCHREALTIME//[!0-9]/}
    "$@" "$way" "${paths[@]}" >"$output" 2>&1 || { echo "$subject, $way: $(tail -n 1 "$output")" >&2; return 1; }
    micros=$((${EPOCHREALTIME//[!0-9]/} - start))
    diff -rq "$storage_home/$what" "$arrived" >&2
    storage_note "$table" "$subject" "$micros"
    rm -rf "$storage_home/back"
}

# usage: storage_note TABLE SUBJECT MICROSECONDS
storage_note() {
    local bytes memory
    bytes=$(find "$storage_home/$what" -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%.0f", n }')
    note "$1" "$2" s "$(awk -v n="$3" 'BEGIN { printf "%.3f", n / 1e6 }')"
    note "$1" "$2" MB/s "$(awk -v bytes="$bytes" -v n="$3" 'BEGIN { printf "%.1f", bytes / n }')"
    note "$1" "$2" cipher "$(storage_cipher)"
    memory=$(sed -nE 's/.* ([0-9]+) MiB$/\1/p' "$storage_home/output")
    [ -z "$memory" ] || note "$1" "$2" memory "$memory"
    progress "  $2, ${1#*-}: $(awk -v bytes="$bytes" -v n="$3" 'BEGIN { printf "%.2f s, %.0f MB/s", n / 1e6, bytes / n }')"
}

# What the last client and the server agreed on; ciphers that come with a MAC of their own stand alone.
storage_cipher() {
    local line='^.*kex: client->server cipher: ([^ @]+)\S* MAC: ([^ @]+).*'
    sed -nE "/$line/{s,,\1+\2,;s,\+<implicit>,,;p;q}" "$storage_home/ssh/log"
}

# usage: storage_table TABLE TITLE
storage_table() {
    local subject
    say "$2"
    printf '| | cipher | s | MB/s | peak memory, MiB |\n|---|---|---|---|---|\n'
    subjects "$1" | while read -r subject; do
        printf '| %s | %s | %s | %s | %s |\n' "$subject" "$(noted_first "$1" "$subject" cipher)" \
            "$(spread "$1" "$subject" s %.2f)" "$(spread "$1" "$subject" MB/s)" "$(spread "$1" "$subject" memory)"
    done
}
