# Two commands: `make run` shows the main job, `make test` proves it. Each installs what is missing first.
PACE ?= 170
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
HOURS ?= 8
PACKAGES := g++ cmake ninja-build ccache libcaf-dev librocksdb-dev nlohmann-json3-dev libspdlog-dev libfmt-dev \
  libboost-dev libcli11-dev libssl-dev libxxhash-dev libtomlplusplus-dev libvalijson-dev libutfcpp-dev \
  libkainjow-mustache-dev libsimdjson-dev libgoogle-perftools-dev catch2 curl
# What the tests need besides: sanitizers and fuzzers, and a clock that can be set.
TEST_PACKAGES := clang libclang-rt-14-dev libfaketime
# Paths below this folder are cached relative to it: a second clone compiles nothing again.
export CCACHE_BASEDIR := $(CURDIR)
# Sanitized builds have debug lines, and with them the folder: it is left out of what a cached file is known by.
export CCACHE_NOHASHDIR := 1
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
DEMO := output/demo

.PHONY: run test nightly build bench install deps test-deps clean release fuzz mutants soak test-all

run: build
	@mkdir -p build
	@printf '{"fault":"slow","ms":%s}\n' $(PACE) > build/pace.jsonl
	build/release/longwave broadcast --dj "Julie (2102, Appalachia)" --duration 112 --enable-validation --enable-stories \
	  --seed 2102 --output $(DEMO) $$([ -d $(DEMO) ] && echo --resume) \
	  $$([ "$(PACE)" = 0 ] || echo --fault-plan build/pace.jsonl)
	@build/release/longwave report $(DEMO)

test: test-deps release
	@tests/all release

# What must pass before a change lands: a thousand simulated months besides, and what needs builds of its own: sanitized
# tests, fuzzing, four broken variants.
test-all: test-deps release
	@tests/all release months sanitizers threads fuzz mutants

# Each parser for FUZZ_SECONDS, wherever chance leads; findings lie in build/fuzz/findings.
FUZZ_SECONDS ?= 60
fuzz: test-deps
	@LONGWAVE_FUZZ_SECONDS=$(FUZZ_SECONDS) tests/all fuzz

# All broken variants, each to be caught by its test (docs/reliability.md).
mutants: release
	@tests/mutants/run

soak: release
	LONGWAVE=$(CURDIR)/build/release/longwave LONGWAVE_SOAK_SEGMENTS=100000 build/release/memory_test

# The long variants of the proofs for HOURS hours; the table is build/nightly.md.
nightly: release
	tests/nightly $(HOURS)

build: deps
	@cmake --preset release -DLONGWAVE_TESTS=OFF -DLONGWAVE_BENCH=OFF > /dev/null
	cmake --build --preset release --target longwave -j $(JOBS)

release: deps
	@cmake --preset release -DLONGWAVE_TESTS=ON -DLONGWAVE_BENCH=ON > /dev/null
	cmake --build --preset release -j $(JOBS)

bench: release
	@for b in build/release/*_bench; do $$b || exit 1; done

install: build
	cmake --install build/release --prefix $(PREFIX)

test-deps: PACKAGES += $(TEST_PACKAGES)
test-deps: deps

# Asks the package database first: with everything there, no network is needed.
deps:
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f '$${Status}\n' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  $(SUDO) apt-get install -y -qq --no-install-recommends $$missing > /dev/null; fi

clean:
	rm -rf build output
