"""`make package`: a zip of the function and a CloudFormation template, to deploy without SAM.

The output depends only on the binary, the template and the zlib of Python: another zlib can
compress the same binary differently. The template refers to the zip as a file in the same folder;
`aws cloudformation package` uploads the file and writes its location into the template. `make run`
deploys the same template, and `make lint-templates` checks it.
"""

import argparse
import hashlib
import io
import json
import logging
import platform
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

FUNCTIONS = ("Function", "PlanFunction")
APPLICATION = "AWS::ServerlessRepo::Application"
ZIP = "bootstrap.zip"
BUCKET = "orgtrail-artifacts"
# Lambda starts the file of this name, which all users must be allowed to execute.
ENTRY = "bootstrap"
ENTRY_MODE = 0o100755
# The earliest date of the zip format.
ENTRY_DATE = (1980, 1, 1, 0, 0, 0)
# The translator warns that its usage data is not collected.
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
# The translator reads only the Region, which does not change the template.
SESSION = SimpleNamespace(region_name="us-east-1")


def architecture() -> str:
    """The architecture of this machine, in the terms of Lambda. The local AWS runs the binary."""
    return {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[
        platform.machine().lower()
    ]


def zipped(bootstrap: Path) -> bytes:
    entry = zipfile.ZipInfo(ENTRY, ENTRY_DATE)
    entry.create_system = 3  # Unix, wherever this runs
    entry.external_attr = ENTRY_MODE << 16
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr(entry, bootstrap.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return archive.getvalue()


def plain(template: Path, processor: str, code: str | dict) -> dict:
    """The template of the project after the SAM transform."""
    document = yaml_parse(template.read_text())
    # `aws cloudformation package` would upload the files that it names. A release has them.
    del document["Metadata"][APPLICATION]
    for function in FUNCTIONS:
        # The build instructions for SAM. The functions are already built.
        del document["Resources"][function]["Metadata"]
    # The SAM transform accepts no local file. `aws cloudformation package` does.
    document["Globals"]["Function"]["CodeUri"] = {"Bucket": BUCKET, "Key": ZIP}
    translator = Translator(None, Parser(), boto_session=SESSION)
    # The template uses no managed policy, so the translator needs no ARNs of managed policies.
    translated = translator.translate(document, parameter_values={}, get_managed_policy_map=dict)
    for function in FUNCTIONS:
        properties = translated["Resources"][function]["Properties"]
        properties["Code"] = code
        tags = properties.pop("Tags")
        tags.remove({"Key": "lambda:createdBy", "Value": "SAM"})
        if tags:
            properties["Tags"] = tags
    # The other architecture cannot execute the code, and no stack would get a response.
    translated["Parameters"]["Architecture"] |= {"Default": processor, "AllowedValues": [processor]}
    return translated


def application(template: Path) -> dict:
    """The entry of the project in the AWS Serverless Application Repository."""
    return yaml_parse(template.read_text())["Metadata"][APPLICATION]


def packaged(
    template: Path, location: dict[str, str], environment: Mapping[str, str], timeout: int
) -> str:
    """The template with the location of its code, local environment variables and a shorter
    timeout.
    """
    document = plain(template, architecture(), location)
    for function in FUNCTIONS:
        properties = document["Resources"][function]["Properties"]
        properties["Timeout"] = timeout
        properties["Environment"]["Variables"].update(environment)
    return json.dumps(document)


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make package", description=__doc__)
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], required=True)
    parser.add_argument("--bootstrap", type=Path, help="without it, only the template is written")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write to")
    return parser.parse_args()


def main() -> None:
    options = parsed_arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    document = plain(options.template, options.architecture, ZIP)
    template = options.output / "template.json"
    template.write_text(json.dumps(document, indent=2) + "\n")
    if options.bootstrap:
        code = zipped(options.bootstrap)
        (options.output / ZIP).write_bytes(code)
        print(f"{hashlib.sha256(code).hexdigest()}  {options.output / ZIP} ({len(code):,} bytes)")
        print(f"{hashlib.sha256(template.read_bytes()).hexdigest()}  {template}")


if __name__ == "__main__":
    main()
