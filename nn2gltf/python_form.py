"""Remedies in Python's form: hints are written with the flags of the command line, and the API says its arguments."""

from __future__ import annotations

import re

_SWITCHES = {"force", "trust_model_code", "resume", "verify", "fold"}
_OTHER_NAMES = {"input": "inputs", "max_memory": "max_memory_gb", "output": "output"}
_LISTS = {"inputs", "layers"}
_NO_VALUE = "or and to that for in if is says names shapes has does once"
"""Words of a sentence that may follow a flag without being its value."""

_FLAG = re.compile(
    r"(?<![\w-])--(?P<flag>[a-z][a-z-]*[a-z])"
    rf"(?: (?!(?:{'|'.join(_NO_VALUE.split())})\b)(?P<value>[\w\[][\w\[\]./:=*-]*[\w\]]|\w))?"
)


def to_python(text: str) -> str:
    """Flags of a sentence as keyword arguments; a whole command line (``nn2gltf ...``) stays one.

    >>> to_python("Add --force to replace it, or --input 1x3x224x224.")
    'Add force=True to replace it, or inputs=["1x3x224x224"].'
    >>> to_python("Raise with --max-nodes. Then: nn2gltf export RUN --depth 2")
    'Raise with max_nodes=. Then: nn2gltf export RUN --depth 2'
    """
    sentence, command, rest = text.partition("nn2gltf ")
    return _FLAG.sub(_argument, sentence) + command + rest


def _argument(found: re.Match[str]) -> str:
    flag = found["flag"].replace("-", "_")
    name, value = _OTHER_NAMES.get(flag, flag), found["value"]
    if name in _SWITCHES:
        return f"{name}=True" + (f" {value}" if value else "")
    if value is None:
        return f"{name}="
    if name in _LISTS:
        return f'{name}=["{value}"]'
    return f"{name}={value}" if value.isdigit() or value.isupper() else f'{name}="{value}"'
