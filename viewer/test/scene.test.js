import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferAttribute, Color } from "three";

import { meaningOf, partOf, themeOf } from "../src/scene/colors.js";
import { axesOf, between, fitView, moved } from "../src/scene/fit.js";
import { createNeighbours, focusOf } from "../src/scene/focus.js";
import { heroAzimuth } from "../src/scene/framing.js";
import { restOpacity } from "../src/scene/links.js";
import { overlaps, placeLabels } from "../src/scene/place.js";
import { readBodies } from "../src/scene/units.js";
import { isDark, themed } from "../src/data/palettes.js";
import { PALETTES } from "./scene.js";

const FOV = (16 * Math.PI) / 180;
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

test("a fitted view fills the free rectangle and stays inside it", () => {
  const points = [];
  for (const x of [-5, 5]) for (const y of [-1, 2]) for (const z of [-1, 1]) points.push([x, y, z]);
  for (const [width, height] of [[1600, 900], [390, 844], [600, 300]]) {
    const free = { left: width * 0.1, right: width * 0.8, top: height * 0.2, bottom: height * 0.7 };
    const { azimuth, elevation, distance, target } = fitView(points, { azimuth: -0.25, elevation: 0.24, fov: FOV, width, height, free });
    const { right, up, back } = axesOf(azimuth, elevation);
    const screen = points.map((point) => {
      const relative = moved(point, target, -1);
      const depth = (distance - dot(relative, back)) * Math.tan(FOV / 2);
      return [(1 + dot(relative, right) / (depth * (width / height))) * 0.5 * width, (1 - dot(relative, up) / depth) * 0.5 * height];
    });
    const [xs, ys] = [screen.map(([x]) => x), screen.map(([, y]) => y)];
    const [least, most] = [(v) => Math.min(...v), (v) => Math.max(...v)];
    assert.ok(least(xs) > free.left - 1 && most(xs) < free.right + 1 && least(ys) > free.top - 1 && most(ys) < free.bottom + 1);
    const filled = Math.max((most(xs) - least(xs)) / (free.right - free.left), (most(ys) - least(ys)) / (free.bottom - free.top));
    assert.ok(filled > 0.98, `${filled}`);
  }
});

test("a flight begins and ends where it should, and turns the short way", () => {
  const [a, b] = [{ azimuth: 3, elevation: 0, distance: 10, target: [0, 0, 0] }, { azimuth: -3, elevation: 1, distance: 40, target: [2, 0, 0] }];
  assert.deepEqual(between(a, b, 0), a);
  assert.ok(Math.abs(between(a, b, 1).distance - 40) < 1e-9);
  assert.ok(between(a, b, 0.5).azimuth > 3);
  assert.equal(between(a, b, 0.5).distance, 20);
});

test("labels never cover each other, a layer, or what stands over the stage", () => {
  let state = 3;
  const random = (n) => (state = (state * 1103515245 + 12345) % 2147483648) % n;
  const blocked = [{ left: 0, top: 560, right: 800, bottom: 600 }];
  for (let round = 0; round < 50; round++) {
    const items = Array.from({ length: 12 }, (_, i) => {
      const [left, top] = [i * 66, 150 + random(200)];
      return { around: { left, top, right: left + 20 + random(36), bottom: top + 30 + random(120) }, size: { width: 40 + random(120), height: 48 }, brief: { width: 36, height: 33 }, priority: 1 };
    });
    const places = placeLabels(items, { bounds: { left: 0, top: 0, right: 800, bottom: 600 }, blocked });
    const boxes = places.flatMap((place, i) => {
      if (!place) return [];
      const { width, height } = place.brief ? items[i].brief : items[i].size;
      return [{ i, left: place.left, top: place.top, right: place.left + width, bottom: place.top + height }];
    });
    assert.ok(boxes.length >= 8);
    for (const box of boxes) {
      for (const other of [...boxes.filter((each) => each.i !== box.i), ...items.map((item) => item.around), ...blocked]) assert.ok(!overlaps(box, other));
    }
  }
});

test("a label goes above where a ribbon passes below", () => {
  const item = { around: { left: 100, top: 200, right: 140, bottom: 260 }, size: { width: 40, height: 48 }, brief: { width: 40, height: 33 }, priority: 1 };
  const bounds = { left: 0, top: 0, right: 400, bottom: 400 };
  assert.ok(placeLabels([item], { bounds, blocked: [] })[0].top > 260);
  assert.ok(placeLabels([item], { bounds, blocked: [], lines: [{ x: 120, y: 280 }] })[0].top < 200);
});

test("bodies are read with the direction they grow in", () => {
  const shares = [0, 0.25, 1];
  const positions = [];
  shares.forEach((share, unit) => {
    for (const x of [unit * 3, unit * 3 + 2]) for (const y of [unit * 3, unit * 3 + 2]) for (const z of [-1, 0.5 + 4 * share]) positions.push(x, y, z);
  });
  const bodies = readBodies(new BufferAttribute(Float32Array.from(positions), 3), 3, (unit) => shares[unit], 4);
  assert.equal(bodies.axis, 2);
  assert.ok(Math.abs(bodies.top - 0.5) < 1e-6);
  assert.equal(readBodies(new BufferAttribute(Float32Array.from(positions), 3), 3, () => 0.9, 4), null, "bodies that do not show the values");
});

test("focus keeps the neighbours and dims the rest", () => {
  const neighbours = createNeighbours([{ source: "a", target: "b" }, { source: "b", target: "c" }, { source: "c", target: "d" }]);
  const state = { selection: { layer: "b", unit: null }, hover: null, hidden: new Set(["d"]), isolated: null, collapsed: new Set() };
  const focus = focusOf(state, neighbours);
  assert.deepEqual(["a", "b", "c"].map(focus.strength), [1, 1, 1]);
  assert.ok(focus.strength("d") < 1);
  assert.ok(focus.link("a", "b") > 1 && focus.link("c", "d") < 0.5);
  assert.deepEqual(["a", "d"].map(focus.shown), [true, false]);
  const isolated = focusOf({ ...state, selection: null, hidden: new Set(), isolated: "a" }, neighbours);
  assert.deepEqual(["a", "b", "c"].map(isolated.shown), [true, true, false]);
});

test("colours say what the file means", () => {
  const file = { positive: new Color("#ff9a5c"), negative: new Color("#62aaff") };
  assert.equal(meaningOf(new Color("#ff8040"), { weighted: true, ...file }), "positive");
  assert.equal(meaningOf(new Color("#5090ff"), { weighted: true, ...file }), "negative");
  assert.equal(meaningOf(new Color("#8d97b4"), { weighted: false, ...file }), "neutral");
  assert.equal(meaningOf(new Color("#57c7ea"), { weighted: false, ...file }), "skip");
  const style = { background: "#0b0e14", text: "#f0f3fa" };
  assert.equal(partOf(new Color("#8d97b4"), style), "line");
  assert.equal(partOf(new Color("#1b2030"), style), "tray");
  assert.deepEqual([themeOf("#0b0e14"), themeOf("#f4f5f8")], ["dark", "light"]);
});

test("in the other theme zero takes the colour of the background", () => {
  const zeroAt = (palette, zero) => isDark(palette, zero);
  assert.equal(themed(PALETTES.sequential, { zero: 0, theme: "dark" }), PALETTES.sequential);
  assert.equal(zeroAt(themed(PALETTES.sequential, { zero: 0, theme: "light" }), 0), false);
  assert.equal(zeroAt(themed(PALETTES.sequential, { zero: 0, theme: "light" }), 254), true);
  assert.equal(zeroAt(themed(PALETTES.diverging, { zero: 127, theme: "light" }), 127), false);
  const colors = themed(PALETTES.sequential, { zero: 0, theme: "light" });
  assert.deepEqual([...colors.subarray(765)], [...PALETTES.sequential.subarray(765)], "not finite keeps its colour");
});

test("many ribbons are fainter than few, and a square stage turns the view", () => {
  assert.ok(restOpacity(8) > restOpacity(60) && restOpacity(1e6) > 0.2);
  assert.equal(heroAzimuth(2.2), -14);
  assert.equal(heroAzimuth(1), -21);
});
