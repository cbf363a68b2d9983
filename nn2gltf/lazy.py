"""The one helper that imports heavy or optional packages, inside functions."""

from __future__ import annotations

import importlib
from types import ModuleType

from nn2gltf.errors import DependencyError


def require(module: str, *, extra: str | None = None) -> ModuleType:
    """Import ``module`` or say which pip line installs it.

    Args:
        module: Dotted module name.
        extra: The nn2gltf extra that holds it; a plain dependency when None.

    Raises:
        DependencyError: The package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        line = f"pip install 'nn2gltf[{extra}]'" if extra else f"pip install {missing}"
        raise DependencyError(
            f"the package {missing} is not installed", hint=f"Install it with: {line}"
        ) from error
