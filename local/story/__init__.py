"""The parts of `make run`: deployments and the checks of their results."""
