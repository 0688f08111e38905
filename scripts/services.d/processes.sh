# What the services share: root rights, ports, waiting, and ending processes by their own identity.
# shellcheck shell=bash

say() { printf 'services: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Says what went wrong and shows the end of the service's own log.
fail_with_log() {
    local log=$1
    shift
    say "$*"
    [ ! -r "$log" ] || { say "the end of $log:"; tail -n 15 "$log" >&2; }
    return 1
}

can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# until_true SECONDS COMMAND…: polls five times a second.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.2
    done
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port below the kernel's own range, so that no outgoing connection takes it. Who binds it still has to be
# ready to lose it to another checkout, and to ask again.
free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + RANDOM % 12000))
        answers "$port" || { printf '%s\n' "$port"; return; }
    done
    fail 'found no free port between 20000 and 32000'
}

# exec_alone PROGRAM…: becomes that program, with no descriptor but the first three. A daemon that keeps the lock, or
# a pipe of whoever called us, makes others wait for its end.
exec_alone() {
    local descriptor
    for descriptor in /proc/self/fd/*; do
        descriptor=${descriptor##*/}
        [ "$descriptor" -le 2 ] || exec {descriptor}>&-
    done
    exec "$@"
}

alive() { [ -n "$1" ] && [ -d "/proc/$1" ]; }

# process_in FILE NAME TEXT: the process id in a pid file, if that process still is the program NAME with TEXT in its
# command line. A stale file may name a stranger.
process_in() {
    local pid
    pid=$(head -n 1 "$1" 2>/dev/null) && alive "$pid" || return 1
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$3" || return 1
    [ "$(cat "/proc/$pid/comm")" = "$2" ] && printf '%s\n' "$pid"
}

# The descendants of a process, parents first.
descendants() {
    local child
    cat "/proc/$1/task/"*/children 2>/dev/null | tr -s ' ' '\n' | while read -r child; do
        printf '%s\n' "$child"
        descendants "$child"
    done
}

all_gone() {
    local pid
    for pid in "$@"; do
        ! alive "$pid" || [ "$(sed -nE 's/^State:\t(.).*/\1/p' "/proc/$pid/status" 2>/dev/null)" = Z ] || return 1
    done
}

# end SECONDS PID…: asks, waits, then kills.
end() {
    local patience=$1
    shift
    [ $# -gt 0 ] || return 0
    as_root_if_needed kill -TERM "$@" || true
    until_true "$patience" all_gone "$@" && return 0
    as_root_if_needed kill -KILL "$@" || true
    until_true 5 all_gone "$@"
}

as_root_if_needed() { "$@" 2>/dev/null || as_root "$@" 2>/dev/null; }
