"""Accessors: typed views of arrays, shared whenever the content is the same.

Vertex data gets a buffer view of its own with its GPU target; key times and key values of all
animations are pooled in two buffer views, because there are thousands of small ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
import pygltflib

from nn2gltf.errors import EncodingError
from nn2gltf.gltf.binary import BinaryChunk

Array = npt.NDArray[Any]

UINT32_FROM_VERTICES = 65_535
"""Index 65,535 is the primitive-restart value of 16-bit indices, so meshes this large use 32 bits."""

_TYPES = {1: pygltflib.SCALAR, 2: pygltflib.VEC2, 3: pygltflib.VEC3, 4: pygltflib.VEC4}


class AccessorTable:
    """Collects accessors, buffer views and their data.

    Attributes:
        accessors, buffer_views: The typed lists of the document.
        binary: The data.
        not_finite: How many NaN and infinite values were written as 0.
    """

    def __init__(self) -> None:
        self.accessors: list[pygltflib.Accessor] = []
        self.buffer_views: list[pygltflib.BufferView] = []
        self.binary = BinaryChunk()
        self.not_finite = 0
        self._by_content: dict[Hashable, int] = {}
        self._by_identity: dict[Hashable, tuple[Array, int]] = {}
        self._pools: dict[str, _Pool] = {}

    def attribute(self, values: Array, *, bounds: bool, where: str) -> int:
        """Vertex attribute or morph displacement; ``bounds`` adds min and max (POSITION needs them).

        Args:
            values: (n, k) floats, n >= 1, k 2 to 4.
            where: Name of the mesh, for the error.

        Returns:
            Index of the accessor.

        Raises:
            EncodingError: The array is empty or has another shape.
        """
        known = self._known(values, ("attribute", bounds))
        if known is not None:
            return known
        data = self._finite(values, where)
        if data.ndim != 2 or data.shape[1] not in (2, 3, 4):
            raise EncodingError(f"a vertex attribute of shape {data.shape} cannot be written", where=where)
        accessor = pygltflib.Accessor(
            componentType=pygltflib.FLOAT, count=data.shape[0], type=_TYPES[data.shape[1]]
        )
        if bounds:
            _set_bounds(accessor, data)
        return self._store(values, ("attribute", bounds), data, accessor, target=pygltflib.ARRAY_BUFFER)

    def indices(self, values: Array, *, vertices: int, where: str) -> int:
        """Triangle indices, as 16-bit or, for large meshes, 32-bit integers.

        Raises:
            EncodingError: No triangles, a partial one, or an index that is no vertex.
        """
        flat = np.asarray(values).reshape(-1)
        if flat.size == 0 or flat.size % 3:
            raise EncodingError(f"{flat.size} indices do not make triangles", where=where)
        if int(flat.min()) < 0 or int(flat.max()) >= vertices:
            raise EncodingError(f"an index is outside the {vertices} vertices", where=where)
        wide = vertices >= UINT32_FROM_VERTICES
        known = self._known(values, ("indices", wide))
        if known is not None:
            return known
        data = np.ascontiguousarray(flat, dtype="<u4" if wide else "<u2")
        accessor = pygltflib.Accessor(
            componentType=pygltflib.UNSIGNED_INT if wide else pygltflib.UNSIGNED_SHORT,
            count=int(flat.size),
            type=pygltflib.SCALAR,
        )
        return self._store(values, ("indices", wide), data, accessor, target=pygltflib.ELEMENT_ARRAY_BUFFER)

    def times(self, values: Array, *, where: str) -> int:
        """Key times in seconds, pooled.

        Raises:
            EncodingError: Not finite, negative, or not strictly increasing as float32.
        """
        known = self._known(values, "times")
        if known is not None:
            return known
        data = np.ascontiguousarray(values, dtype="<f4").reshape(-1)
        if data.size == 0 or not np.isfinite(data).all() or data[0] < 0 or (np.diff(data) <= 0).any():
            raise EncodingError("key times do not increase strictly from 0", where=where)
        accessor = pygltflib.Accessor(
            componentType=pygltflib.FLOAT, count=int(data.size), type=pygltflib.SCALAR
        )
        _set_bounds(accessor, data[:, None])
        return self._store(values, "times", data, accessor, pool="times")

    def key_values(self, values: Array, *, flat: bool, where: str) -> int:
        """Key values, pooled; ``flat`` writes morph weights as one scalar after the other."""
        known = self._known(values, ("values", flat))
        if known is not None:
            return known
        data = self._finite(values, where)
        width = 1 if flat or data.ndim == 1 else data.shape[1]
        accessor = pygltflib.Accessor(
            componentType=pygltflib.FLOAT, count=data.size // width, type=_TYPES[width]
        )
        return self._store(values, ("values", flat), data, accessor, pool="values")

    def image(self, png: bytes) -> int:
        """Buffer view of an image; equal images share it."""
        key = ("image", hashlib.blake2b(png).digest())
        if key not in self._by_content:
            self._by_content[key] = self._add_view(self.binary.add(png), len(png))
        return self._by_content[key]

    def finish(self) -> None:
        """Append the pools; nothing may be added afterwards."""
        for pool in self._pools.values():
            offset = self.binary.add(b"".join(pool.pieces))
            view = self._add_view(offset, pool.size)
            for accessor in pool.accessors:
                accessor.bufferView = view
        self.binary.align()

    def _finite(self, values: Array, where: str) -> Array:
        data = np.ascontiguousarray(values, dtype="<f4")
        if data.size == 0:
            raise EncodingError("an empty array cannot be written", where=where)
        finite = np.isfinite(data)
        if not finite.all():
            self.not_finite += int(data.size - np.count_nonzero(finite))
            data = np.where(finite, data, np.float32(0))
        return data

    def _known(self, values: Array, usage: Hashable) -> int | None:
        found = self._by_identity.get((id(values), usage))
        return found[1] if found else None

    def _store(
        self,
        values: Array,
        usage: Hashable,
        data: Array,
        accessor: pygltflib.Accessor,
        *,
        target: int | None = None,
        pool: str | None = None,
    ) -> int:
        raw = data.data.cast("B")
        content = (usage, accessor.type, accessor.componentType, hashlib.blake2b(raw).digest())
        index = self._by_content.get(content)
        if index is None:
            index = len(self.accessors)
            self.accessors.append(accessor)
            self._by_content[content] = index
            if pool is not None:
                self._pools.setdefault(pool, _Pool()).add(raw, accessor)
            else:
                accessor.bufferView = self._add_view(self.binary.add(raw), len(raw), target=target)
        # The array is kept alive, so that its id cannot be given to another one.
        self._by_identity[(id(values), usage)] = (values, index)
        return index

    def _add_view(self, offset: int, length: int, *, target: int | None = None) -> int:
        self.buffer_views.append(
            pygltflib.BufferView(buffer=0, byteOffset=offset, byteLength=length, target=target)
        )
        return len(self.buffer_views) - 1


class _Pool:
    """Accessors that share one buffer view."""

    def __init__(self) -> None:
        self.pieces: list[memoryview] = []
        self.accessors: list[pygltflib.Accessor] = []
        self.size = 0

    def add(self, raw: memoryview, accessor: pygltflib.Accessor) -> None:
        accessor.byteOffset = self.size
        self.pieces.append(raw)
        self.accessors.append(accessor)
        self.size += len(raw)


def _set_bounds(accessor: pygltflib.Accessor, data: Array) -> None:
    """Full float32 precision: Python prints the exact double of every float32."""
    accessor.min = [float(value) for value in data.min(axis=0)]
    accessor.max = [float(value) for value in data.max(axis=0)]
