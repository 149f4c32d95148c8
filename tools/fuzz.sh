#!/usr/bin/env bash
# Builds the fuzz targets and runs some of them, one after the other:
#     fuzz.sh DIRECTORY SECONDS TARGET...
set -euo pipefail

directory=$1
seconds=$2
shift 2
host=$(rustc --print host-tuple)

# The flags of `cargo fuzz`, without a sanitizer: the stable toolchain has none. libFuzzer is written in
# C++, so Zig compiles and links it.
coverage="-Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  coverage+=" -Cllvm-args=-sanitizer-coverage-$option"
done
export CXX=$PWD/fuzz/zig-c++
export RUSTFLAGS="$coverage --cfg fuzzing -Clinker=$CXX"
cargo build --release --locked --manifest-path fuzz/Cargo.toml --target "$host" \
  --target-dir "$directory"

for target in "$@"; do
  mkdir -p "$directory/corpus/$target" "fuzz/artifacts/$target"
  "$directory/$host/release/$target" -max_total_time="$seconds" -max_len=8192 -timeout=60 \
    -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target/" -dict=fuzz/words.dict \
    "$directory/corpus/$target" "fuzz/corpus/$target" events
done
