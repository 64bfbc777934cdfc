"""Logging of the processes: one line an event, with its facts; never a secret."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from tricolor.domain.document_print import plain


def _visible(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Words of others cannot begin a line of their own, act in the terminal, or turn what stands beside them."""
    return {name: " ".join(plain(each).split("\n")) if isinstance(each, str) else each for name, each in event.items()}


def configure(level: str, is_json: bool = False) -> None:
    """Events at or over the level to stderr, readable in a terminal, JSON elsewhere when asked."""
    number = getattr(logging, level.upper(), logging.INFO)
    logging.basicConfig(level=max(number, logging.WARNING), format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)  # others print variables
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            _visible,
            structlog.processors.format_exc_info if is_json else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
