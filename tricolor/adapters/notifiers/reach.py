"""Whether a host answers, with TLS where the address asks for it; nothing is sent to it."""

import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

TIMEOUT_S: Final = 4.0


def reach_fault(url: str, timeout_s: float = TIMEOUT_S) -> str:
    """What keeps us from the host of an address (https unless it says http), "" when nothing does; the address's path stays untold."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
    try:
        with socket.create_connection((host, port), timeout_s) as plain:
            if parts.scheme == "http":
                return ""
            with ssl.create_default_context().wrap_socket(plain, server_hostname=host):
                return ""
    except ssl.SSLCertVerificationError as error:
        return f"{host}:{port}: {error.verify_message}"
    except OSError as error:
        return f"{host}:{port}: {error.strerror or type(error).__name__}"
