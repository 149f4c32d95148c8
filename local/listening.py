"""The check that a server listens on the loopback address only. Linux shows it in /proc."""

from pathlib import Path

from local.failure import Failure

PROC = Path("/proc")
LISTEN = "0A"
# The address columns of /proc/net/tcp and tcp6, in the byte order of x86_64 and arm64.
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


def check_loopback(server: int) -> None:
    """Fails if the process or one of its descendants accepts connections from other machines.

    Other systems than Linux have no /proc, and there the check does nothing.
    """
    if not (PROC / "net" / "tcp").exists():
        return
    inodes = set().union(*map(sockets, family(server)))
    if ports := sorted(port for port, inode in exposed() if inode in inodes):
        raise Failure(f"a server listens on every interface, on port {', '.join(map(str, ports))}")


def exposed() -> list[tuple[int, str]]:
    """The port and the node number of each socket that listens outside of the loopback."""
    rows = []
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            address, port = local.split(":")
            if state == LISTEN and address not in LOOPBACK:
                rows.append((int(port, 16), rest[5]))
    return rows


def family(server: int) -> set[int]:
    """The process and its descendants."""
    found = {server}
    parents = {
        int(status.parent.name): int(after_name(status).split()[1]) for status in readable("stat")
    }
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def readable(name: str) -> list[Path]:
    return [path for path in PROC.glob(f"[0-9]*/{name}") if path.exists()]


def after_name(status: Path) -> str:
    """The fields of /proc/<pid>/stat after the name, which can contain spaces."""
    try:
        return status.read_text().rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return " Z 0"


def sockets(process: int) -> set[str]:
    """The node numbers of the sockets of a process. It may have ended."""
    inodes = set()
    for file in PROC.glob(f"{process}/fd/*"):
        try:
            target = file.readlink().name
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target.removeprefix("socket:[").rstrip("]"))
    return inodes
