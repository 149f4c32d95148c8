"""Starts MiniStack for `make smoke`, with two more corrections, to its CloudTrail.

Without them, the function cannot update a trail that it has created. They replace entries in
MiniStack's table of operations, so the function still calls MiniStack itself.
"""

import json

from ministack.services import cloudtrail

from local.ministack_cloudformation import main

OPERATIONS = cloudtrail._DISPATCH
create_trail, add_tags = OPERATIONS["CreateTrail"], OPERATIONS["AddTags"]


def create_trail_with_tags(request: dict) -> tuple:
    """MiniStack ignores the TagsList of CreateTrail, which contains the owner tags."""
    status, headers, body = create_trail(request)
    if status == 200:
        arn = json.loads(body)["TrailARN"]
        add_tags({"ResourceId": arn, "TagsList": request.get("TagsList", [])})
    return status, headers, body


def unknown_operation(_request: dict) -> tuple:
    """The error of a Region that does not offer an operation; MiniStack's is about a parameter."""
    return cloudtrail._err("UnknownOperationException", "")


OPERATIONS["CreateTrail"] = create_trail_with_tags
for operation in ("GetInsightSelectors", "GetEventConfiguration"):
    OPERATIONS.setdefault(operation, unknown_operation)

if __name__ == "__main__":
    main()
