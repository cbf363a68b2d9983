"""Keeping a step inside its budget: the largest layers are pooled, then thinned, and it is said."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nn2gltf.ir.reduced import Reduced


def plan_reductions(
    shapes: Mapping[str, tuple[int, ...]], *, probes: int, max_values: int
) -> dict[str, Reduced]:
    """How each layer that is too large is made smaller, so that all together keep to the budget.

    The layer that holds most is halved, again and again: first its places (maps and sequences, in blocks that
    double along every axis behind the channels), then, when there is one place left, its channels, evenly.

    Args:
        shapes: Layer id to the shape of its output, without the probes' axis.

    Returns:
        Reductions of the layers that need one.
    """
    stored = {layer_id: tuple(shape) for layer_id, shape in shapes.items() if shape}
    plans: dict[str, Reduced] = {}
    total = sum(math.prod(shape) for shape in stored.values()) * probes
    while total > max_values:
        largest = max(stored, key=lambda layer_id: (math.prod(stored[layer_id]), layer_id))
        before = math.prod(stored[largest])
        if before == 1:
            break
        plans[largest] = _halve(plans.get(largest), tuple(shapes[largest]))
        stored[largest] = plans[largest].stored_shape
        total -= (before - math.prod(stored[largest])) * probes
    return plans


def _halve(plan: Reduced | None, shape: tuple[int, ...]) -> Reduced:
    plan = plan or Reduced(shape=shape, pool=(1,) * len(shape))
    places = plan.stored_shape[1:]
    if any(size > 1 for size in places):
        pool = (
            1,
            *(2 * block if size > 1 else block for block, size in zip(plan.pool[1:], places, strict=True)),
        )
        return Reduced(shape=shape, pool=pool, chosen=plan.chosen)
    count = shape[0] if plan.chosen is None else len(plan.chosen)
    kept = max(1, count // 2)
    chosen = tuple(int(index * shape[0] // kept) for index in range(kept))
    return Reduced(shape=shape, pool=plan.pool, chosen=chosen)
