"""A systemd unit of one user that keeps an Isotherm running: printed, to be put where systemd looks."""

import os
from collections.abc import Mapping
from pathlib import Path

from isotherm.settings import REPOSITORY_ROOT, Settings

_TEMPLATE = """\
# Made by `./isotherm systemd-unit`; make it again after the clone or the state folder has moved.
[Unit]
Description=Isotherm of {description}
StartLimitIntervalSec=1h
StartLimitBurst=5

[Service]
Type=exec
{environment}
ExecStart={command} up
ExecStop={command} down
# By itself it starts its servers again; this is for its own end. After `./isotherm down` it stays down.
Restart=on-failure
RestartSec=30
TimeoutStopSec=180
KillMode=mixed
UMask=0077

[Install]
WantedBy=default.target
"""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "%": "%%", "\n": "\\n"}


def unit_text(
    settings: Settings, variables: Mapping[str, str] = os.environ, root: Path = REPOSITORY_ROOT
) -> str:
    """The unit of a state folder.

    Args:
        settings: of the state folder; what it was last started with it holds itself.
        variables: those of settings are passed on, but for secrets: they are in the state folder.
        root: the clone.
    """
    fields = {
        f"ISOTHERM_{name.upper()}": name
        for name in type(settings).model_fields
        if isinstance(getattr(settings, name), str | int | float | Path)
    }
    given = {name: variables[name] for name in sorted(fields) if variables.get(name)}
    given |= {
        name: str(getattr(settings, fields[name])) for name in given if _is_path(settings, fields[name])
    }
    given["ISOTHERM_STATE_DIR"] = str(settings.state_dir)
    lines = [f"Environment={_quoted(f'{name}={value}')}" for name, value in given.items()]
    return _TEMPLATE.format(
        description=_escaped(str(settings.state_dir)),
        environment="\n".join(lines),
        # Not the script itself: a program's path may have no quote or backslash in it.
        command=f"/usr/bin/env {_quoted(str(root / 'isotherm')).replace('$', '$$')}",
    )


def _is_path(settings: Settings, field: str) -> bool:
    """Whether it may be said relative to the folder of now, which is not systemd's."""
    return isinstance(getattr(settings, field), Path) or field == "archive"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(one, one) for one in text)
