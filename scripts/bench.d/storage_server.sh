# The SFTP server that storage.sh measures, the line to it, and those who use it.
# shellcheck shell=bash disable=SC2154 # folder, release, peers_home, what and sizes are set by the other parts

storage_home=
storage_files=
storage_port=
storage_proxy=

storage_start() {
    storage_home=$(storage_room)
    storage_files=$storage_home/ssh/files
    storage_service storage_launch
    storage_port=$(storage_service sshd_port)
    storage_ssh=(
        -F /dev/null -i "$storage_home/ssh/id_ed25519" -o BatchMode=yes -o IdentitiesOnly=yes
        -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$storage_home/ssh/known_hosts" -o GlobalKnownHostsFile=/dev/null
    )
    peers_install >"$folder/peers.log" 2>&1 || printf 'paramiko is left out, because it could not be installed: %s\n' \
        "$(tail -n 1 "$folder/peers.log")"
    printf '%s, libssh2 %s, client and server on this host, files in %s\n' \
        "$(ssh -V 2>&1)" "$(pkg-config --modversion libssh2)" "$(dirname "$storage_home")"
}

# A new folder in memory, if three times the largest of what is moved fits there, and as much again for the rest.
storage_room() {
    local many=$((storage_count * storage_each)) largest=$storage_size free
    [ "$many" -le "$largest" ] || largest=$many
    [ "$storage_far" -le "$largest" ] || largest=$storage_far
    free=$({ df -Pm /dev/shm || true; cat /proc/meminfo; } 2>/dev/null |
        awk 'NR == 2 { print $4 } /^MemAvailable/ { print int($2 / 1024) }' | sort -n | head -n 1)
    if [ -w /dev/shm ] && [ "$free" -gt $((largest * 4 + 1024)) ]; then
        mktemp -d /dev/shm/deadtrees-bench-XXXXXX
    else
        mktemp -d "$folder/storage-XXXXXX"
    fi
}

# The server of the tests, with a folder and a port of its own.
# usage: storage_service COMMAND…
storage_service() (
    # shellcheck disable=SC2034 # sshd.sh uses it
    home=$storage_home
    # shellcheck source-path=SCRIPTDIR source=../services.d/processes.sh
    . scripts/services.d/processes.sh
    # shellcheck source-path=SCRIPTDIR source=../services.d/sshd.sh
    . scripts/services.d/sshd.sh
    "$@"
)

# Unlike the tests' it runs commands, for ours asks for checksums, and writes down the ciphers. What this user's shell
# does at its start, pyenv for one, is not to be measured: with another HOME it finds nothing to do.
storage_launch() {
    local port ssh=$storage_home/ssh
    ssh_create_keys
    [ "$(id -u)" != 0 ] || install -d -m 755 /run/sshd
    for _ in 1 2 3; do
        port=$(free_port)
        printf '%s\n' "$port" >"$ssh/port"
        ssh_configure "$port"
        sed -i -e '/^ForceCommand/d' -e 's/^LogLevel .*/LogLevel DEBUG1/' "$ssh/sshd_config"
        printf 'SetEnv HOME=%s\n' "$storage_home" >>"$ssh/sshd_config"
        (exec_alone /usr/sbin/sshd -f "$ssh/sshd_config" -E "$ssh/log") </dev/null >/dev/null 2>&1 &&
            until_true 10 sshd_runs && return 0
    done
    fail_with_log "$ssh/log" 'sshd did not start'
}

# Puts the server far away, until stop_proxy.
# usage: start_proxy MILLISECONDS
start_proxy() {
    local said=$storage_home/proxy end=$((SECONDS + 10))
    python3 scripts/bench.d/delay_proxy.py "$1" "$storage_port" >"$said" 2>"$folder/proxy.log" &
    storage_proxy=$!
    until [ -s "$said" ]; do
        [ $SECONDS -lt $end ] || { echo "the delay proxy did not start: $(tail -n 1 "$folder/proxy.log")" >&2; return 1; }
        sleep 0.1
    done
    storage_port=$(cat "$said")
    printf '[127.0.0.1]:%s %s\n' "$storage_port" "$(cut -d' ' -f1,2 "$storage_home/ssh/host_key.pub")" \
        >>"$storage_home/ssh/known_hosts"
}
stop_proxy() {
    [ -n "$storage_proxy" ] || return 0
    kill "$storage_proxy" 2>/dev/null || true
    wait "$storage_proxy" 2>/dev/null || true
    storage_proxy=
    storage_port=$(storage_service sshd_port)
}

stop_storage() {
    [ -n "$storage_home" ] || return 0
    stop_proxy
    storage_service sshd_stop || true
    rm -rf "$storage_home"
    storage_home=
}

# Each has put or get and the two paths as its last arguments.
with_sftp() {
    local way=${*: -3:1} from=${*: -2:1} to=${*: -1} recursive=
    [ "$what" = one ] || recursive=-r
    if [ "$way" = put ]; then to=$storage_files/$to; else from=$storage_files/$from; fi
    sftp -q -b - "${storage_ssh[@]}" -P "$storage_port" "${@:1:$#-3}" 127.0.0.1 <<<"$way $recursive $from $to"
}

with_scp() {
    local host=127.0.0.1:$storage_files
    if [ "$1" = put ]; then set -- "$2" "$host/$3"; else set -- "$host/$2" "$3"; fi
    scp -q -r "${storage_ssh[@]}" -P "$storage_port" "$@"
}

with_paramiko() { storage_env "$peers_home/bin/python" scripts/bench.d/paramiko_peer.py "$@"; }
with_ours() { storage_env "${@:1:$#-3}" "$release/storage-bench" "${@: -3}"; }
storage_env() {
    env STORAGE_URL="sftp://$(id -un)@127.0.0.1:$storage_port$storage_files" \
        STORAGE_SSH_KEY="$storage_home/ssh/id_ed25519" STORAGE_KNOWN_HOSTS="$storage_home/ssh/known_hosts" "$@"
}

storage_has_paramiko() { [ -x "$peers_home/bin/python" ] && "$peers_home/bin/python" -c 'import paramiko' 2>/dev/null; }
