import assert from "node:assert/strict";
import { test } from "node:test";

import { indexText } from "../src/data/tensor-index.js";

const tensor = (shape, { kernel = null, pool = null } = {}) => ({ name: "w", shape, kernel, pool });
const tiles = (width, height, count = 1) => ({ width, height, count, columns: 1, gutter: 1, pages: [0], origins: [[0, 0]] });

test("the index of a texel of a vector, a matrix, a set of kernels", () => {
  assert.equal(indexText(tensor([7]), tiles(7, 1), { unit: 0, row: 0, column: 4 }), "[4]");
  assert.equal(indexText(tensor([12, 5]), tiles(5, 12), { unit: 0, row: 11, column: 2 }), "[11, 2]");
  assert.equal(indexText(tensor([16, 8, 5, 5]), tiles(5, 5, 128), { unit: 26, row: 1, column: 3 }), "[3, 2, 1, 3]");
  assert.equal(indexText(tensor([8, 4, 3]), tiles(3, 1, 32), { unit: 9, row: 0, column: 2 }), "[2, 1, 2]");
  assert.equal(indexText(tensor([1, 3, 6]), tiles(6, 3), { unit: 0, row: 2, column: 5 }), "[0, 2, 5]");
});

test("a plate of many kernels", () => {
  const place = { unit: 0, row: 7 * 3 + 2, column: 4 * 3 + 1 };
  assert.equal(indexText(tensor([40, 30, 3, 3], { kernel: [3, 3] }), tiles(90, 120), place), "[7, 4, 2, 1]");
  const deep = tensor([64, 40, 2, 3, 3], { kernel: [3, 3] });
  assert.equal(indexText(deep, tiles(240, 192), { unit: 0, row: 4, column: 3 * 7 + 2 }), "[1, 3, 1, 1, 2]");
  assert.equal(indexText(tensor([300, 300, 5], { kernel: [1, 5] }), tiles(1500, 300), { unit: 0, row: 9, column: 12 }), "[9, 2, 2]");
});

test("a texel that stands for several says which, up to the edge of the tensor", () => {
  const matrix = tensor([700, 601], { pool: [2, 2] });
  assert.equal(indexText(matrix, tiles(301, 350), { unit: 0, row: 3, column: 300 }), "[6–7, 600], the furthest from zero");
  const kernels = tensor([512, 512, 3, 3], { kernel: [3, 3], pool: [3, 3] });
  assert.equal(indexText(kernels, tiles(512, 512), { unit: 0, row: 56, column: 33 }), "[56, 33, 0–2, 0–2], the furthest from zero");
  assert.equal(indexText(tensor([3000], { pool: [1, 2] }), tiles(1500, 1), { unit: 0, row: 0, column: 1 }), "[2–3], the furthest from zero");
});
