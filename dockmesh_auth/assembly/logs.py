"""How logs look: lines for people at a terminal, JSON for everything else."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog

__all__ = ["configure_logs"]

_TOLD: Final = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure_logs(*, level: int = logging.INFO) -> None:
    """Send structured logs to standard error.

    What libraries log by `logging` from WARNING on, the server's among it, has the same form: a
    program that reads the lines meets no other. Tracebacks never show values of variables.
    """
    people = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*_TOLD, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(max(level, logging.WARNING))  # also while somebody lowers the root's
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_TOLD,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
