#!/usr/bin/env bash
# Builds both packages again with another source folder, target folder and cargo home, and fails if the
# bytes differ or a binary contains a path of this machine:
#     verify_package.sh TARGET
set -euo pipefail

target=$1
cargo_home=${CARGO_HOME:-$HOME/.cargo}
elsewhere=$(realpath -m "$target/elsewhere")

rm -rf "$elsewhere"
mkdir -p "$elsewhere/source" "$elsewhere/cargo"
tar -cf - --exclude="./$target" --exclude=./{target,.tools,.aws-sam,.git} . | tar -xf - -C "$elsewhere/source"
ln -s "$PWD/.tools" "$elsewhere/source/.tools"
ln -s "$cargo_home"/* "$elsewhere/cargo"
CARGO_HOME=$elsewhere/cargo make -C "$elsewhere/source" CARGO_TARGET_DIR=built package package-x86

for file in {arm64,x86_64}/{bootstrap.zip,template.json}; do
  cmp "$target/package/$file" "$elsewhere/source/built/package/$file"
done
if grep -lF -e "$PWD" -e "$cargo_home" "$target"/lambda/{arm64,x86_64}/bootstrap/bootstrap; then
  echo "the binaries above contain a path of this machine" >&2
  exit 1
fi
