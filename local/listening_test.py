"""Opens a port on every interface, and expects the check of the local servers to find it."""

import os
import socket
import unittest

from local.failure import Failure
from local.listening import PROC, check_loopback


@unittest.skipUnless((PROC / "net" / "tcp").exists(), "only Linux shows the sockets of a process")
class Listening(unittest.TestCase):
    def listen(self, address: str) -> int:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        server = socket.socket(family)
        self.addCleanup(server.close)
        server.bind((address, 0))
        server.listen()
        return server.getsockname()[1]

    def test_accepts_the_loopback_address(self):
        self.listen("127.0.0.1")
        check_loopback(os.getpid())

    def test_refuses_every_interface(self):
        port = self.listen("0.0.0.0")
        with self.assertRaisesRegex(Failure, f"on port {port}"):
            check_loopback(os.getpid())

    def test_refuses_every_interface_of_version_6(self):
        if not socket.has_ipv6:
            self.skipTest("no IPv6")
        port = self.listen("::")
        with self.assertRaisesRegex(Failure, f"on port {port}"):
            check_loopback(os.getpid())


if __name__ == "__main__":
    unittest.main()
