"""Structured logs: one JSON object a line on standard error, or readable lines for a person's terminal."""

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import TextIO, cast

import structlog

MAX_CHARS = 2_000
"""No value in a log line is longer: strangers' texts end up in some of them."""
STDERR = 2
QUOTES_NOBODY = frozenset({"process_failed"})
"""Events whose exceptions cannot quote a request: they come when no request is at hand."""
LINES_PER_S = 20
"""More lines of one kind are left out and counted: a stranger can cause them as fast as they like."""


class _Stderr:
    """Standard error as a file of whole lines that never fails: a disk full of logs must not end the server.

    What could not be written is counted, and said as soon as something can be written again.
    """

    def __init__(self, process: str) -> None:
        self._process = process
        self._lost = 0
        self._torn = False
        """The last line is unfinished."""

    def write(self, line: str) -> None:
        """Write a line, or count it as lost."""
        if self._lost:
            told = {"event": "log_lines_lost", "count": self._lost, "level": "error"}
            if not self._put(json.dumps({**told, "process": self._process}) + "\n"):
                self._lost += 1
                return
            self._lost = 0
        if not self._put(line):
            self._lost += 1

    def flush(self) -> None:
        """Nothing is kept back."""

    def _put(self, line: str) -> bool:
        data = ("\n" * self._torn + line).encode("utf-8", "backslashreplace")
        done = 0
        try:
            while done < len(data):
                done += os.write(STDERR, data[done:])
        except OSError:  # where should it be said? It is counted, and told later
            self._torn = self._torn or done > 0
            return False
        self._torn = False
        return True


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
    file: TextIO = sys.stderr if sys.stderr.isatty() else cast(TextIO, _Stderr(process))
    structlog.configure(
        processors=[
            Ration(),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traced,
            _capped,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.WriteLogger(file),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.configure(
        processors=[_naming(process), *structlog.get_config()["processors"]],
    )
    # Libraries: only what is worth waking somebody for, in the same form.
    logging.basicConfig(level=logging.WARNING, handlers=[_Forward()], force=True)


class Ration:
    """Lets so many lines of each kind pass in a second; the next one that passes says how many did not."""

    def __init__(self, per_s: int = LINES_PER_S, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._now = now
        self._kinds: dict[str, _Kind] = {}

    def __call__(
        self, _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        """Return the event, or drop it."""
        # A library's texts may be a stranger's: there are as many as they like. Our own events are few.
        name = str(event.get("library") or event.get("event"))
        kind = self._kinds.setdefault(name, _Kind())
        second = int(self._now())
        if kind.second != second:
            kind.second, kind.passed = second, 0
        kind.passed += 1
        if kind.passed > self._per_s:
            kind.left_out += 1
            raise structlog.DropEvent
        if kind.left_out:
            event["left_out"], kind.left_out = kind.left_out, 0
        return event


class _Kind:
    __slots__ = ("left_out", "passed", "second")

    def __init__(self) -> None:
        self.second = self.passed = self.left_out = 0


def _naming(process: str) -> structlog.typing.Processor:
    def name(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event["process"] = process
        return event

    return name


def _traced(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Tell where an exception came from and of which kind it is, but not its message: that may quote a request,
    and with it a person.
    """
    raised = event.pop("exc_info", None)
    error = (
        sys.exc_info()[1] if raised is True else raised[1] if isinstance(raised, tuple) else raised
    )
    if isinstance(error, BaseException):
        quotable = event.get("event") in QUOTES_NOBODY
        event["exception"] = "".join(
            "".join(traceback.format_exception(each, chain=False))
            if quotable
            else "".join(traceback.format_tb(each.__traceback__)) + type(each).__qualname__ + "\n"
            for each in _causes(error)
        )
    return event


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what led to an exception, the first of all first."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _causes(cause)
    yield error


def _capped(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {
        key: value[:MAX_CHARS] + "..."
        if isinstance(value, str) and len(value) > MAX_CHARS
        else value
        for key, value in event.items()
    }
