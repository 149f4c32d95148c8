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
STACK ?= orgtrail

TARGET := $(or $(CARGO_TARGET_DIR),target)
BOOTSTRAP := $(TARGET)/lambda/bootstrap/bootstrap
SIMULATOR := $(TARGET)/debug/simulator
STATE := $(TARGET)/local
ELSEWHERE := $(TARGET)/elsewhere
CARGO_HOME ?= $(HOME)/.cargo

LOCAL := .tools/local
BUILD := .tools/build
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := .tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny

CARGO_MUTANTS_VERSION := 27.1.0
CARGO_MUTANTS := .tools/cargo-mutants-$(CARGO_MUTANTS_VERSION)/bin/cargo-mutants

# cargo-lambda finds Zig as the ziglang module of the python3 on PATH.
WITH_BUILD_TOOLS = PATH="$(CURDIR)/$(BUILD)/bin:$$PATH"
RELEASE = $(WITH_BUILD_TOOLS) $(PYTHON) tools/release.py
CARGO_LAMBDA_BUILD = cargo lambda build --release --locked
DRIVER = $(WITH_BUILD_TOOLS) $(LOCAL)/bin/python -B -m

# SAM reports no usage, keeps its state here (the variable for that is undocumented) and does not ask
# for a release that is newer than the lock's.
SAM := .tools/sam/bin/sam
SAM_STATE := .tools/sam-state
SAM_ENVIRONMENT = SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$(CURDIR)/$(SAM_STATE)"

# This machine's processor, as Lambda calls it.
HOST := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)

# With its own libc in it the function starts sooner and takes less memory than with the machine's:
# docs/performance.md.
triple = $(subst arm64,aarch64,$1)-unknown-linux-musl

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
test: check run smoke ## everything there is: check, and both runs against a local AWS

.PHONY: check
check: fmt-check lint lint-templates deny doc tests ## formatting, lints, templates, dependencies, docs, tests

.PHONY: smoke
smoke: build tools-local ## the function against MiniStack's CloudTrail and moto's Organizations
	$(DRIVER) local.smoke --bootstrap $(BOOTSTRAP) --state $(STATE)/smoke

# Four at a time, however many cores: most of them wait for a function that waits.
.PHONY: tests
tests: ## unit, property, lifecycle and conformance tests
	RUST_TEST_THREADS=4 cargo test --workspace --locked

# A test compares them with what this writes.
.PHONY: schemas
schemas: ## write schemas/ and docs/reference/ from the declarations of the properties
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

# No AWS account has a part in it, not even by a profile that is gone.
# W3002: the plain template's code is a file, which is still to be packaged.
.PHONY: lint-templates
lint-templates: tools-local tools-sam ## cfn-lint, with schemas/, and SAM on the templates and the documentation's
	$(LOCAL)/bin/cfn-lint template.yaml local/smoke.yaml $(EXAMPLES)
	$(LOCAL)/bin/python -B tools/lint_documents.py
	env -u AWS_PROFILE $(SAM_ENVIRONMENT) $(SAM) validate --lint
	$(LOCAL)/bin/python -B -m local.package --template template.yaml --architecture $(HOST) \
		--output $(TARGET)/lint
	$(LOCAL)/bin/cfn-lint --ignore-checks W3002 -- $(TARGET)/lint/template.json
	$(LOCAL)/bin/python -B -m local.lint
	$(LOCAL)/bin/python -B -m unittest local.pipeline_test

EXAMPLES := examples/*.yaml examples/inception-pipeline/*.yml examples/inception-pipeline/*/*.yml

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

.PHONY: fuzz
fuzz: tools-build ## inputs steered by coverage: make fuzz FUZZ="envelope names" SECONDS=600
	tools/fuzz.sh $(TARGET)/fuzzing $(SECONDS) $(FUZZ)

.PHONY: mutants
mutants: $(CARGO_MUTANTS) ## mutation testing of decisions and protocol: make mutants FILES=src/cfn/envelope.rs
	tools/mutants.sh $(CARGO_MUTANTS) $(TARGET)/mutation $(addprefix --file=,$(FILES))

# ---------------------------------------------------------------------------------------------------
##@ Measure it

ROUNDS ?= 30

BENCH := $(TARGET)/bench
BENCH_PYTHON := .tools/bench/bin/python
ARCHIVE = $(BENCH_PYTHON) -B benches/python/archive.py
MEASURE = cargo run --profile bench --locked --package measure --

.PHONY: bench
bench: build package package-x86 bare tools-bench ## a cold start beside a bare function and Python: make bench ROUNDS=60
	$(ARCHIVE) $(BENCH)/bare.zip $(BENCH)/bare/bare/bootstrap
	$(ARCHIVE) $(BENCH)/python.zip benches/python/function.py
	$(MEASURE) cold-start $(TARGET) $(BENCH_PYTHON) "$$($(BENCH_PYTHON) -m certifi)" $(ROUNDS)

.PHONY: bench-delivery
bench-delivery: build ## the delivery gate in organizations of up to 50,000 accounts
	$(MEASURE) delivery $(TARGET)

.PHONY: bench-docs
bench-docs: ## put the results of the last runs into docs/performance.md
	$(PYTHON) tools/bench_docs.py $(BENCH) docs/performance.md

.PHONY: bare
bare: tools-build
	$(call add-rust-target,$(HOST))
	$(RELEASE) $(HOST) $(CARGO_LAMBDA_BUILD) --package bare --bin bare --target $(call triple,$(HOST)) \
		--lambda-dir $(BENCH)/bare

# ---------------------------------------------------------------------------------------------------
##@ Build it

.PHONY: build
build: tools-build ## the function for this machine: target/lambda/bootstrap/bootstrap
	$(call build-for,$(HOST),$(TARGET)/lambda)

.PHONY: package
package: tools-build tools-local ## zip and plain template, for arm64: target/package/arm64/
	$(call package-for,arm64)

.PHONY: package-x86
package-x86: tools-build tools-local ## the same for x86_64: target/package/x86_64/
	$(call package-for,x86_64)

# A folder for each architecture: cargo-lambda leaves another one's files lying beside its own.
package-for = $(call build-for,$1,$(TARGET)/lambda/$1) \
	&& $(LOCAL)/bin/python -B -m local.package --template template.yaml --architecture $1 \
		--bootstrap $(TARGET)/lambda/$1/bootstrap/bootstrap --output $(TARGET)/package/$1

build-for = $(call add-rust-target,$1) \
	&& $(RELEASE) $1 $(CARGO_LAMBDA_BUILD) --bin bootstrap --target $(call triple,$1) --lambda-dir $2

# Without rustup the toolchain has the targets that it came with.
add-rust-target = if command -v rustup >/dev/null; then rustup target add $(call triple,$1); fi

# Elsewhere means another folder, another target folder and another home of cargo with the same crates.
.PHONY: verify-package
verify-package: package package-x86 ## build both again elsewhere: the same bytes, and no path of this machine
	rm -rf $(ELSEWHERE)
	mkdir -p $(ELSEWHERE)/source $(ELSEWHERE)/cargo
	tar -cf - --exclude=./{$(TARGET),target,.tools,.aws-sam,.git} . | tar -xf - -C $(ELSEWHERE)/source
	ln -s "$(CURDIR)/.tools" $(ELSEWHERE)/source/.tools
	ln -s "$(CARGO_HOME)"/* $(ELSEWHERE)/cargo
	CARGO_HOME="$(abspath $(ELSEWHERE))/cargo" \
		make -C $(ELSEWHERE)/source CARGO_TARGET_DIR=built package package-x86
	for file in {arm64,x86_64}/{bootstrap.zip,template.json}; do \
		cmp $(TARGET)/package/$$file $(ELSEWHERE)/source/built/package/$$file; done
	status=0; grep -lF -e "$(CURDIR)" -e "$(CARGO_HOME)" \
		$(TARGET)/lambda/{arm64,x86_64}/bootstrap/bootstrap || status=$$?; test $$status -eq 1

.PHONY: clean
clean: ## remove what was built; the tools stay, rm -r .tools removes them
	cargo clean
	rm -rf $(STATE) .aws-sam

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z0-9-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---------------------------------------------------------------------------------------------------
##@ Deploy it

.PHONY: sam-build
sam-build: tools-build tools-sam ## what is deployed: .aws-sam/build/
	ARCHITECTURE=$(ARCHITECTURE) $(SAM_ENVIRONMENT) $(SAM) build --build-in-source $(SAM_PARAMETERS)

# What SAM calls for the function of the template; it says where the result is to be.
.PHONY: build-Function
build-Function: tools-build
	$(call build-for,$(ARCHITECTURE),$(TARGET)/lambda/$(ARCHITECTURE))
	cp $(TARGET)/lambda/$(ARCHITECTURE)/bootstrap/bootstrap "$(ARTIFACTS_DIR)"

.PHONY: deploy
deploy: aws-account sam-build ## to your AWS account: make deploy PARAMETERS="LogBucketName=... LogLevel=DEBUG"
	$(SAM_ENVIRONMENT) $(SAM) deploy --stack-name $(STACK) --resolve-s3 \
		--capabilities CAPABILITY_IAM --no-fail-on-empty-changeset $(SAM_PARAMETERS) \
		$(if $(filter no,$(CONFIRM)),--no-confirm-changeset,--confirm-changeset)

# The architecture is always said: of a parameter that is not, a stack keeps the value that it has.
ARCHITECTURE ?= $(or $(patsubst Architecture=%,%,$(filter Architecture=%,$(PARAMETERS))),arm64)
SAM_PARAMETERS = --parameter-overrides \
	'$(strip Architecture=$(ARCHITECTURE) $(filter-out Architecture=%,$(PARAMETERS)))'

# Before the build, which takes minutes.
.PHONY: aws-account
aws-account: tools-sam
	@.tools/sam/bin/python -B tools/account.py

# ---------------------------------------------------------------------------------------------------
# Tools, and what the run needs besides the function

PYTHON_CODE := benches/python local schemas tools

TOOLS := tools-bench tools-build tools-local tools-sam

.PHONY: $(TOOLS)
$(TOOLS): tools-%: tools/%.txt
	@$(PYTHON) tools/install.py $< .tools/$*

tools-sam: | $(SAM_STATE)/metadata.json
$(SAM_STATE)/metadata.json:
	mkdir -p $(@D)
	echo '{"telemetryEnabled": false, "lastVersionCheck": 4102444800.0}' >$@

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
