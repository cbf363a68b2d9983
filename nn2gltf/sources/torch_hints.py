"""What to do about an exception that a user's forward raised."""

from __future__ import annotations

EXAMPLE = "1x3x224x224"
INPUT = f"Pass an input that the model's forward accepts, for example --input {EXAMPLE} or a sample."

_HINTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("DataDependentOutput", "DynamicOutputShape", "data-dependent", "GuardOnDataDependent"),
        "The path depends on values: build the model with weights, and pass a real sample.",
    ),
    (
        ("missing", "required positional", "required keyword", "unexpected keyword", "positional argument"),
        "Name every input that the forward needs: --input NAME=SHAPE[:DTYPE], once for each.",
    ),
    (
        (
            "have one of the following scalar types: Long",
            "expected scalar type Long",
            "tensors used as indices",
        ),
        "It reads indices: give the input's type, for example --input 1x16:int64.",
    ),
    (
        (
            "expected scalar type",
            "must have the same dtype",
            "same dtype",
            "expected m1 and m2 to have the same",
        ),
        "Give the input in the model's own element type, for example --input 1x3x224x224:float16.",
    ),
    (
        ("Expected all tensors to be on the same device", "meta device", "meta tensor", "is on cpu"),
        "Move the model and its input to one device, model.to('cpu').",
    ),
    (("out of memory", "not enough memory", "can't allocate memory"), "Give a smaller input with --input."),
    (("ModuleNotFoundError", "ImportError", "No module named"), "Install the package that the model needs."),
)


def suggest(error: BaseException, shape: str = EXAMPLE) -> str:
    """A sentence on what to type or change, with an input's ``shape`` as an example.

    >>> suggest(TypeError("forward() missing 1 required positional argument: 'mask'"))
    'Name every input that the forward needs: --input NAME=SHAPE[:DTYPE], once for each.'
    """
    text = f"{type(error).__name__}: {error}"
    for signs, hint in _HINTS:
        if any(sign in text for sign in signs):
            return hint.replace(EXAMPLE, shape)
    return INPUT.replace(EXAMPLE, shape)
