"""Checks templates against the security practices of checkov: lint_security.py CHECKOV TEMPLATE...

Comments at the resources suppress the findings that stay, with their reasons. Each is listed in
docs/security-controls.md. checkov uses no network here.
"""

import json
import subprocess
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

PAGE = Path("docs/security-controls.md")
# --skip-download: without it, checkov fetches links to explanations of its checks.
OPTIONS = ["--framework", "cloudformation", "--skip-download", "--output", "json"]


def main(checkov: str, templates: list[str]) -> int:
    # Status 1 means findings. They are in the report.
    run = subprocess.run(
        [checkov, *OPTIONS, "--file", *templates], capture_output=True, text=True, check=False
    )
    if run.returncode not in (0, 1):
        print(run.stderr, file=sys.stderr)
        return run.returncode
    report = json.loads(run.stdout)
    results = report["results"]
    passed, failed, skipped = (
        results[f"{outcome}_checks"] for outcome in ("passed", "failed", "skipped")
    )
    problems = [f"{file}: checkov cannot read it" for file in results["parsing_errors"]]
    problems += [f"{place(check)}: {check['check_id']} {check['check_name']}" for check in failed]
    problems += [
        f"{place(check)}: {check['check_id']} is suppressed without a reason"
        for check in skipped
        if not reason(check)
    ]
    page = PAGE.read_text()
    suppressed = {(check["check_id"], check["resource"].rpartition(".")[2]) for check in skipped}
    problems += [
        f"{PAGE} does not list {check} of {resource}"
        for check, resource in suppressed
        if not any(check in line and f"`{resource}`" in line for line in page.splitlines())
    ]
    # Resources that checkov does not find would pass.
    found, declared = report["summary"]["resource_count"], sum(map(resources, templates))
    if found != declared:
        problems.append(f"checkov has found {found} of {declared} resources")
    for problem in sorted(problems):
        print(problem, file=sys.stderr)
    print(f"checkov: {len(passed)} passed, {len(failed)} failed, {len(skipped)} suppressed")
    return 1 if problems else 0


def resources(template: str) -> int:
    return len(yaml_parse(Path(template).read_text())["Resources"])


def place(check: dict) -> str:
    return f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]}: {check['resource']}"


def reason(check: dict) -> str:
    text = check["check_result"].get("suppress_comment", "")
    return "" if text == "No comment provided" else text.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
