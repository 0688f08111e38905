# A Docker Engine of our own, with its own containerd, data, socket and control groups; no network at all.
# Not started where DOCKER_HOST names an engine or the system's engine answers.
# shellcheck shell=bash disable=SC2154 # home and scripts are set by scripts/services

docker_home=$home/docker
docker_socket=$docker_home/docker.sock
containerd_socket=$docker_home/containerd.sock
# Ours alone, so that what is left of it can be removed.
docker_cgroup=deadtrees-$(printf '%s' "$home" | cksum | cut -d' ' -f1)

dockerd_pid() { process_in "$docker_home/dockerd.pid" dockerd "$docker_socket"; }
containerd_pid() { process_in "$docker_home/containerd.pid" containerd "$docker_home/containerd.toml"; }
private_docker() { docker -H "unix://$docker_socket" "$@"; }

engine_answers() { DOCKER_HOST=$1 timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# The engine of somebody else that we use, if there is one.
foreign_engine() {
    local system=unix:///var/run/docker.sock
    if [ -n "${DOCKER_HOST:-}" ] && [ "$DOCKER_HOST" != "unix://$docker_socket" ]; then
        printf '%s\n' "$DOCKER_HOST"
    elif engine_answers "$system"; then
        printf '%s\n' "$system"
    else
        return 1
    fi
}

docker_address() { cat "$docker_home/address" 2>/dev/null; }
docker_pid() { dockerd_pid; }
docker_runs() { [ -n "$(docker_address)" ] && engine_answers "$(docker_address)"; }
docker_refusal() { cat "$docker_home/refusal" 2>/dev/null; }

cannot_run_docker() {
    printf '%s\n' "$*" >"$docker_home/refusal"
    say "no Docker Engine: $*"
}

docker_start() {
    mkdir -p "$docker_home"
    ! docker_runs || return 0
    rm -f "$docker_home/address" "$docker_home/refusal"
    local address
    if address=$(foreign_engine); then
        engine_answers "$address" || fail "DOCKER_HOST=$address does not answer"
        printf '%s\n' "$address" >"$docker_home/address"
    elif ! can_be_root; then
        cannot_run_docker 'a Docker Engine needs root; run as root, or set DOCKER_HOST to an engine that runs'
    elif ! command -v dockerd >/dev/null || ! command -v containerd >/dev/null; then
        cannot_run_docker 'dockerd and containerd are not installed; run scripts/setup'
    else
        start_private_engine
    fi
}

start_private_engine() {
    docker_stop
    delegate_cgroups
    # The engine picks overlay2 where the file system can carry it; one that only looks so leaves vfs, which always works.
    if launch_engine && containers_start; then
        :
    elif docker_stop && launch_engine --storage-driver=vfs && containers_start; then
        :
    else
        docker_stop
        cannot_run_docker "it does not run here: $(tail -n 1 "$docker_home/reason" 2>/dev/null | cut -c 1-300)"
        return 0
    fi
    printf 'unix://%s\n' "$docker_socket" >"$docker_home/address"
}

launch_engine() {
    printf 'version = 2\nroot = "%s"\nstate = "%s"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "%s"\n' \
        "$docker_home/containerd" "$docker_home/containerd-state" "$containerd_socket" >"$docker_home/containerd.toml"
    detached containerd containerd --config "$docker_home/containerd.toml"
    until_true 30 as_root test -S "$containerd_socket" || { not_up containerd; return 1; }
    detached dockerd dockerd --config-file "$(empty_configuration)" --host "unix://$docker_socket" --group "$(id -gn)" \
        --containerd "$containerd_socket" --data-root "$docker_home/data" --exec-root "$docker_home/exec" \
        --pidfile "$docker_home/engine.pid" --bridge none --iptables=false --ip6tables=false --ip-forward=false \
        --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$docker_cgroup" "$@"
    until_true 40 engine_up_or_dead
    engine_answers "unix://$docker_socket" || { not_up dockerd; return 1; }
}

# The configuration of the system's engine is not ours.
empty_configuration() {
    printf '{}\n' >"$docker_home/daemon.json"
    printf '%s\n' "$docker_home/daemon.json"
}

engine_up_or_dead() { engine_answers "unix://$docker_socket" || ! dockerd_pid; }
not_up() { tail -n 1 "$docker_home/$1.log" >"$docker_home/reason"; }

# detached NAME COMMAND…: away from the terminal, so that Ctrl-C reaches the tests and not the services they need.
detached() {
    local name=$1 sudo=()
    shift
    [ "$(id -u)" = 0 ] || sudo=(sudo -n)
    # shellcheck disable=SC2016 # for the inner shell
    (exec_alone "${sudo[@]}" setsid sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$docker_home/$name.pid" "$@") \
        </dev/null >>"$docker_home/$name.log" 2>&1 &
    until_true 5 test -s "$docker_home/$name.pid"
}

# An engine that answers may still be unable to run anything, e.g. where control groups are read-only.
containers_start() {
    command -v busybox >/dev/null || return 0
    DOCKER_HOST=unix://$docker_socket "$scripts/pack-image" --tools deadtrees/test-tools >/dev/null 2>"$docker_home/reason" &&
        private_docker run --rm --network none --memory 32m deadtrees/test-tools true >/dev/null 2>"$docker_home/reason"
}

# In a container with control groups v2, limits can only be set once no process sits in the root group.
# Source: https://github.com/moby/moby/blob/v28.0.0/hack/dind
delegate_cgroups() {
    local root=/sys/fs/cgroup
    [ -w $root/cgroup.subtree_control ] && [ ! -d /run/systemd/system ] || return 0
    ! grep -qw memory $root/cgroup.subtree_control || return 0
    mkdir -p $root/init
    xargs -rn1 <$root/cgroup.procs >$root/init/cgroup.procs 2>/dev/null || true
    sed -e 's/ / +/g' -e 's/^/+/' <$root/cgroup.controllers >$root/cgroup.subtree_control 2>/dev/null || true
}

# Shims carry our containerd's socket in their command line; containers are their children.
shims_and_containers() {
    local file pid
    for file in /proc/[0-9]*/cmdline; do
        if tr '\0' ' ' 2>/dev/null <"$file" | grep -q "^[^ ]*containerd-shim.* -address $containerd_socket"; then
            pid=${file#/proc/}
            pid=${pid%/cmdline}
            printf '%s\n' "$pid"
            descendants "$pid"
        fi
    done
}

docker_stop() {
    local pid
    if pid=$(dockerd_pid); then
        # The engine is ours: so is everything in it. Without this it would give each container ten seconds.
        private_docker ps -aq 2>/dev/null | xargs -r docker -H "unix://$docker_socket" rm -fv >/dev/null 2>&1 || true
        end 20 "$pid"
    fi
    mapfile -t left < <(shims_and_containers)
    end 3 "${left[@]}"
    ! pid=$(containerd_pid) || end 10 "$pid"
    unmount_below "$docker_home"
    remove_cgroups
    rm -f "$docker_home/address" "$docker_home/refusal" "$docker_home"/*.pid
}

unmount_below() {
    local target
    while read -r target; do
        as_root umount -l "$target" || true
    done < <(awk -v top="$1/" 'index($2, top) == 1 { print $2 }' /proc/self/mounts | sort -r)
}

remove_cgroups() {
    local group
    for group in /sys/fs/cgroup/"$docker_cgroup" /sys/fs/cgroup/*/"$docker_cgroup"; do
        [ ! -d "$group" ] || as_root find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
}
