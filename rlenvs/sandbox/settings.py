"""How a pool's workers are set up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What is the same for all programs of a pool.

    Attributes:
        packages: Names of installed packages that programs may import besides the standard library.
        preload: Those of them that are imported before programs start, so that they cost each of them less.
        namespaces: Whether to use namespaces where the system has them.
        landlock: Whether to use Landlock where the system has it.
        seccomp: Whether to filter system calls where the system can.
        unsafe: Run programs even where the remaining layers do not keep them in.
    """

    packages: tuple[str, ...] = ("numpy",)
    preload: tuple[str, ...] = ()
    namespaces: bool = True
    landlock: bool = True
    seccomp: bool = True
    unsafe: bool = False

    def __post_init__(self) -> None:
        for name in ("packages", "preload"):
            names = getattr(self, name)
            if not isinstance(names, tuple) or not all(isinstance(item, str) and item.isidentifier() for item in names):
                raise ValueError(f"{name} must be a tuple of names such as ('numpy',), got {names!r}")
        for name in ("namespaces", "landlock", "seccomp", "unsafe"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False, got {getattr(self, name)!r}")
        if unknown := set(self.preload) - set(self.packages):
            raise ValueError(f"preload names {sorted(unknown)}: add them to packages")
