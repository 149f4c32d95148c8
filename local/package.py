"""`make package`: the function as a zip and a plain CloudFormation template, to deploy without SAM.

What comes out depends on the binary and the template alone, byte for byte, but for the zlib that
Python has: another one may compress the same binary otherwise. The template names the zip as a file
beside it; `aws cloudformation package` uploads that and writes where it is. The same template is
what `make run` deploys, and what `make lint-templates` checks, without a zip.
"""

import argparse
import hashlib
import io
import json
import platform
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

FUNCTION = "Function"
ZIP = "bootstrap.zip"
BUCKET = "orgtrail-artifacts"
# Lambda starts the file of this name, and only if everybody may execute it.
ENTRY = "bootstrap"
ENTRY_MODE = 0o100755
# The earliest that the format knows.
ENTRY_DATE = (1980, 1, 1, 0, 0, 0)
# All that the translator asks of a session with AWS. Any Region will do: the template is the same.
SESSION = SimpleNamespace(region_name="us-east-1")


def architecture() -> str:
    """This machine's processor, as Lambda calls it: the local AWS runs the binary as it is."""
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
    """The project's template as CloudFormation has it once SAM's transform is done."""
    document = yaml_parse(template.read_text())
    function = document["Resources"][FUNCTION]
    # How SAM is to build it; here it is built.
    del function["Metadata"]
    # SAM takes no local file here, and CloudFormation's own packaging does.
    function["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": ZIP}
    translator = Translator(None, Parser(), boto_session=SESSION)
    # The template uses no managed policy, of which the translator would need the ARNs.
    translated = translator.translate(document, parameter_values={}, get_managed_policy_map=dict)
    properties = translated["Resources"][FUNCTION]["Properties"]
    properties["Code"] = code
    tags = properties.pop("Tags")
    tags.remove({"Key": "lambda:createdBy", "Value": "SAM"})
    if tags:
        properties["Tags"] = tags
    # Of code for one processor, the other executes nothing and no stack gets an answer.
    translated["Parameters"]["Architecture"] |= {"Default": processor, "AllowedValues": [processor]}
    return translated


def packaged(template: Path, s3, code: bytes, environment: Mapping[str, str], timeout: int) -> str:
    """The plain template with its code uploaded, the local variables added and less time."""
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=ZIP, Body=code)
    document = plain(template, architecture(), {"S3Bucket": BUCKET, "S3Key": ZIP})
    properties = document["Resources"][FUNCTION]["Properties"]
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
