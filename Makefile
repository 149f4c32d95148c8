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

# A test compares them with what this writes.
.PHONY: schemas
schemas: ## write schemas/ and docs/reference/ from the types that read the properties
	cargo run --quiet --locked --example reference

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
lint-templates: tools-local ## cfn-lint, with schemas/, on all templates and on those in the documentation
	$(LOCAL)/bin/cfn-lint template.yaml examples/*.yaml
	$(LOCAL)/bin/python -B tools/lint_documents.py

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

PYTHON_CODE := local schemas tools

.PHONY: tools-build tools-local
tools-build tools-local: tools-%: tools/%.txt
	@$(PYTHON) tools/install.py $< .tools/$*

# Unoptimised: a third of the time to build, and a tree of this size is checked in seconds.
$(CARGO_DENY):
	cargo install cargo-deny --version $(CARGO_DENY_VERSION) --locked --debug \
		--root .tools/cargo-deny-$(CARGO_DENY_VERSION)

.PHONY: simulator
simulator:
	cargo build --locked $(SIMULATOR_SCOPE)

# After the tests the same crates with the same features are there already; before, few are needed.
SIMULATOR_SCOPE := --package simulator
test: SIMULATOR_SCOPE := --workspace --bins --tests
