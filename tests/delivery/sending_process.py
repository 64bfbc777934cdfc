"""A sender as a process of its own, for tests that kill it: python sending_process.py LEDGER_URL RECEIVER_URL NAME [die]

Posts each message to the receiver; with "die" it is killed by itself (SIGKILL) right after the first answer, before it is written down.
Runs until its standard input is closed.
"""

import os
import random
import signal
import sys
import threading
import time

import httpx

from alerting.sender import Sender
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.delivery import Accepted, ErrorClass, Failed
from tricolor.ports import Outgoing

LEASE_S = 1.5


class Posting:
    """Channel "sms" over loopback HTTP."""

    channel = "sms"

    def __init__(self, url: str, name: str, *, dies: bool) -> None:
        self._client, self._url, self._name, self._dies = httpx.Client(timeout=5.0), url, name, dies

    def send(self, message: Outgoing) -> Accepted | Failed:
        said = {"id": message.id, "to": message.address, "light": message.light, "by": self._name, "repeat": message.is_possible_repeat}
        try:
            answer = self._client.post(self._url, json=said)
        except httpx.ConnectError as error:
            return Failed(ErrorClass.RETRY, "connect", type(error).__name__)
        if self._dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return Accepted(str(message.id)) if answer.status_code == 200 else Failed(ErrorClass.RETRY, f"http.{answer.status_code}", "")


class ShortLease(OutboxSql):
    """A lease that a test can wait for."""

    def claim(self, now, limit, lease_s, channels):  # type: ignore[no-untyped-def]
        return super().claim(now, limit, LEASE_S, channels)


def main() -> None:
    ledger_url, receiver, name, *rest = sys.argv[1:]
    ledger = LedgerEngine(ledger_url)
    limits = {"sms": [ChannelLimit(True, 40, 3600.0, 0, "test", "test")]} if "limited" in rest else {}
    sender = Sender(ShortLease(ledger, limits), Posting(receiver, name, dies="die" in rest), random.random)
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    print("ready", flush=True)
    while not stop.is_set():
        if not sender.run_once(time.time_ns() // 1000):
            stop.wait(0.05)


if __name__ == "__main__":
    main()
