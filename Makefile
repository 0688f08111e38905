# `make` alone prints what each target does.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test check format bench chaos odm-chaos clean

# Which photos the demo takes: a folder or a ZIP. Without it, it simulates a flight.
IMAGES ?=
# How the demo's worker reaches its storage: file, a folder of this host, or sftp, the private SSH server.
STORAGE ?= file
export IMAGES STORAGE
# Counts statements where scripts/bench asks for it, and has room for a hundred workers.
BENCH_POSTGRES = -c shared_preload_libraries=pg_stat_statements -c max_connections=700

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing (Debian 12, Ubuntu 24.04)
	@scripts/setup

build: setup ## build everything
	swift build

demo: setup ## photos in, orthophoto, COG and thumbnail out: IMAGES=folder|zip, or a simulated flight; STORAGE=file|sftp
	swift build --product deadtrees
	swift build --product orthopreview
	scripts/with-services scripts/demo

test: setup ## all tests, with a real PostgreSQL, Docker Engine and worker
	swift build --build-tests
	scripts/with-services scripts/test $(ARGS)

check: setup ## format, shell scripts, compose files; the HTTP API beside its description
	scripts/check
	swift build --product deadtrees
	scripts/fuzz-api

format: ## format the Swift code
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

bench: setup ## measure, and print what docs/benchmarks.md holds: ONLY=throughput|latency|memory|scale|idle|crowd|gpu|storage|upload|upload_zip|photos|raster
	for product in deadtrees orthopreview odm-simulator queue-bench storage-bench; do swift build -c release --product $$product || exit 1; done
	POSTGRES_OPTIONS='$(BENCH_POSTGRES)' scripts/with-services scripts/bench

chaos: setup ## break workers and database at random, then check the history: SECONDS=120 SEED=… WORKERS=2,8,32
	CHAOS_SECONDS="$(SECONDS)" SEED="$(SEED)" WORKERS="$(WORKERS)" scripts/chaos

odm-chaos: setup ## run ODM's simulator with random faults, then look for what is left: RUNS=200 SEED=…
	swift build --build-tests
	ODM_CHAOS_RUNS="$(RUNS)" ODM_CHAOS_SEED="$(SEED)" scripts/with-services scripts/odm-chaos

clean: ## remove what was built and what the demo made
	@scripts/services stop
	rm -rf .build demo-output .data
