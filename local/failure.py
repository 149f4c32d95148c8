"""What ends a run early."""


class Failure(Exception):
    """Something is not as it has to be; the message is for whoever started the run."""
