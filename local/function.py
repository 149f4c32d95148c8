"""The function in the local AWS: its stack's template with its code, and its log."""

import json
from collections.abc import Mapping
from pathlib import Path

from local import package, show

# Short, because some checks wait until the timeout.
FUNCTION_SECONDS = 20


def packaged(project: Path, bootstrap: Path, s3, bucket: str, endpoints: Mapping[str, str]) -> str:
    """The project's template with the code in a new bucket; `endpoints` names a server for a
    service.
    """
    code = package.zipped(bootstrap)
    show.note(f"{bootstrap} is {len(code) / 1e6:.1f} MB as a zip")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=package.ZIP, Body=code)
    location = {"S3Bucket": bucket, "S3Key": package.ZIP}
    environment = {f"AWS_ENDPOINT_URL_{name}": endpoint for name, endpoint in endpoints.items()}
    environment |= {
        # MiniStack's response URLs use HTTP, on its own port.
        "ALLOW_HTTP_RESPONSE_URL": "true",
        # Lambda sets it from the template's LoggingConfig; MiniStack does not.
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
    }
    return package.packaged(project / "template.yaml", location, environment, FUNCTION_SECONDS)


def log(logs, group: str) -> list[str]:
    """The lines in the log of a function."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"].rstrip("\n") for page in pages for event in page["events"]]


def completed_steps(logs, group: str, trail: str) -> list[str]:
    """The operations that the function has changed a trail with."""
    messages = [json.loads(line) for line in log(logs, group) if line.startswith("{")]
    steps = [it["step"] for it in messages if "step" in it and it.get("trail") == trail]
    return [step.partition("(")[0] for step in steps]


def keep_log(logs, group: str, file: Path) -> str:
    """Writes the log of the function to `file`."""
    text = "".join(f"{line}\n" for line in log(logs, group))
    file.write_text(text)
    return text


def check_log(log: str) -> None:
    """The holder of a response URL can respond to CloudFormation."""
    show.check(
        bool(log) and "/cfn-response/" not in log, "the function's log contains no response URL"
    )
