"""The parts of `make run`, each with what it deploys and what then has to hold."""
