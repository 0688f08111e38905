# sshd on a loopback port with fresh keys, for SFTP only, logging in as the user who runs the tests.
# shellcheck shell=bash disable=SC2154 # home and scripts are set by scripts/services

ssh_home=$home/ssh

sshd_pid() { process_in "$ssh_home/pid" sshd "$ssh_home/sshd_config"; }
sshd_port() { cat "$ssh_home/port" 2>/dev/null; }
sshd_runs() { sshd_pid >/dev/null && answers "$(sshd_port)"; }
sshd_address() { printf 'sftp://%s@127.0.0.1:%s%s\n' "$(id -un)" "$(sshd_port)" "$ssh_home/files"; }

ssh_create_keys() {
    local kind
    mkdir -p "$ssh_home/files"
    chmod 700 "$ssh_home"
    for kind in host_key id_ed25519; do
        [ -s "$ssh_home/$kind" ] || ssh-keygen -q -t ed25519 -N '' -C "deadtrees $kind" -f "$ssh_home/$kind"
    done
    cp "$ssh_home/id_ed25519.pub" "$ssh_home/authorized_keys"
}

# An account without a password counts as locked unless PAM is asked.
ssh_account_is_locked() { [ "$(id -u)" = 0 ] && [[ "$(getent shadow "$(id -un)" | cut -d: -f2)" == !* ]]; }

ssh_configure() {
    local port=$1
    cat >"$ssh_home/sshd_config" <<CONFIG
ListenAddress 127.0.0.1:$port
HostKey $ssh_home/host_key
PidFile $ssh_home/pid
AuthorizedKeysFile $ssh_home/authorized_keys
AllowUsers $(id -un)
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM $(ssh_account_is_locked && echo yes || echo no)
StrictModes no
UseDNS no
MaxStartups 200
MaxSessions 200
LogLevel VERBOSE
Subsystem sftp internal-sftp
ForceCommand internal-sftp
AllowTcpForwarding no
X11Forwarding no
CONFIG
    # Newer servers lock out an address after a few failed logins; tests fail to log in on purpose.
    /usr/sbin/sshd -t -f "$ssh_home/sshd_config" -o PerSourcePenalties=no 2>/dev/null &&
        echo 'PerSourcePenalties no' >>"$ssh_home/sshd_config"
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$ssh_home/host_key.pub")" >"$ssh_home/known_hosts"
}

ssh_launch() {
    local port
    port=$(free_port)
    printf '%s\n' "$port" >"$ssh_home/port"
    rm -f "$ssh_home/pid"
    ssh_configure "$port"
    (exec_alone /usr/sbin/sshd -f "$ssh_home/sshd_config" -E "$ssh_home/log") </dev/null >/dev/null 2>&1 && until_true 10 sshd_runs
}

sshd_start() {
    ! sshd_runs || return 0
    [ -x /usr/sbin/sshd ] || fail 'sshd is not installed: run scripts/setup'
    sshd_stop
    ssh_create_keys
    # Where sshd keeps nothing, but insists on having it.
    [ "$(id -u)" != 0 ] || install -d -m 755 /run/sshd
    ssh_launch || ssh_launch || ssh_launch || fail_with_log "$ssh_home/log" 'sshd did not start' || exit 1
}

sshd_stop() {
    local pid
    pid=$(sshd_pid) || return 0
    # Sessions outlive their server.
    mapfile -t sessions < <(descendants "$pid")
    end 5 "$pid" "${sessions[@]}"
}
