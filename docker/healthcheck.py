"""Ask a server whether it is well: `healthcheck.py URL [PART]`; the images have no curl.

Without PART any success counts. With it the answer is Airflow's health, a JSON object by part, and the
part must say `healthy`: the scheduler, the dag-processor and the triggerer have no door of their own.
With the PART `spark-worker` it is that of Spark's master, which must count this container as alive.
"""

import json
import socket
import sys
import urllib.request


def main(url: str, part: str | None = None) -> int:
    """Exit status 0 if it is well; urllib raises on a refused connection and on any error status."""
    with urllib.request.urlopen(url, timeout=8) as answer:  # noqa: S310 - our own address
        content = answer.read()
    if part is None:
        return 0
    state = json.loads(content)
    if part == "spark-worker":
        own = {socket.gethostname(), socket.gethostbyname(socket.gethostname())}
        living = {one["host"] for one in state["workers"] if one["state"] == "ALIVE"}
        return 0 if own & living else 1
    return 0 if state[part]["status"] == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
