"""What a check of a file found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from nn2gltf.errors import safe
from nn2gltf.ir.json import JsonObject

Severity = Literal["error", "warning"]
MAX_PROBLEMS = 100
"""Problems listed of one code; a broken file can have millions."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One finding.

    Attributes:
        code: Stable name of the rule, e.g. ``ACCESSOR_NOT_FINITE``.
        where: JSON pointer into the document, e.g. ``/accessors/3``.
    """

    severity: Severity
    code: str
    message: str
    where: str = ""

    def __str__(self) -> str:
        """One line."""
        return f"{self.severity}[{self.code}] {safe(self.where)}: {safe(self.message)}"

    def to_json(self) -> JsonObject:
        """JSON form."""
        return {"severity": self.severity, "code": self.code, "message": self.message, "where": self.where}


@dataclass(frozen=True, kw_only=True)
class Report:
    """All findings.

    Attributes:
        problems: Errors and warnings in document order.
        checkers: Who looked: ``nn2gltf 0.1.0`` and, when it was reachable, Khronos' validator.
        notes: Sentences, e.g. why a checker did not run.
    """

    problems: tuple[Problem, ...] = ()
    checkers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that make the file wrong."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems that make it worse."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    def merge(self, other: Report) -> Report:
        """Both reports as one."""
        return Report(
            problems=self.problems + other.problems,
            checkers=self.checkers + other.checkers,
            notes=self.notes + other.notes,
        )

    def to_json(self) -> JsonObject:
        """JSON form."""
        return {
            "valid": not self.errors,
            "errors": len(self.errors),
            "warnings": len(self.warnings),
            "problems": [problem.to_json() for problem in self.problems],
            "checkers": list(self.checkers),
            "notes": list(self.notes),
        }


class Findings:
    """Collects problems while a check runs."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._counts: Counter[str] = Counter()

    def error(self, code: str, message: str, where: str = "") -> None:
        """Add an error."""
        self._add("error", code, message, where)

    def warn(self, code: str, message: str, where: str = "") -> None:
        """Add a warning."""
        self._add("warning", code, message, where)

    def _add(self, severity: Severity, code: str, message: str, where: str) -> None:
        self._counts[code] += 1
        if self._counts[code] <= MAX_PROBLEMS:
            self.problems.append(Problem(severity=severity, code=code, message=message, where=where))
