"""What `sam package` does, without SAM: the function's code in S3, the template pointing there."""

import io
import json
import platform
import zipfile
from collections.abc import Mapping
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

FUNCTION = "Function"
BUCKET = "orgtrail-artifacts"


def architecture() -> str:
    """This machine's processor, as Lambda calls it: the local AWS runs the binary as it is."""
    return {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[
        platform.machine().lower()
    ]


def zipped(bootstrap: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        package.write(bootstrap, "bootstrap")
    return archive.getvalue()


def packaged(template: Path, s3, code: bytes, environment: Mapping[str, str], timeout: int) -> str:
    """The project's template with its code uploaded, the local variables added and less time."""
    s3.create_bucket(Bucket=BUCKET)
    key = "bootstrap.zip"
    s3.put_object(Bucket=BUCKET, Key=key, Body=code)
    document = yaml_parse(template.read_text())
    properties = document["Resources"][FUNCTION]["Properties"]
    properties["CodeUri"] = {"Bucket": BUCKET, "Key": key}
    properties["Timeout"] = timeout
    properties["Environment"]["Variables"].update(environment)
    return json.dumps(document)
