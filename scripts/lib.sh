# What the scripts share. Sourced, never run.
# shellcheck shell=bash

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SCRIPT=$(realpath "$0")
CACHE=${MBONGO_CACHE:-$HOME/.cache/mbongo}
# Outside the checkout, so that every checkout on a machine shares the compiled dependencies.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
node_is_given=${NODE_BINARY:+yes}
NODE_BINARY=${NODE_BINARY:-$CARGO_TARGET_DIR/release/mbongo-node}
cd "$ROOT"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() {
	printf '\033[31m%s\033[0m\n' "$*" >&2
	exit 1
}
misuse() {
	printf '%s\nSee %s --help\n' "$*" "$0" >&2
	exit 2
}

# Builds the node that is to be tested, unless NODE_BINARY names one: another checkout may have built
# the one that lies there.
build_node() {
	[ "$node_is_given" ] || cargo build --locked --release --workspace
}

# Prints the comment at the head of the script that sources this.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$SCRIPT"; }

# The folder with the clients, one for each choice of their versions.
clients_folder() {
	local lock
	lock=$(cat scripts/clients/{package.json,package-lock.json,requirements.txt} | sha256sum | cut -c1-16)
	printf '%s/clients-%s' "$CACHE" "$lock"
}

# Lets the JavaScript of this checkout find the clients, whose folder is then `clients`.
use_clients() {
	clients=$(clients_folder)
	[ -e "$clients/ready" ] || fail "The clients are not installed: scripts/setup --tests"
	local folder
	for folder in scripts/clients zombienet; do
		ln -sfn "$clients/node_modules" "$folder/node_modules"
	done
}

# One that the system gives to no outgoing connection meanwhile.
free_port() {
	local port
	for _ in $(seq 100); do
		port=$((20000 + RANDOM % 12000))
		port_is_free "$port" && echo "$port" && return
	done
	return 1
}

port_is_free() {
	python3 - "$1" <<-'PY'
		import socket, sys
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		try:
		    s.bind(("127.0.0.1", int(sys.argv[1])))
		except OSError:
		    sys.exit(1)
	PY
}

rpc() { # port method params
	curl -sf -H 'content-type: application/json' \
		-d "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"$2\",\"params\":${3:-[]}}" "http://127.0.0.1:$1"
}

wait_for_rpc() { # port pid log
	for _ in $(seq 120); do
		rpc "$1" system_health >/dev/null 2>&1 && return 0
		kill -0 "$2" 2>/dev/null || { tail -n 20 "$3" >&2; fail "The node has stopped; its log: $3"; }
		sleep 1
	done
	tail -n 20 "$3" >&2
	fail "The node does not answer; its log: $3"
}

# Asks a process of this shell to end, and makes sure that it has.
stop() {
	kill "$1" 2>/dev/null || return 0
	for _ in $(seq 50); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.2
	done
	kill -9 "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

# Runs a command with each of these names, two at a time, since tests mostly wait for blocks. What each of
# several says is shown when all have been started, in their order, and is in the file that is named until then.
in_pairs() { # command name...
	local command=$1 logs name passed=0
	local failed=()
	local -A running
	shift
	if [ $# -eq 1 ]; then
		"$command" "$1"
		echo "1 passed, 0 failed"
		return
	fi
	logs=$(mktemp -d)
	# With each ends its process group: all that it has started.
	trap 'for pid in $(jobs -rp); do kill -- "-$pid" && kill -CONT -- "-$pid"; done 2>/dev/null || true; wait' EXIT
	for name in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge 2 ]; do sleep 1; done
		set -m # which gives it a process group
		("$command" "$name") </dev/null >"$logs/$name.log" 2>&1 &
		set +m
		running[$name]=$!
		printf '%s: %s\n' "$name" "$logs/$name.log"
	done
	for name in "$@"; do
		say "$name"
		if wait "${running[$name]}"; then passed=$((passed + 1)); else failed+=("$name"); fi
		cat "$logs/$name.log"
	done
	trap - EXIT
	rm -rf "$logs"
	printf '%s passed, %s failed\n' "$passed" "${#failed[@]}"
	[ ${#failed[@]} -eq 0 ] || fail "Failed: ${failed[*]}"
}

# Installs a program of cargo's that is missing.
cargo_tool() { # name version
	command -v "$1" >/dev/null || CARGO_TARGET_DIR=$CARGO_TARGET_DIR/tools cargo install "$1" --version "$2" --locked
}

# Builds the runtime with a feature that only tools ask for, in a target folder of its own: it reaches
# into every pallet.
build_tools_runtime() { # feature
	local target=$CARGO_TARGET_DIR/tools
	TOOLS_RUNTIME=$target/release/wbuild/mbongo-runtime/mbongo_runtime.compact.compressed.wasm
	CARGO_TARGET_DIR=$target cargo build --locked --release -p mbongo-runtime --features "$1"
}
