import assert from "node:assert/strict";
import { test } from "node:test";

import { addMeans, meanPage } from "../src/data/means.js";
import { ownMap } from "../src/data/maps.js";
import { fanIn, fanOut } from "../src/data/windows.js";
import { idleUnits, meanChange } from "../src/data/stats.js";
import { readRun } from "../src/page/follow.js";
import { blockOf, blockId } from "../src/scene/blocks.js";
import { createNeighbours, focusOf } from "../src/scene/focus.js";
import { momentOf, splitStage } from "../src/scene/panes.js";
import { stripsOf } from "../src/scene/ribbons.js";

const map = (id, width, height, count, more = {}) => ({ id, kind: "conv", attributes: {}, scope: "", tiles: { width, height, count }, ...more });

function network(...layers) {
  const edges = layers.slice(1).map((layer, i) => ({ source: layers[i].id, target: layer.id }));
  return { edges, byId: new Map(layers.map((layer) => [layer.id, layer])) };
}

/** The window by its definition: the input positions whose change reaches the output. */
function bruteForce({ kernel, stride, padding, dilation }, out) {
  return Array.from({ length: kernel }, (_, k) => out * stride - padding + k * dilation);
}

test("a pixel of a convolution reads its window, cut at the border", () => {
  const conv = map("conv", 4, 4, 2, { attributes: { kernel_size: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [1, 1], groups: 1 } });
  const net = network(map("in", 8, 8, 3), conv);
  for (let out = 0; out < 4; out++) {
    const inside = bruteForce({ kernel: 3, stride: 2, padding: 1, dilation: 1 }, out).filter((at) => at >= 0 && at < 8);
    const [{ window, units, layer }] = fanIn(net, conv, { unit: 0, row: out, column: 1 });
    assert.deepEqual([layer, units, window.top, window.bottom], ["in", null, inside[0], inside.at(-1) + 1]);
  }
});

test("what a pixel feeds is the other way round, for every stride, padding and dilation", () => {
  for (const [kernel, stride, padding, dilation] of [[3, 1, 1, 1], [2, 2, 0, 1], [5, 2, 2, 1], [3, 1, 2, 2], [3, 3, 0, 1]]) {
    const size = Math.floor((12 + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
    const conv = map("conv", size, size, 2, { attributes: { kernel_size: kernel, stride, padding, dilation } });
    const source = map("in", 12, 12, 1);
    const net = network(source, conv);
    for (let at = 0; at < 12; at++) {
      const readers = Array.from({ length: size }, (_, out) => out).filter((out) => {
        const reach = bruteForce({ kernel, stride, padding, dilation }, out);
        return reach[0] <= at && reach.at(-1) >= at;
      });
      const [reached] = fanOut(net, source, { unit: 0, row: at, column: at });
      const expected = readers.length ? [readers[0], readers.at(-1) + 1] : null;
      assert.deepEqual(reached ? [reached.window.top, reached.window.bottom] : null, expected, `${[kernel, stride, padding, dilation]} at ${at}`);
    }
  }
});

test("groups, pools and sums keep to their channels, a product with a matrix reads everything", () => {
  const source = map("in", 4, 4, 4);
  const grouped = map("conv", 4, 4, 8, { attributes: { kernel_size: 3, padding: 1, groups: 2 } });
  assert.deepEqual(fanIn(network(source, grouped), grouped, { unit: 5, row: null, column: null })[0].units, [2, 3]);
  assert.deepEqual(fanOut(network(source, grouped), source, { unit: 0, row: 1, column: 1 })[0].units, [0, 1, 2, 3]);
  const pool = map("pool", 2, 2, 4, { kind: "pool", attributes: { kernel_size: 2 } });
  const [reach] = fanIn(network(source, pool), pool, { unit: 3, row: 1, column: 1 });
  assert.deepEqual([reach.units, reach.window], [[3], { left: 2, top: 2, right: 4, bottom: 4 }]);
  const linear = map("fc", 1, 1, 5, { kind: "linear" });
  assert.deepEqual(fanIn(network(source, linear), linear, { unit: 1, row: null, column: null }), [{ layer: "in", units: null, window: null }]);
  const add = map("add", 4, 4, 4, { kind: "add" });
  assert.deepEqual(fanIn(network(source, add), add, { unit: 2, row: 3, column: 0 })[0], { layer: "in", units: [2], window: { left: 0, top: 3, right: 1, bottom: 4 } });
});

test("a mean page is the mean of its members to 16 bits, and only what is never finite stays so", () => {
  const page = (codes, remainders) => ({ width: codes.length, height: 1, codes: Uint8Array.from(codes), remainders: Uint8Array.from(remainders), misses: 0 });
  const mean = meanPage([page([10, 0, 255, 255, 254], [127, 127, 127, 127, 127]), page([20, 1, 40, 255, 254], [129, 0, 130, 127, 127])]);
  const fine = (codes, remainders, at) => codes[at] * 254 + remainders[at] - 127;
  assert.equal(fine(mean.codes, mean.remainders, 0), (10 * 254 + 20 * 254 + 2) / 2);
  assert.ok(Math.abs(fine(mean.codes, mean.remainders, 1) - (254 - 127) / 2) <= 0.5);
  assert.deepEqual([mean.codes[2], mean.codes[3], mean.codes[4], mean.remainders[4]], [40, 255, 254, 127]);
});

test("means stand behind the probes: of all, and of a class that has several", () => {
  const probe = (label) => ({ label, name: String(label), tile: null, predictions: [], confidences: [], members: [], samples: null });
  const probes = [probe(1), probe(1), probe(2)];
  const pages = [0, 1, 2].map(() => ({ image: "x", low: null, palette: "p", width: 2, height: 2 }));
  const layers = [{ tiles: { pages: [0, 1, 2] } }, { tiles: { pages: [0, null, 2] } }, { tiles: null }];
  addMeans(probes, layers, pages);
  assert.deepEqual(probes.map((each) => each.members), [[], [], [], [0, 1, 2], [0, 1]]);
  assert.deepEqual([layers[0].tiles.pages, layers[1].tiles.pages], [[0, 1, 2, 3, 4], [0, null, 2, null, null]]);
  assert.deepEqual(pages.slice(3).map((page) => page.members), [[0, 1, 2], [0, 1]]);
});

test("means that were recorded are in no other mean, and stand for that of their class", () => {
  const probe = (label, samples = null) => ({ label, name: "", tile: null, predictions: [], confidences: [], members: [], samples });
  const probes = [probe(1), probe(1), probe(2), probe(2), probe(null, 60), probe(1, 60)];
  addMeans(probes, [{ tiles: { pages: [0, 1, 2, 3, 4, 5] } }], Array.from({ length: 6 }, () => ({ image: "x", low: null, palette: "p", width: 2, height: 2 })));
  assert.deepEqual(probes.slice(6).map(({ name, members }) => [name, members]), [["mean of 4 probes", [0, 1, 2, 3]], ["mean of class 2", [2, 3]]]);
});

test("dead units are zero for every probe, saturated ones at an end of the range", () => {
  const codes = { 0: [[0, 0], [0, 0]], 1: [[254, 254], [254, 254]], 2: [[0, 3], [0, 0]] };
  const values = { has: () => true, codes: (_, { probe, unit }) => Uint8Array.from(codes[unit][probe]) };
  const layer = { mark: "maps", tiles: { count: 3, width: 2, height: 1 }, values: { low: 0, high: 5 } };
  assert.deepEqual(idleUnits(values, layer, { step: 0, probes: [0, 1] }), { dead: [0], saturated: [1] });
  assert.equal(idleUnits({ ...values, has: () => false }, layer, { step: 0, probes: [0] }), null);
});

test("the mean change is a share of the range, also between files with different ranges", () => {
  const values = (code) => ({ codes: () => Uint8Array.from([code, 255]) });
  const layer = (low, high) => ({ tiles: { count: 1, width: 2, height: 1 }, values: { low, high } });
  assert.equal(meanChange({ values: values(0), layer: layer(0, 1), step: 0, probe: 0 }, { values: values(127), layer: layer(0, 1), step: 1, probe: 0 }), 0.5);
  assert.ok(Math.abs(meanChange({ values: values(254), layer: layer(0, 1), step: 0, probe: 0 }, { values: values(127), layer: layer(0, 2), step: 1, probe: 0 })) < 1e-9);
});

test("ribbons are told apart by their triangles", () => {
  const strip = (base, points) => Array.from({ length: points - 1 }, (_, k) => [base + k, base + k + 1, base + k + 1 + points, base + k, base + k + 1 + points, base + k + points]).flat();
  const indices = [...strip(0, 3), ...strip(6, 5), ...strip(16, 2)];
  assert.deepEqual(stripsOf({ count: indices.length, getX: (at) => indices[at] }), [{ first: 0, count: 6 }, { first: 6, count: 10 }, { first: 16, count: 4 }]);
});

test("a folded block hides its layers, and keeps the connections that leave it", () => {
  assert.equal(blockOf(new Set(["a.b", "a"]), "a.b.c"), "a");
  assert.equal(blockOf(new Set(["a"]), "ab"), null);
  const layers = [["in", ""], ["x", "a"], ["y", "a.b"], ["out", ""]].map(([id, scope]) => ({ id, scope }));
  const edges = [["in", "x"], ["x", "y"], ["y", "out"]].map(([source, target]) => ({ source, target }));
  const state = { selection: null, hover: null, hidden: new Set(), isolated: null, collapsed: new Set(["a"]) };
  const focus = focusOf(state, createNeighbours(edges), new Map(layers.map((layer) => [layer.id, layer])));
  assert.deepEqual(["in", "x", "y", "out"].map(focus.shown), [true, false, false, true]);
  assert.deepEqual(edges.map(({ source, target }) => focus.linked(source, target)), [true, false, true]);
  assert.ok(focus.labelled(blockId("a")) && !focus.labelled(blockId("a.b")));
});

test("two panes lie where the network gets larger", () => {
  const [a, b] = splitStage({ width: 1440, height: 700 }, 2.6);
  assert.deepEqual([a.top, a.width, b.left, b.top + b.height], [0, 1440, 0, 700]);
  const [left, right] = splitStage({ width: 1440, height: 300 }, 1);
  assert.deepEqual([left.height, right.left + right.width], [300, 1440]);
});

test("pane A keeps its own epoch or probe, a difference is taken at recorded epochs", () => {
  const net = { steps: [0, 1, 2].map((time) => ({ epoch: time, time })), probes: [0, 1, 2] };
  const state = { time: 1.5, probe: 2, clip: "epochs", stepped: false, compare: { kind: "epochs", time: 0, probe: 1, show: "values" } };
  assert.deepEqual([momentOf(state, net, "A").step, momentOf(state, net, "B").step, momentOf(state, net, "B").fraction], [0, 1, 0.5]);
  assert.equal(momentOf({ ...state, compare: { ...state.compare, kind: "probes" } }, net, "A").probe, 1);
  assert.equal(momentOf({ ...state, compare: { ...state.compare, show: "difference" } }, net, "B").fraction, 0);
  assert.equal(momentOf({ ...state, compare: null, stepped: true }, net, "B").fraction, 0);
});

test("colour maps of our own start at zero's colour and never repeat a colour of zero elsewhere", () => {
  for (const name of ["fire", "ocean", "grey"]) {
    const two = ownMap(name, 127);
    const at = (code) => [...two.subarray(3 * code, 3 * code + 3)].join();
    assert.ok(![0, 60, 200, 254].map(at).includes(at(127)), name);
    assert.equal(new Set(Array.from({ length: 255 }, (_, code) => [...ownMap(name, 0).subarray(3 * code, 3 * code + 3)].join())).size > 150, true);
  }
});

test("the state of a run is read with care", () => {
  assert.deepEqual(readRun({ version: -1, steps: "x", options: [["lr", "0.1\u202e"], null] }), { version: 0, steps: 0, finished: false, command: "", options: [["lr", "0.1\ufffd"], ["", ""]] });
});
