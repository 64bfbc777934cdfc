"""amqtt as a process of its own: the demonstration's broker where mosquitto is missing."""

import asyncio
import logging
import sys


async def serve(address: str) -> None:
    from amqtt.broker import Broker  # noqa: PLC0415 - an extra

    config = {
        "listeners": {"default": {"type": "tcp", "bind": address, "max_connections": 1000}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    broker = Broker(config)
    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(serve(sys.argv[1]))
