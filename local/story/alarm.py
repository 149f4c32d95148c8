"""The tamper alarm of examples/tamper-alarm.yaml: what it hears, and what people then read."""

import json

from local import show
from local.local_aws import LocalAws, trail_arn
from local.stack import Stack
from local.world import LOG_ARCHIVE_ACCOUNT, MANAGEMENT_ACCOUNT, REGION

TRAIL = trail_arn("audit")
CLOUDTRAIL, CONFIG = "cloudtrail.amazonaws.com", "config.amazonaws.com"
SOMEBODY = f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:user/mallory"
# EventBridge lets nobody else send events of AWS's own, so the message is tried with this source.
LOCAL_SOURCE = "orgtrail.local"


class TamperAlarm:
    """The alarm beside one log archive; in the management account it would be without that."""

    def __init__(self, aws: LocalAws, archive: Stack):
        self.aws = aws
        self.events = aws.client("events")
        outputs = archive.outputs()
        self.bucket, self.key = outputs["BucketName"], outputs["KmsKeyArn"]
        self.stack = aws.stack("tamper-alarm")

    def deploy(self) -> None:
        show.heading(f"The tamper alarm in account {LOG_ARCHIVE_ACCOUNT}")
        parameters = {"LogBucketName": self.bucket, "KmsKeyArn": self.key}
        self.stack.create(self.aws.example("tamper-alarm"), parameters)
        show.table(self.stack.outputs())

    def listen(self) -> None:
        """Shows the rules what they are for, and what is like it and is not."""
        show.heading("What the alarm hears")
        rule = "TrailTampering"
        self.check_heard(rule, call("cloudtrail", "StopLogging", name=TRAIL))
        self.check_heard(rule, call("cloudtrail", "PutEventSelectors", trailName="audit"))
        self.check_unheard(rule, call("cloudtrail", "StartLogging", name=TRAIL))
        self.check_heard(rule, call("cloudtrail", "RemoveTags", tagsList=tags("OrgTrail/Stack")))
        self.check_unheard(rule, call("cloudtrail", "RemoveTags", tagsList=tags("Purpose")))
        switched_off = call("organizations", "DisableAWSServiceAccess", servicePrincipal=CLOUDTRAIL)
        self.check_heard(rule, switched_off)
        switched_off = call("organizations", "DisableAWSServiceAccess", servicePrincipal=CONFIG)
        self.check_unheard(rule, switched_off)
        rule = "LogArchiveTampering"
        self.check_heard(rule, call("s3", "PutBucketPolicy", bucketName=self.bucket))
        self.check_unheard(rule, call("s3", "PutBucketPolicy", bucketName="another"))
        self.check_heard(rule, of_key(self.key, call("kms", "DisableKey", keyId="alias/logs")))
        self.check_unheard(rule, of_key(f"{self.key}0", call("kms", "DisableKey", keyId="another")))

    def check_heard(self, rule: str, event: dict) -> None:
        show.check(self.matches(rule, event), f"{rule} hears {told(event)}")

    def check_unheard(self, rule: str, event: dict) -> None:
        show.check(not self.matches(rule, event), f"and does not mind {told(event)}")

    def matches(self, rule: str, event: dict) -> bool:
        answer = self.events.test_event_pattern(
            EventPattern=self.pattern(rule), Event=json.dumps(event)
        )
        return answer["Result"]

    def pattern(self, rule: str) -> str:
        return self.events.describe_rule(Name=self.stack.physical_id(rule))["EventPattern"]

    def alarm(self) -> None:
        show.heading("What people read")
        sns, sqs = self.aws.client("sns"), self.aws.client("sqs")
        queue = sqs.create_queue(QueueName="people")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        sns.subscribe(
            TopicArn=self.stack.outputs()["TopicArn"],
            Protocol="sqs",
            Endpoint=attributes["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
        pattern = json.loads(self.pattern("TrailTampering")) | {"source": [LOCAL_SOURCE]}
        rule = self.stack.physical_id("TrailTampering")
        self.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        event = call("cloudtrail", "StopLogging", name=TRAIL)
        self.events.put_events(
            Entries=[
                {
                    "Source": LOCAL_SOURCE,
                    "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]),
                }
            ]
        )
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)
        messages = [message["Body"] for message in answer.get("Messages", [])]
        for line in "\n".join(messages).splitlines():
            show.note(line)
        said = f"{SOMEBODY} called StopLogging (cloudtrail.amazonaws.com) on: {TRAIL}"
        show.check(
            len(messages) == 1 and said in messages[0],
            "one message says who did what to which trail",
        )
        sqs.delete_queue(QueueUrl=queue)

    def delete(self) -> None:
        show.heading("The alarm is taken down")
        self.stack.delete()


def call(service: str, name: str, /, **parameters: object) -> dict:
    """An API call as CloudTrail reports it to EventBridge."""
    return {
        "version": "0",
        "id": "12345678-1234-1234-1234-123456789012",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": MANAGEMENT_ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": REGION,
        "resources": [],
        "detail": {
            "eventTime": "2026-01-01T00:00:00Z",
            "eventID": "87654321-4321-4321-4321-210987654321",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "sourceIPAddress": "192.0.2.1",
            "userIdentity": {"type": "IAMUser", "arn": SOMEBODY},
            "requestParameters": parameters,
        },
    }


def of_key(arn: str, event: dict) -> dict:
    resources = [{"accountId": LOG_ARCHIVE_ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]
    return event | {"detail": event["detail"] | {"resources": resources}}


def tags(key: str) -> list[dict]:
    return [{"key": key, "value": "somebody"}]


def told(event: dict) -> str:
    parameters = json.dumps(event["detail"]["requestParameters"])
    return f"{event['detail']['eventName']} {parameters}"
