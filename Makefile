# The commands for users and contributors: make help lists them.
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
STACK ?= orgtrail

TARGET := $(or $(CARGO_TARGET_DIR),target)
BOOTSTRAP := $(TARGET)/lambda/bootstrap/bootstrap
SIMULATOR := $(TARGET)/debug/simulator
STATE := $(TARGET)/local
CARGO_HOME ?= $(HOME)/.cargo

LOCAL := .tools/local
BUILD := .tools/build
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := .tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny

CARGO_CYCLONEDX_VERSION := 0.5.9
CARGO_CYCLONEDX := .tools/cargo-cyclonedx-$(CARGO_CYCLONEDX_VERSION)/bin/cargo-cyclonedx

CARGO_MUTANTS_VERSION := 27.1.0
CARGO_MUTANTS := .tools/cargo-mutants-$(CARGO_MUTANTS_VERSION)/bin/cargo-mutants

# cargo-lambda finds Zig as the ziglang module of the python3 on PATH.
WITH_BUILD_TOOLS = PATH="$(CURDIR)/$(BUILD)/bin:$$PATH"
RELEASE = $(WITH_BUILD_TOOLS) $(PYTHON) tools/release.py
CARGO_LAMBDA_BUILD = cargo lambda build --release --locked
DRIVER = $(WITH_BUILD_TOOLS) $(LOCAL)/bin/python -B -m

# In an environment of its own: its pins conflict with those of the local AWS.
CHECKOV := .tools/checkov/bin/checkov

# SAM sends no usage data, keeps its state in .tools (by an undocumented variable) and does not check for
# newer releases.
SAM := .tools/sam/bin/sam
SAM_STATE := .tools/sam-state
SAM_ENVIRONMENT = SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$(CURDIR)/$(SAM_STATE)"

# This machine's processor, as Lambda calls it.
HOST := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)

# musl: the binary contains its libc, starts sooner and uses less memory than with glibc.
triple = $(subst arm64,aarch64,$1)-unknown-linux-musl

# ---------------------------------------------------------------------------------------------------
##@ Run locally

.PHONY: run
run: build simulator tools-local ## deploy, update, repair, roll back and delete against a simulated AWS
	$(DRIVER) local.run --bootstrap $(BOOTSTRAP) --simulator $(SIMULATOR) --state $(STATE)/run

.PHONY: smoke
smoke: build tools-local ## the same function against MiniStack's CloudTrail and moto's Organizations
	$(DRIVER) local.smoke --bootstrap $(BOOTSTRAP) --state $(STATE)/smoke

.PHONY: invoke
invoke: simulator tools-local tools-build ## send the events with cargo lambda: make invoke EVENT=events/org-trail.create.json
	$(DRIVER) local.invoke --simulator $(SIMULATOR) --state $(STATE)/invoke $(EVENT)

# ---------------------------------------------------------------------------------------------------
##@ Check

# Two at a time, because installations and local runs use one core, and most tests wait. The output of a
# target follows its end.
.PHONY: test
test: ## all checks and tests, and the local runs
	$(MAKE) --no-print-directory --jobs=2 --output-sync check run smoke invoke

.PHONY: check
check: fmt-check lint lint-templates lint-workflows lint-prose deny doc tests ## formatting, lints, templates, workflows, English, licenses, documentation, tests

# Four threads on any machine: most tests wait for the function, which waits for a timeout.
.PHONY: tests
tests:
	RUST_TEST_THREADS=4 cargo test --workspace --locked

# A test fails if the files differ from the output of this command.
.PHONY: schemas
schemas: ## write schemas/ and docs/reference/ from the declarations of the properties
	cargo run --quiet --locked --example reference

.PHONY: fmt
fmt: tools-local ## format the code
	cargo fmt --all
	$(LOCAL)/bin/ruff format $(PYTHON_CODE)

.PHONY: fmt-check
fmt-check: tools-local
	cargo fmt --all --check
	$(LOCAL)/bin/ruff format --check $(PYTHON_CODE)

.PHONY: lint
lint: tools-local
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(LOCAL)/bin/ruff check $(PYTHON_CODE)

.PHONY: lint-templates
lint-templates: tools-checkov tools-local tools-sam
	env -u AWS_PROFILE $(SAM_ENVIRONMENT) $(SAM) validate --lint
	tools/lint_templates.sh $(LOCAL)/bin $(CHECKOV) $(TARGET)/lint $(HOST)

# An action that is not pinned to a commit fails, too.
.PHONY: lint-workflows
lint-workflows: tools-local
	$(LOCAL)/bin/jactionlint --shellcheck= --pyflakes=

# Grammar, spelling, phrases and the length of test names.
.PHONY: lint-prose
lint-prose: tools-prose
	.tools/prose/bin/python -B tools/lint_prose.py

# For contributors: private items are included and can be linked to.
.PHONY: doc
doc:
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items --locked

.PHONY: deny
deny: $(CARGO_DENY)
	cargo fetch --locked
	$(CARGO_DENY) --offline --locked --workspace check -D warnings licenses bans sources

.PHONY: audit
audit: $(CARGO_DENY) ## check the dependencies for known vulnerabilities; downloads the database
	$(CARGO_DENY) --locked --workspace check -D warnings advisories

# ---------------------------------------------------------------------------------------------------
##@ Search for defects

FUZZ ?= $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
SECONDS ?= 60

.PHONY: fuzz
fuzz: tools-build ## coverage-guided fuzzing: make fuzz FUZZ=envelope SECONDS=600
	tools/fuzz.sh $(TARGET)/fuzzing $(SECONDS) $(FUZZ)

.PHONY: mutants
mutants: $(CARGO_MUTANTS) ## mutation testing of src/domain and src/cfn: make mutants FILES=src/cfn/envelope.rs
	tools/mutants.sh $(CARGO_MUTANTS) $(TARGET)/mutation $(addprefix --file=,$(FILES))

# ---------------------------------------------------------------------------------------------------
##@ Measure

ROUNDS ?= 30

BENCH := $(TARGET)/bench
BENCH_PYTHON := .tools/bench/bin/python
ARCHIVE = $(BENCH_PYTHON) -B benches/python/archive.py
MEASURE = cargo run --profile bench --locked --package measure --

.PHONY: bench
bench: build package package-x86 bare tools-bench ## compare a cold start with a bare Rust function and Python: make bench ROUNDS=60
	$(ARCHIVE) $(BENCH)/bare.zip $(BENCH)/bare/bare/bootstrap
	$(ARCHIVE) $(BENCH)/python.zip benches/python/function.py
	$(MEASURE) cold-start $(TARGET) $(BENCH_PYTHON) "$$($(BENCH_PYTHON) -m certifi)" $(ROUNDS)

.PHONY: bench-delivery
bench-delivery: build ## measure the delivery gate with up to 50,000 accounts
	$(MEASURE) delivery $(TARGET)

.PHONY: bench-docs
bench-docs:
	$(PYTHON) tools/bench_docs.py $(BENCH) docs/performance.md
	$(PYTHON) tools/figures.py stamp "make bench" docs/performance.md
	$(PYTHON) tools/figures.py stamp "make bench-delivery" docs/performance.md

# Names the figures in docs/ that are older than the code that they are about, as `make release` does.
.PHONY: figures
figures:
	$(PYTHON) tools/figures.py check docs/*.md

.PHONY: bare
bare: tools-build
	$(call add-rust-target,$(HOST))
	$(RELEASE) $(HOST) $(CARGO_LAMBDA_BUILD) --package bare --bin bare --target $(call triple,$(HOST)) \
		--lambda-dir $(BENCH)/bare

# ---------------------------------------------------------------------------------------------------
##@ Build

.PHONY: build
build: tools-build
	$(call build-for,$(HOST),$(TARGET)/lambda)

.PHONY: package
package: tools-build tools-local ## zip and template for arm64, in target/package/; package-x86 for x86_64
	$(call package-for,arm64)

.PHONY: package-x86
package-x86: tools-build tools-local
	$(call package-for,x86_64)

# One folder for each architecture: cargo-lambda does not remove the files of the other.
package-for = $(call build-for,$1,$(TARGET)/lambda/$1) \
	&& $(LOCAL)/bin/python -B -m local.package --template template.yaml --architecture $1 \
		--bootstrap $(TARGET)/lambda/$1/bootstrap/bootstrap --output $(TARGET)/package/$1

build-for = $(call add-rust-target,$1) \
	&& $(RELEASE) $1 $(CARGO_LAMBDA_BUILD) --package orgtrail --bin bootstrap --target $(call triple,$1) --lambda-dir $2

# Without rustup the toolchain has the targets that it came with.
add-rust-target = if command -v rustup >/dev/null; then rustup target add $(call triple,$1); fi

# Builds both again in another folder and compares the bytes.
.PHONY: verify-package
verify-package: package package-x86
	tools/verify_package.sh $(TARGET)

.PHONY: clean
clean: ## remove everything that was built, except the tools in .tools/
	cargo clean
	rm -rf $(STATE) .aws-sam

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z0-9-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---------------------------------------------------------------------------------------------------
##@ Deploy

.PHONY: sam-build
sam-build: tools-build tools-sam
	ARCHITECTURE=$(ARCHITECTURE) $(SAM_ENVIRONMENT) $(SAM) build --build-in-source $(SAM_PARAMETERS)

# SAM calls these targets for the functions of the template and sets ARTIFACTS_DIR.
.PHONY: build-Function build-PlanFunction
build-Function build-PlanFunction: tools-build
	$(call build-for,$(ARCHITECTURE),$(TARGET)/lambda/$(ARCHITECTURE))
	cp $(TARGET)/lambda/$(ARCHITECTURE)/bootstrap/bootstrap "$(ARTIFACTS_DIR)"

# The default of STACK is the stack of the function, which contains no custom resources.
TEMPLATE ?= examples/organization-trail.yaml
FUNCTION_STACK ?= orgtrail
.PHONY: plan
plan: tools-plan ## show what a deployment would change: make plan STACK=organization-trail PARAMETERS="TrailName=audit"
	@.tools/plan/bin/python -B tools/plan.py --function-stack $(FUNCTION_STACK) \
		--stack-name $(if $(filter file,$(origin STACK)),organization-trail,$(STACK)) \
		--template-file $(TEMPLATE) --parameter-overrides $(PARAMETERS) || [ $$? -eq 2 ]

.PHONY: deploy
deploy: aws-account sam-build ## deploy to your AWS account: make deploy PARAMETERS="LogBucketName=... LogLevel=DEBUG"
	$(SAM_ENVIRONMENT) $(SAM) deploy --stack-name $(STACK) --resolve-s3 \
		--capabilities CAPABILITY_IAM --no-fail-on-empty-changeset $(SAM_PARAMETERS) \
		$(if $(filter no,$(CONFIRM)),--no-confirm-changeset,--confirm-changeset)

# The architecture is always set, because a stack keeps the old value of a parameter that is not.
ARCHITECTURE ?= $(or $(patsubst Architecture=%,%,$(filter Architecture=%,$(PARAMETERS))),arm64)
SAM_PARAMETERS = --parameter-overrides \
	'$(strip Architecture=$(ARCHITECTURE) $(filter-out Architecture=%,$(PARAMETERS)))'

# Fails before the build, which takes minutes, if there are no credentials.
.PHONY: aws-account
aws-account: tools-sam
	@.tools/sam/bin/python -B tools/account.py

# ---------------------------------------------------------------------------------------------------
##@ Release

RELEASE_FILES = $(LOCAL)/bin/python -B -m local.release

.PHONY: release
release: figures tools-build tools-local $(CARGO_CYCLONEDX) ## all files of a release, in target/release-files/: make release VERSION=0.1.0
	$(RELEASE_FILES) check "$(VERSION)"
	$(call package-for,arm64)
	$(call package-for,x86_64)
	$(RELEASE_FILES) assemble "$(VERSION)" $(TARGET)/package $(CARGO_CYCLONEDX) $(TARGET)/release-files

# Writes the version and the repository's URL from Cargo.toml into the pages.
.PHONY: pages
pages: tools-local
	$(RELEASE_FILES) pages

# ---------------------------------------------------------------------------------------------------
# Tools, and the simulator for the local runs

PYTHON_CODE := benches/python local schemas tools

TOOLS := tools-bench tools-build tools-checkov tools-local tools-plan tools-prose tools-sam

.PHONY: $(TOOLS)
$(TOOLS): tools-%: tools/%.txt
	@$(PYTHON) tools/install.py $< .tools/$*

tools-sam: | $(SAM_STATE)/metadata.json
$(SAM_STATE)/metadata.json:
	mkdir -p $(@D)
	echo '{"telemetryEnabled": false, "lastVersionCheck": 4102444800.0}' >$@

# Without optimization and debug information: a third of the build time, and a check takes seconds.
install-crate = CARGO_PROFILE_DEV_DEBUG=0 cargo install $1 --version $2 --locked --debug --root .tools/$1-$2

$(CARGO_DENY):
	$(call install-crate,cargo-deny,$(CARGO_DENY_VERSION))

$(CARGO_CYCLONEDX):
	$(call install-crate,cargo-cyclonedx,$(CARGO_CYCLONEDX_VERSION))

$(CARGO_MUTANTS):
	$(call install-crate,cargo-mutants,$(CARGO_MUTANTS_VERSION))

.PHONY: simulator
simulator:
	cargo build --locked --bin simulator
