"""Small disks for parts of a state folder, that can be full: memory mounted where only we see it."""

import ctypes
import os
import subprocess
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_SIZE_MB = 2048
_PAGE = 4096


def need_disks() -> bool:
    """Give this process mounts of its own, which end with it and its children; False if it may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(_CLONE_NEWNS) != 0:
        return False
    subprocess.run(["mount", "--make-rslave", "/"], check=True)
    return True


class Disks:
    """One disk for each of some folders of a state folder."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        """Mount them; call `need_disks` before."""
        self._paths = {name: folder / name for name in names}
        for path in self._paths.values():
            path.mkdir(parents=True)
            options = f"size={_SIZE_MB}m,mode=700"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], check=True)

    def fill(self, name: str) -> None:
        """Leave not a byte."""
        state = os.statvfs(self._paths[name])
        self._resize(name, str((state.f_blocks - state.f_bfree) * state.f_frsize // _PAGE * _PAGE))

    def clear(self, name: str) -> None:
        """Make room again."""
        self._resize(name, f"{_SIZE_MB}m")

    def unmount(self) -> None:
        """Give the memory back."""
        for path in self._paths.values():
            subprocess.run(["umount", "--lazy", str(path)], check=False)

    def _resize(self, name: str, size: str) -> None:
        options = f"remount,size={size}"
        subprocess.run(["mount", "-o", options, str(self._paths[name])], check=True)
