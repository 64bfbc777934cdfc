"""Health of a container: every argument answers.

An address (http://…) must say 200; a setting's name (TRICOLOR_MQTT) must name a server that listens.
"""

import os
import socket
import sys
import urllib.request
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443, "postgresql": 5432}
TIMEOUT_S = 4


def check(what: str) -> None:
    """OSError when it does not answer, KeyError when the setting is missing."""
    if what.startswith("http"):
        urllib.request.urlopen(what, timeout=TIMEOUT_S).close()  # noqa: S310 - our own addresses
        return
    address = os.environ[what]
    parts = urlsplit(address if "://" in address else f"//{address}")
    port = parts.port or PORTS[parts.scheme.split("+")[0]]
    socket.create_connection((parts.hostname or "", port), timeout=TIMEOUT_S).close()


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        try:
            check(argument)
        except (OSError, KeyError) as error:
            sys.exit(f"{argument}: {error}")
