"""Log lines of long-lived programs: one JSON object a line, on standard output.

Whoever started the program keeps the lines (the launcher in a rotating file, the streaming task in the
task's log), and may read fields from them, such as a feeder's progress.
"""

import logging
import sys

import structlog


def write_json_lines(program: str) -> None:
    """Send every structlog line of this process to standard output as JSON.

    Args:
        program: goes into each line, so that lines of several programs can be told apart.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(program=program)
    # A line must be out before a kill -9, or it tells nothing of it.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a TextIOWrapper
