"""`make run`: deploys, updates, breaks and deletes the function and its stacks in a local AWS.

It uses the binary that cargo-lambda built, the template of the project, the examples, and a
CloudFormation engine with rollbacks. The simulator of this project replaces CloudTrail,
Organizations, STS and the delivery of log files, because no emulator has the rules of organization
trails. local/pipeline.py carries out the Inception Pipeline in place of CodePipeline.
"""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from local import function, world
from local.local_aws import LocalAws
from local.session import exit_status
from local.stack import Stack
from local.story import archives, inception, readme, seal, single_account
from local.story.alarm import TamperAlarm
from local.story.inception import Inception
from local.story.readme import MinimalStack
from local.story.single_account import SingleAccount
from local.story.trail import CONTROL_TOWER_TRAIL, OrganizationTrail
from local.world import LOG_ARCHIVE_ACCOUNT, MANAGEMENT_ACCOUNT

# Created by examples/organization-trail.yaml. The Inception Pipeline creates another trail.
AUDITED_TRAIL = "audit"
# The bucket rejects its log files.
REFUSED_TRAIL = "refused"
# It delivers no log files.
SILENT_TRAIL = "silent"
# The number of status calls of the delivery gate before the trail reports a delivery.
LATE_LOOKS = 3
# The audited trail reports a delivery at every other status call, more than the story has.
REGULAR_LOOKS = range(0, 200, 2)


def run_all(aws: LocalAws) -> None:
    aws.start()
    archive_of = {AUDITED_TRAIL: archives.deploy_with_everything(aws, AUDITED_TRAIL)}
    archive_of |= {trail: archives.deploy(aws, trail) for trail in (REFUSED_TRAIL, SILENT_TRAIL)}
    minimal = MinimalStack(aws)
    archive_of[readme.TRAIL] = minimal.archive
    single = SingleAccount(aws)
    pipeline = Inception(aws)
    pipeline.deploy_management_role()
    pipeline.plant_seed()
    try:
        for action in pipeline.run("First run"):
            if action.name == "PlanOrganizationTrail":
                aws.start_simulator(seed(aws, pipeline, archive_of, single))
        pipeline.check_trail()
        pipeline.narrow_management_role()
        for _ in pipeline.run("Second run"):
            pass
        pipeline.check_nothing_changed()
        run_trails(aws, archive_of)
        minimal.deploy_and_delete()
        run_alarm(aws, archive_of[AUDITED_TRAIL], pipeline)
        single.deploy()
        single.delete()
        seal.deploy_and_delete(aws, pipeline.archive())
        pipeline.delete_trail()
    finally:
        log = pipeline.keep_function_log()
    function.check_log(log)
    pipeline.delete_rest()
    for archive in archive_of.values():
        archives.delete(archive)


def run_trails(aws: LocalAws, archive_of: dict[str, Stack]) -> None:
    trails = {
        name: OrganizationTrail(aws, name, archive_of[name])
        for name in (AUDITED_TRAIL, REFUSED_TRAIL, SILENT_TRAIL)
    }
    audited = trails[AUDITED_TRAIL]
    audited.create()
    audited.report()
    audited.correct()
    audited.plan_others()
    audited.wait_for_missing_account()
    audited.report_coverage()
    audited.fail_and_roll_back()
    audited.retain()
    audited.adopt()
    trails[REFUSED_TRAIL].fail_to_deliver()
    trails[SILENT_TRAIL].wait_for_missing_delivery()


def run_alarm(aws: LocalAws, archive: Stack, pipeline: Inception) -> None:
    alarm = TamperAlarm(aws, archive, pipeline.function())
    alarm.deploy()
    alarm.match()
    alarm.notify()
    alarm.delete()


def seed(
    aws: LocalAws, pipeline: Inception, archive_of: dict[str, Stack], single: SingleAccount
) -> Path:
    """The seed of the simulator, with the policies of the deployed buckets, keys and role."""
    logs = world.log_files_of(MANAGEMENT_ACCOUNT, LOG_ARCHIVE_ACCOUNT)
    buckets, keys = {}, []
    for stack in (*archive_of.values(), pipeline.archive(), single.archive):
        outputs, account = stack.outputs(), archives.account_of(stack)
        s3, kms = (aws.client(service, account) for service in ("s3", "kms"))
        buckets[outputs["BucketName"]] = world.seeded_bucket(s3, outputs["BucketName"], account)
        keys.append(world.seeded_key(kms, outputs["KmsKeyArn"]))
    surroundings = {
        "trails": [world.organization_trail(CONTROL_TOWER_TRAIL)],
        "buckets": buckets,
        "keys": keys,
        "principals": {LOG_ARCHIVE_ACCOUNT: pipeline.function_role_arn()},
        "assumable_roles": pipeline.assumable_roles(),
        "deliveries_of_new_trails": {
            inception.TRAIL: [world.delivery(logs, LATE_LOOKS)],
            AUDITED_TRAIL: [world.delivery(logs, looks) for looks in REGULAR_LOOKS],
            single_account.TRAIL: [world.delivery(logs)],
            readme.TRAIL: [world.delivery(logs)],
            REFUSED_TRAIL: [world.delivery(world.refused_with("AccessDenied"))],
        },
    }
    return world.write_seed(aws.directory / "world.json", surroundings)


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--project", type=Path, default=Path.cwd())
    parser.add_argument("--bootstrap", type=Path, required=True)
    parser.add_argument("--simulator", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    return parser.parse_args()


def main() -> int:
    options = parsed_arguments()

    def run(directory: Path, running: ExitStack) -> None:
        run_all(LocalAws(options, directory, running))

    return exit_status(options.state, run)


if __name__ == "__main__":
    sys.exit(main())
