"""The error that ends a run."""


class Failure(Exception):
    """A check failed, or a server did not start. The run prints the message."""
