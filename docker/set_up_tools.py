"""Build step of the Python image: `set_up_tools.py STEP...`, the local set-up's own steps by name."""

import sys

from isotherm.local.steps import setup_steps
from isotherm.local.tools import Tools
from isotherm.settings import load_settings


def main(*wanted: str) -> int:
    """Do the named steps, in the order the local set-up does them."""
    tools = Tools.of(load_settings())
    steps = {step.name: step for step in setup_steps(tools)}
    if unknown := [name for name in wanted if name not in steps]:
        print(f"No such step: {unknown}. There are: {list(steps)}.", file=sys.stderr)  # noqa: T201
        return 1
    for name in (name for name in steps if name in wanted):
        steps[name].ensure(tools, lambda text, name=name: print(f"{name}: {text}"))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
