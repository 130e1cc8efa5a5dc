"""Logging: one line per event, readable in development, JSON in production."""

import logging
import sys

import structlog

from core.settings import WebSettings


def configure_logging(web: WebSettings) -> None:
    """Set up structlog, and the standard library's logging to look like it."""
    level = logging.getLevelNamesMapping()[web.log_level]
    renderer = structlog.processors.JSONRenderer() if web.production else structlog.dev.ConsoleRenderer(colors=False)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
