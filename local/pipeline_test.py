"""Breaks the files of the Inception Pipeline, and expects the errors of CodePipeline."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from local.failure import Failure
from local.lint import INCEPTION, compare_seeds, walk_on_paper
from local.pipeline import LONGEST_OVERRIDES, Refusal

PROJECT = Path(__file__).parents[1]
SEED = "aws_seed.yml"
ARCHIVE = "infrastructure/capability-global-cloudtrail"
TRAIL = "infrastructure/capability-organization-trail"


class InceptionPipeline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.files = Path(folder.name, "source")
        shutil.copytree(PROJECT / INCEPTION, self.files)

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.files / file).read_text()
        self.assertEqual(text.count(old), 1, f"{old} in {file}")
        (self.files / file).write_text(text.replace(old, new))

    def walk(self) -> list[str]:
        return walk_on_paper(self.files, PROJECT)

    def assert_rejected(self, why: str) -> None:
        with self.assertRaisesRegex(Refusal, why):
            self.walk()

    def test_deploys_pipeline_archive_function_and_trail(self):
        self.assertEqual(
            self.walk(),
            ["inception-pipeline", "global-cloudtrail", "orgtrail", "organization-trail"],
        )

    def test_needs_no_role_in_a_single_account(self):
        parameters = {"Parameters": {"TrailNames": "organization"}}
        (self.files / "infrastructure/capability-function.json").write_text(json.dumps(parameters))
        self.assertEqual(self.walk()[2], "orgtrail")

    def test_rejects_an_unknown_output(self):
        self.replace(f"{ARCHIVE}.yml", "  KmsKeyArn:\n", "  KeyArn:\n")
        self.assert_rejected("no KmsKeyArn in outputs.json of the artifact LogArchive")

    def test_rejects_an_undeclared_artifact(self):
        declared = "[{Name: Source}, {Name: LogArchive}, {Name: Handler}]"
        self.replace(SEED, declared, "[{Name: Source}, {Name: Handler}]")
        self.assert_rejected(
            "PrepareOrganizationTrail: LogArchive is not among its input artifacts"
        )

    def test_rejects_an_artifact_of_a_parallel_action(self):
        self.replace(SEED, "RunOrder: 3", "RunOrder: 2")
        self.assert_rejected("no action before it makes the artifact Handler")

    def test_rejects_an_artifact_without_a_source(self):
        self.replace(
            SEED,
            "                OutputFileName: outputs.json\n                # For the role",
            "                # For the role",
        )
        self.assert_rejected("DeployCloudTrail: an output artifact and an OutputFileName require")

    def test_rejects_an_artifact_with_two_sources(self):
        self.replace(
            SEED, "OutputArtifacts: [{Name: Handler}]", "OutputArtifacts: [{Name: Source}]"
        )
        self.assert_rejected("the artifact Source is made twice")

    def test_rejects_overrides_that_are_too_long(self):
        padding = "x" * LONGEST_OVERRIDES
        self.replace(SEED, '"LogBucketName"', f'"Padding": "{padding}", "LogBucketName"')
        self.assert_rejected(
            "DeployFunction: ParameterOverrides has [0-9]+ characters, more than 1000"
        )

    def test_rejects_an_unplanned_change_set(self):
        prepared = "CHANGE_SET_EXECUTE\n                StackName: !Ref "
        stack = "StageInfrastructureDeployOrganizationTrailStackName"
        name = "\n                ChangeSetName: "
        self.replace(
            SEED, f"{prepared}{stack}{name}!Ref CodePipelineName", f"{prepared}{stack}{name}x"
        )
        self.assert_rejected("no action before it creates the change set x of organization-trail")

    def test_an_approval_is_optional(self):
        self.replace(SEED, 'Default: "No"', 'Default: "Yes"')
        self.assertEqual(self.walk()[-1], "organization-trail")

    def test_rejects_a_missing_file(self):
        (self.files / f"{TRAIL}.json").unlink()
        self.assert_rejected("there is no infrastructure/capability-organization-trail.json")

    def test_rejects_an_unknown_parameter(self):
        self.replace(f"{TRAIL}.json", "ParamExistingTrail", "ParamExistingTrails")
        self.assert_rejected("the template has no parameter ParamExistingTrails")

    def test_rejects_a_template_without_its_parameters(self):
        self.replace(f"{ARCHIVE}.json", '    "ParamBucketPrefix": "exampleorg1-log-archive",\n', "")
        self.assert_rejected("DeployCloudTrail: no value for ParamBucketPrefix")

    def test_rejects_a_value_that_is_not_a_string(self):
        self.replace(f"{ARCHIVE}.json", '"14"', "14")
        self.assert_rejected(
            "ParamTransitionLogsToGlacierAfterThisManyDays in [^ ]+ is not a string"
        )

    def test_rejects_a_value_outside_of_allowed_values(self):
        self.replace(f"{TRAIL}.json", '"Fail"', '"Replace"')
        self.assert_rejected("'Replace' is not allowed for ParamExistingTrail")

    def test_rejects_roles_without_the_capability(self):
        self.replace(SEED, "Capabilities: CAPABILITY_NAMED_IAM", "Capabilities: CAPABILITY_IAM")
        self.assert_rejected("inception-pipeline needs CAPABILITY_NAMED_IAM")

    def test_rejects_a_resource_without_permission_to_create(self):
        topic = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n\n"
        self.replace(f"{TRAIL}.yml", "Resources:\n", topic)
        self.assert_rejected("organization-trail: DeployRole does not allow AWS::SNS::Topic")

    def test_rejects_seed_parameters_that_differ(self):
        self.replace("aws_seed.cli.json", "global-cloudtrail", "cloudtrail")
        with self.assertRaisesRegex(Failure, "StageInfrastructureDeployCloudTrailStackName"):
            compare_seeds(self.files)


class BuildFromRelease(unittest.TestCase):
    """The build of the pipeline, with a folder in place of the URL of a release."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.release, self.work, tools = (
            Path(folder.name, name) for name in ("release", "work", "tools")
        )
        for path in (self.release, self.work, tools):
            path.mkdir()
        scripts = {
            "curl": '#!/bin/sh\nfor url; do :; done\ncp "$url" .\n',
            "aws": '#!/bin/sh\necho "$@" >template.json\n',
        }
        for name, script in scripts.items():
            (tools / name).write_text(script)
            (tools / name).chmod(0o755)
        self.path = f"{tools}:{os.environ['PATH']}"
        files = {
            "orgtrail-arm64.json": "{}",
            "orgtrail-arm64.zip": "code",
            "plan.py": "program",
            "plan.txt": "requirements",
            "another": "file",
        }
        for name, text in files.items():
            (self.release / name).write_text(text)
        self.sums = "".join(f"{checksum(text)}  {name}\n" for name, text in files.items())
        (self.release / "SHA256SUMS").write_text(self.sums)

    def build(self) -> subprocess.CompletedProcess:
        seed = yaml_parse((PROJECT / INCEPTION / SEED).read_text())
        build = seed["Resources"]["Build"]["Properties"]["Source"]["BuildSpec"]
        (script,) = yaml_parse(build)["phases"]["build"]["commands"]
        environment = {
            "PATH": self.path,
            "RELEASE_URL": str(self.release),
            "RELEASE_CHECKSUM": checksum(self.sums),
            "ARTIFACT_BUCKET": "artifacts",
        }
        return subprocess.run(
            ["bash", "-c", script], cwd=self.work, env=environment, capture_output=True, text=True
        )

    def assert_refused(self):
        result = self.build()
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("FAILED", result.stdout)
        self.assertFalse((self.work / "template.json").exists())

    def test_packages_the_template_of_the_release(self):
        self.assertEqual(self.build().returncode, 0)
        self.assertIn(
            "--template-file orgtrail-arm64.json", (self.work / "template.json").read_text()
        )
        self.assertTrue((self.work / "plan.py").exists() and (self.work / "plan.txt").exists())

    def test_refuses_other_checksums(self):
        (self.release / "SHA256SUMS").write_text(self.sums.replace("another", "other"))
        self.assert_refused()

    def test_refuses_other_code(self):
        (self.release / "orgtrail-arm64.zip").write_text("other code")
        self.assert_refused()


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    unittest.main()
