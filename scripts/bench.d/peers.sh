# Other queues on the same server, another SFTP client and another HTTP API, for comparison. Their packages live in
# .data/bench, beside the checkout's sources.
# shellcheck shell=bash disable=SC2154 # folder and release are set by scripts/bench

peers_home=$PWD/.data/bench
peers_packages=(
    pgqueuer==1.6.0 procrastinate==3.10.0 asyncpg==0.32.0 'psycopg[binary,pool]==3.3.9' uvloop==0.23.0
    paramiko==5.1.0 # an SFTP client: storage.sh
    fastapi==0.165.0 'uvicorn[standard]==0.54.0' aiofiles==25.1.0 python-multipart==0.0.34 # an HTTP API: upload.sh
)
peers=

# Installs the peers and gives each a database. Without them, only what needs no network is measured.
peers_prepare() {
    [ -z "$peers" ] || return 0
    peers=none
    make_database bare
    DB=bare sql peers/bare_schema
    if ! peers_install >"$folder/peers.log" 2>&1; then
        printf 'PgQueuer and Procrastinate are left out, because they could not be installed: %s\n' \
            "$(tail -n 1 "$folder/peers.log")"
        return 0
    fi
    make_database pgqueuer
    "$peers_home/bin/python" -m pgqueuer --pg-dsn "$(address pgqueuer)" install >/dev/null
    make_database procrastinate
    psql "$(address procrastinate)" -Xq -v ON_ERROR_STOP=1 -f "$("$peers_home/bin/python" -c \
        'import os, procrastinate; print(os.path.dirname(procrastinate.__file__))')/sql/schema.sql" >/dev/null
    peers=all
}

# Python 3.10 or newer, with a folder of its own. Called as a condition, where bash goes on after what fails.
peers_install() {
    local wanted="${peers_packages[*]}"
    [ "$(cat "$peers_home/wanted" 2>/dev/null)" != "$wanted" ] || return 0
    rm -rf "$peers_home"
    python3 -m venv "$peers_home" || return 1
    "$peers_home/bin/pip" install --quiet --disable-pip-version-check "${peers_packages[@]}" || return 1
    printf '%s\n' "$wanted" >"$peers_home/wanted"
}

make_database() { query "DROP DATABASE IF EXISTS $1" 2>/dev/null; query "CREATE DATABASE $1"; }

has_peers() { [ "$peers" = all ]; }
# usage: peer NAME drain|serve …
peer() {
    local name=$1
    shift
    PEER_URL=$(address "$name") exec "$peers_home/bin/python" -W ignore "scripts/bench.d/${name}_worker.py" "$@"
}
