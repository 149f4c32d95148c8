#!/usr/bin/env bash
# Checks the templates, those in the documentation, the files of the pipeline, and the checks of a
# release:
#     lint_templates.sh TOOLS CHECKOV OUTPUT ARCHITECTURE
set -euo pipefail

tools=$1
checkov=$2
output=$3
architecture=$4
templates=(template.yaml examples/*.yaml examples/inception-pipeline/*.yml
  examples/inception-pipeline/*/*.yml)

"$tools/cfn-lint" local/smoke.yaml "${templates[@]}"
"$tools/python" -B tools/lint_security.py "$checkov" "${templates[@]}"
"$tools/python" -B tools/lint_documents.py
"$tools/python" -B tools/figures.py named docs/*.md
"$tools/python" -B tools/figures_test.py
"$tools/python" -B -m local.package --template template.yaml --architecture "$architecture" \
  --output "$output"
# W3002: the code of the plain template is a local file until it is packaged.
"$tools/cfn-lint" --ignore-checks W3002 -- "$output/template.json"
"$tools/python" -B -m local.lint
"$tools/python" -B -m unittest local.pipeline_test local.plan_test local.release_test \
  local.listening_test
