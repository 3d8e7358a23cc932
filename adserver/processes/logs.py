"""Structured logs: one JSON object a line on standard error, or readable lines for a person's terminal."""

import logging
import sys

import structlog

MAX_CHARS = 2_000
"""No value in a log line is longer: strangers' texts end up in some of them."""


class _Forward(logging.Handler):
    """Says what libraries say through the same processors: one object a line, values capped."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno, record.getMessage(), library=record.name, exc_info=record.exc_info
        )


def configure(process: str) -> None:
    """Set up logging for this process; call again after a fork with the new name."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _capped,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.configure(
        processors=[_naming(process), *structlog.get_config()["processors"]],
    )
    # Libraries: only what is worth waking somebody for, in the same form.
    logging.basicConfig(level=logging.WARNING, handlers=[_Forward()], force=True)


def _naming(process: str) -> structlog.typing.Processor:
    def name(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event["process"] = process
        return event

    return name


def _capped(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {
        key: value[:MAX_CHARS] + "..."
        if isinstance(value, str) and len(value) > MAX_CHARS
        else value
        for key, value in event.items()
    }
