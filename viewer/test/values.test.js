import assert from "node:assert/strict";
import { test } from "node:test";

import { toCodes } from "../src/data/pages.js";
import { createValues, cut, decodeValue, tileOrigin } from "../src/data/values.js";
import { readRecord } from "../src/data/record.js";
import { createMeans, histogram, summarize } from "../src/data/stats.js";
import { unpack } from "./glb-writer.js";
import { LAYERS, makeScene, PALETTES, valueOf } from "./scene.js";

const range = { low: -2, high: 2, below: 0, above: 0 };

test("a value is exact at both ends and at zero", () => {
  assert.equal(decodeValue(range, 0, 127), -2);
  assert.equal(decodeValue(range, 254, 127), 2);
  assert.equal(decodeValue(range, 127, 127), 0);
  assert.ok(decodeValue(range, 127, 128) > 0);
});

test("a tile begins behind its gutter", () => {
  const tiles = { width: 4, height: 4, count: 4, columns: 2, gutter: 1, pages: [0], origins: [[10, 20], [40, 20]] };
  assert.deepEqual(tileOrigin(tiles, 0, 0), [11, 21]);
  assert.deepEqual(tileOrigin(tiles, 1, 3), [47, 27]);
});

test("colours become codes again, and a colour that is not in the palette the nearest one", () => {
  const palette = PALETTES.sequential;
  const pixels = new Uint8ClampedArray(256 * 4);
  for (let code = 0; code < 256; code++) pixels.set([...palette.subarray(3 * code, 3 * code + 3), 255], 4 * code);
  const exact = toCodes(pixels, palette);
  assert.deepEqual([...exact.codes], Array.from({ length: 256 }, (_, code) => code));
  assert.equal(exact.misses, 0);
  pixels[4 * 100] += 1;
  pixels[4 * 100 + 1] -= 1;
  const damaged = toCodes(pixels, palette);
  assert.ok(Math.abs(damaged.codes[100] - 100) <= 1);
  assert.equal(damaged.misses, 1);
});

/** Decoded pages of a made-up network without a browser: the codes are painted by the same formula. */
function network() {
  const record = readRecord(unpack(makeScene()).json);
  const layer = LAYERS[1];
  const decoded = { width: 36, height: 12, codes: new Uint8Array(36 * 12), remainders: new Uint8Array(36 * 12).fill(127), misses: 0 };
  const target = record.byId.get(layer.id);
  for (let step = 0; step < 3; step++) {
    for (let unit = 0; unit < 4; unit++) {
      const [x, y] = tileOrigin(target.tiles, step, unit);
      for (let i = 0; i < 16; i++) {
        const value = valueOf(layer, { step, probe: 0, unit, row: Math.floor(i / 4), column: i % 4 });
        const place = ((value + 2) / 4) * 254;
        const at = (y + Math.floor(i / 4)) * 36 + x + (i % 4);
        decoded.codes[at] = Math.round(place);
        decoded.remainders[at] = 127 + Math.round((place - Math.round(place)) * 254);
      }
    }
  }
  const pages = { get: (index) => (index === target.tiles.pages[0] ? decoded : null) };
  return { values: createValues(record, pages), layer: target, spec: layer, decoded };
}

test("every stored value comes back within 16 bits", () => {
  const { values, layer, spec } = network();
  for (let step = 0; step < 3; step++) {
    for (let unit = 0; unit < 4; unit++) {
      const tile = values.tile(layer, { step, probe: 0, unit });
      tile.forEach((value, i) => {
        const wanted = valueOf(spec, { step, probe: 0, unit, row: Math.floor(i / 4), column: i % 4 });
        assert.ok(Math.abs(value - wanted) <= 4 / 254 / 254 / 2 + 1e-12);
      });
    }
  }
});

test("what is not decoded is null, what is not finite says so", () => {
  const { values, layer, decoded } = network();
  assert.equal(values.read(layer, { step: 0, probe: 1, unit: 0 }), null);
  const [x, y] = tileOrigin(layer.tiles, 0, 0);
  decoded.codes[y * 36 + x] = 255;
  const reading = values.read(layer, { step: 0, probe: 0, unit: 0 });
  assert.equal(reading.beyond, "not finite");
  assert.ok(Number.isNaN(reading.value));
});

test("beyond the range only the bound is known", () => {
  const { values, layer, decoded } = network();
  const [x, y] = tileOrigin(layer.tiles, 0, 0);
  decoded.codes[y * 36 + x] = 254;
  decoded.remainders[y * 36 + x] = 127;
  assert.equal(values.read(layer, { step: 0, probe: 0, unit: 0 }).beyond, null);
  layer.values.above = 3;
  assert.equal(values.read(layer, { step: 0, probe: 0, unit: 0 }).beyond, "above");
});

test("means and histograms count every value once", () => {
  const { values, layer } = network();
  const means = createMeans(values)(layer, { probe: 0, unit: 2 });
  assert.equal(means.length, 3);
  assert.ok(Math.abs(means[1] - summarize(values.tile(layer, { step: 1, probe: 0, unit: 2 })).mean) < 1e-12);
  const counts = histogram(values, layer, { step: 0, probe: 0, bins: 8 });
  assert.equal(counts.reduce((a, b) => a + b), 64);
});

test("a cut keeps rows apart", () => {
  const page = { width: 4, codes: Uint8Array.from({ length: 16 }, (_, i) => i) };
  assert.deepEqual([...cut(page, { x: 1, y: 2, width: 2, height: 2 })], [9, 10, 13, 14]);
});
