#!/usr/bin/env bash
# Mutation testing of the decisions and the protocol by their unit tests:
#     mutants.sh CARGO_MUTANTS DIRECTORY [OPTION...]
#
# The sources become a separate crate with only the dependencies that they need.
set -euo pipefail

modules=(cfn domain)

cargo_mutants=$1
directory=$(realpath -m "$2")
shift 2
tree=$directory/tree

rm -rf "$tree"
mkdir -p "$tree/src"
cp tests/mutation/Cargo.* rust-toolchain.toml "$tree"
for module in "${modules[@]}"; do
  cp -r "src/$module" "$tree/src"
  echo "pub mod $module;" >>"$tree/src/lib.rs"
done

export CARGO_TARGET_DIR=$directory/target
"$cargo_mutants" mutants --in-place --dir "$tree" --config .cargo/mutants.toml \
  --output "$directory" "$@"
