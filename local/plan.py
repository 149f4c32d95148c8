"""Runs tools/plan.py against the local AWS, as a user does."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local import show
from local.failure import Failure
from local.world import REGION

NO_CHANGES, ERROR, CHANGES = 0, 1, 2


class Plans:
    """The plans of deployments in one account."""

    def __init__(self, project: Path, endpoint: str, account: str):
        self.program = project / "tools" / "plan.py"
        self.environment = os.environ | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    def show(self, stack: str, *arguments: str) -> tuple[int, dict[str, dict]]:
        """Prints the plan of a stack; returns the exit status, and the plans by logical ID."""
        status, text = self.run(
            stack, *arguments, "--color", "always" if show.wants_colour() else "never"
        )
        for line in text.splitlines():
            show.note(line)
        same_status, document = self.run(stack, *arguments, "--json")
        show.check(same_status == status, f"the exit status is {status}")
        plans = json.loads(document)["Resources"]
        return status, {plan["LogicalResourceId"]: plan for plan in plans}

    def run(self, stack: str, *arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-B", self.program, "--stack-name", stack, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if done.stderr:
            raise Failure(f"tools/plan.py failed: {done.stderr}")
        return done.returncode, done.stdout


def with_values(parameters: Mapping[str, str]) -> list[str]:
    return ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]


def operations(plan: dict) -> list[str]:
    return [step["Operation"] for step in plan["Steps"]]
