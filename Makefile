# What there is to do: make help
#
# Everything is pinned: the toolchain by rust-toolchain.toml, the crates by Cargo.lock, the tools by
# tools/*.txt and by version here. Tools live in .tools/; outside this folder only the caches of
# cargo, rustup, pip and Zig grow.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
EVENT ?= events/org-trail.create.json

TARGET := $(or $(CARGO_TARGET_DIR),target)
BOOTSTRAP := $(TARGET)/lambda/bootstrap/bootstrap
SIMULATOR := $(TARGET)/debug/simulator
STATE := $(TARGET)/local

LOCAL := .tools/local
BUILD := .tools/build
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := .tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny

CARGO_MUTANTS_VERSION := 27.1.0
CARGO_MUTANTS := .tools/cargo-mutants-$(CARGO_MUTANTS_VERSION)/bin/cargo-mutants

# cargo-lambda finds Zig as the ziglang module of the python3 on PATH.
CARGO_LAMBDA = PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" cargo lambda
DRIVER = PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" $(LOCAL)/bin/python -B -m

# ---------------------------------------------------------------------------------------------------
##@ Use it

.PHONY: run
run: build simulator tools-local ## bring up a local AWS, deploy, update, fail, delete: all of it
	$(DRIVER) local.run --bootstrap $(BOOTSTRAP) --simulator $(SIMULATOR) --state $(STATE)/run

.PHONY: invoke
invoke: simulator tools-local tools-build ## serve one request: make invoke EVENT=events/org-trail.create.json
	cargo build --locked --bin bootstrap
	$(DRIVER) local.invoke --event $(EVENT) --simulator $(SIMULATOR) --state $(STATE)/invoke

# ---------------------------------------------------------------------------------------------------
##@ Check it

.PHONY: test
test: check run ## everything there is: check, and the run against the local AWS

.PHONY: check
check: fmt-check lint lint-templates deny doc tests ## formatting, lints, templates, dependencies, docs, tests

# Four at a time, however many cores: most of them wait for a function that waits.
.PHONY: tests
tests: ## unit, property, lifecycle and conformance tests
	RUST_TEST_THREADS=4 cargo test --workspace --locked

.PHONY: fmt
fmt: tools-local ## put the formatting right
	cargo fmt --all
	$(LOCAL)/bin/ruff format $(PYTHON_CODE)

.PHONY: fmt-check
fmt-check: tools-local
	cargo fmt --all --check
	$(LOCAL)/bin/ruff format --check $(PYTHON_CODE)

.PHONY: lint
lint: tools-local ## clippy and ruff, warnings denied
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(LOCAL)/bin/ruff check $(PYTHON_CODE)

.PHONY: lint-templates
lint-templates: tools-local ## cfn-lint on the template and the examples
	$(LOCAL)/bin/cfn-lint template.yaml examples/*.yaml

.PHONY: doc
# For those who work on it, so private items are in it and may be linked to.
doc: ## the crates' documentation, warnings denied
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items --locked

.PHONY: deny
deny: $(CARGO_DENY) ## licences, duplicates and sources of the dependencies, offline
	cargo fetch --locked
	$(CARGO_DENY) --offline --locked --workspace check -D warnings licenses bans sources

.PHONY: audit
audit: $(CARGO_DENY) ## known vulnerabilities of the dependencies; fetches the database
	$(CARGO_DENY) --locked --workspace check -D warnings advisories

# ---------------------------------------------------------------------------------------------------
##@ Search for what is wrong with it

FUZZ ?= $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
SECONDS ?= 60
FUZZING := $(TARGET)/fuzzing
HOST = $(shell rustc --print host-tuple)

# What `cargo fuzz` passes, less the sanitizer, which the stable toolchain lacks: nothing here is
# unsafe. libFuzzer is C++, so it is compiled and linked by Zig.
SANCOV := -Cpasses=sancov-module $(addprefix -Cllvm-args=-sanitizer-coverage-, \
	level=4 inline-8bit-counters pc-table trace-compares)

.PHONY: fuzz
fuzz: tools-build ## inputs steered by coverage: make fuzz FUZZ="envelope names" SECONDS=600
	CXX="$(CURDIR)/fuzz/zig-c++" RUSTFLAGS="$(SANCOV) --cfg fuzzing -Clinker=$(CURDIR)/fuzz/zig-c++" \
		cargo build --release --locked --manifest-path fuzz/Cargo.toml --target $(HOST) \
		--target-dir $(FUZZING)
	for target in $(FUZZ); do \
		mkdir -p $(FUZZING)/corpus/$$target fuzz/artifacts/$$target; \
		$(FUZZING)/$(HOST)/release/$$target -max_total_time=$(SECONDS) -max_len=8192 -timeout=60 \
			-print_final_stats=1 -artifact_prefix=fuzz/artifacts/$$target/ -dict=fuzz/words.dict \
			$(FUZZING)/corpus/$$target fuzz/corpus/$$target events; \
	done

MUTATION := $(TARGET)/mutation

# In a tree of its own, with what the decisions and the protocol need and no more: seconds for each.
.PHONY: mutants
mutants: $(CARGO_MUTANTS) ## mutation testing of src/core and src/cfn by their unit tests
	rm -rf $(MUTATION)/tree && mkdir -p $(MUTATION)/tree/src
	cp tests/mutation/* rust-toolchain.toml $(MUTATION)/tree
	cp -r src/core src/cfn $(MUTATION)/tree/src
	CARGO_TARGET_DIR="$(abspath $(MUTATION))/target" $(CARGO_MUTANTS) mutants --in-place \
		--dir $(MUTATION)/tree --config .cargo/mutants.toml --output $(MUTATION)

# ---------------------------------------------------------------------------------------------------
##@ Build it

.PHONY: build
build: tools-build ## the function for this machine: target/lambda/bootstrap/bootstrap
	$(CARGO_LAMBDA) build --release --locked --bin bootstrap

.PHONY: package
package: tools-build ## the zip to deploy, for arm64: target/package/arm64/bootstrap/bootstrap.zip
	$(call add-rust-target,aarch64-unknown-linux-gnu)
	$(call package-for,arm64,--arm64)

.PHONY: package-x86
package-x86: tools-build ## the same for x86_64: target/package/x86_64/bootstrap/bootstrap.zip
	$(call add-rust-target,x86_64-unknown-linux-gnu)
	$(call package-for,x86_64,--x86-64)

# A folder for each architecture: cargo-lambda leaves another one's files lying beside its own.
package-for = $(CARGO_LAMBDA) build --release --locked --bin bootstrap --output-format zip $2 \
	--lambda-dir $(TARGET)/package/$1 \
	&& ls -l $(TARGET)/package/$1/bootstrap/bootstrap.zip

# Without rustup the toolchain has the targets that it came with.
add-rust-target = if command -v rustup >/dev/null; then rustup target add $1; fi

.PHONY: clean
clean: ## remove what was built; the tools stay, rm -r .tools removes them
	cargo clean
	rm -rf $(STATE)

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z0-9-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---------------------------------------------------------------------------------------------------
# Tools, and what the run needs besides the function

PYTHON_CODE := local tools

.PHONY: tools-build tools-local
tools-build tools-local: tools-%: tools/%.txt
	@$(PYTHON) tools/install.py $< .tools/$*

# Unoptimised: a third of the time to build, and a tree of this size is checked in seconds.
$(CARGO_DENY):
	cargo install cargo-deny --version $(CARGO_DENY_VERSION) --locked --debug \
		--root .tools/cargo-deny-$(CARGO_DENY_VERSION)

$(CARGO_MUTANTS):
	cargo install cargo-mutants --version $(CARGO_MUTANTS_VERSION) --locked --debug \
		--root .tools/cargo-mutants-$(CARGO_MUTANTS_VERSION)

.PHONY: simulator
simulator:
	cargo build --locked $(SIMULATOR_SCOPE)

# After the tests the same crates with the same features are there already; before, few are needed.
SIMULATOR_SCOPE := --package simulator
test: SIMULATOR_SCOPE := --workspace --bins --tests
