import assert from "node:assert/strict";
import { test } from "node:test";

import { strongest } from "../src/data/tokens.js";
import { fanIn, fanOut } from "../src/data/windows.js";

const TOKENS = 5;
const FEATURES = 8;
const HEADS = 2;

const layer = (id, kind, shape, tiles, more = {}) => ({ id, kind, op: kind, scope: "", attributes: {}, folded: [], mark: tiles ? "maps" : "folded", outputs: [{ shape }], tiles, ...more });
const stamps = (id, kind = "linear", features = FEATURES) => layer(id, kind, [1, TOKENS, features], { width: features / 2, height: 2, count: TOKENS });
const square = (id, kind, drawn, op = kind) => layer(id, kind, [1, HEADS, TOKENS, TOKENS], drawn ? { width: TOKENS, height: TOKENS, count: HEADS } : null, { op });

/** One attention as a scene has it: the products and the scale are folded, everything else is drawn. */
function attention() {
  const layers = [stamps("x", "add"), stamps("q"), stamps("k"), stamps("v"), square("scores", "op", false, "matmul"), square("scale", "mul", false), square("weights", "softmax", true), layer("mix", "op", [1, HEADS, TOKENS, FEATURES / HEADS], null, { op: "matmul" }), stamps("out"), stamps("sum", "add"), layer("logits", "linear", [1, 3], { width: 1, height: 1, count: 3 })];
  const edges = [["x", "q"], ["x", "k"], ["x", "v"], ["q", "scores"], ["k", "scores"], ["scores", "scale"], ["scale", "weights"], ["weights", "mix"], ["v", "mix"], ["mix", "out"], ["x", "sum"], ["out", "sum"], ["sum", "logits"]].map(([source, target]) => ({ source, target }));
  return { edges, byId: new Map(layers.map((each) => [each.id, each])) };
}

/** Token t reads only itself and the one before it; the second head only token 0. */
const values = (_weights, head, row) => Float64Array.from({ length: TOKENS }, (_, at) => (head === 1 ? Number(at === 0) : at === row ? 0.6 : at === row - 1 ? 0.4 : 0));
const whole = (unit) => ({ unit, row: null, column: null });
const of = (reaches, id) => reaches.filter((reach) => reach.layer === id).map(({ units, window }) => ({ units, window }));
const row = (at) => ({ left: 0, top: at, right: TOKENS, bottom: at + 1 });

test("a row of attention weights reads its query, and the keys that carry its weight", () => {
  const net = attention();
  const reaches = fanIn(net, net.byId.get("weights"), { unit: 0, row: 3, column: 1 }, values);
  assert.deepEqual(of(reaches, "weights"), [{ units: [0], window: row(3) }], "the row itself");
  assert.deepEqual(of(reaches, "q"), [{ units: [3], window: null }]);
  assert.deepEqual(of(reaches, "k").map(({ units }) => units[0]), [3, 2], "the strongest first");
  const other = fanIn(net, net.byId.get("weights"), { unit: 1, row: 3, column: 1 }, values);
  assert.deepEqual(of(other, "k"), [{ units: [0], window: null }], "every head reads for itself");
  assert.deepEqual(of(fanIn(net, net.byId.get("weights"), { unit: 0, row: 3, column: 1 }), "k"), [{ units: null, window: null }], "without values: all");
});

test("a token behind an attention reads its row of all heads, and the values of the tokens named there", () => {
  const net = attention();
  const reaches = fanIn(net, net.byId.get("out"), whole(4), values);
  assert.deepEqual(of(reaches, "weights"), [{ units: [0, 1], window: row(4) }]);
  assert.deepEqual(of(reaches, "v").map(({ units }) => units[0]).sort(), [0, 3, 4], "the mean of the heads");
  assert.deepEqual(reaches.map((reach) => reach.layer).filter((id) => ["q", "k", "scores", "mix"].includes(id)), []);
});

test("layers that work on each token alone keep to it, and sums to its number", () => {
  const net = attention();
  assert.deepEqual(fanIn(net, net.byId.get("q"), { unit: 2, row: 1, column: 3 }), [{ layer: "x", units: [2], window: null }]);
  const pixel = { left: 3, top: 1, right: 4, bottom: 2 };
  assert.deepEqual(fanIn(net, net.byId.get("sum"), { unit: 2, row: 1, column: 3 }), ["x", "out"].map((id) => ({ layer: id, units: [2], window: pixel })));
  assert.deepEqual(fanIn(net, net.byId.get("logits"), whole(1)), [{ layer: "sum", units: null, window: null }]);
});

test("what a token feeds: rows of its query, columns of its key, every token by its value", () => {
  const net = attention();
  assert.deepEqual(of(fanOut(net, net.byId.get("q"), whole(2)), "weights"), [{ units: [0, 1], window: row(2) }]);
  assert.deepEqual(of(fanOut(net, net.byId.get("k"), whole(2)), "weights"), [{ units: [0, 1], window: { left: 2, top: 0, right: 3, bottom: TOKENS } }]);
  assert.deepEqual(of(fanOut(net, net.byId.get("v"), whole(2)), "out"), [{ units: null, window: null }]);
  assert.deepEqual(of(fanOut(net, net.byId.get("weights"), { unit: 0, row: 2, column: 0 }), "out"), [{ units: [2], window: null }]);
  assert.deepEqual(fanOut(net, net.byId.get("x"), whole(1)).map(({ layer: id, units }) => [id, units]).sort(), [["k", [1]], ["q", [1]], ["sum", [1]], ["v", [1]]]);
});

test("tokens in the rows of one map, pooled three to one, keep their place", () => {
  const source = layer("in", "norm", [1, 9, 30], { width: 30, height: 9, count: 1 });
  const pooled = layer("fc", "linear", [1, 9, 30], { width: 10, height: 3, count: 1 });
  const net = { edges: [{ source: "in", target: "fc" }], byId: new Map([["in", source], ["fc", pooled]]) };
  assert.deepEqual(fanIn(net, pooled, { unit: 0, row: 1, column: 4 }), [{ layer: "in", units: [0], window: { left: 0, top: 3, right: 30, bottom: 6 } }]);
  assert.deepEqual(fanOut(net, source, { unit: 0, row: 8, column: 0 }), [{ layer: "fc", units: [0], window: { left: 0, top: 2, right: 10, bottom: 3 } }]);
});

test("the two factors of a product that is drawn: the row of the left one, all of the right one", () => {
  const [a, b] = [stamps("a"), stamps("b")];
  const product = layer("ab", "op", [1, TOKENS, FEATURES], { width: FEATURES / 2, height: 2, count: TOKENS }, { op: "MatMul" });
  const net = { edges: [{ source: "a", target: "ab" }, { source: "b", target: "ab" }], byId: new Map([a, b, product].map((each) => [each.id, each])) };
  assert.deepEqual(fanIn(net, product, whole(3)), [{ layer: "a", units: [3], window: null }, { layer: "b", units: null, window: null }]);
});

test("a fused attention reads its own query and all keys; channels of a sequence are no tokens", () => {
  const [q, kv] = [stamps("q"), stamps("kv")];
  const fused = layer("attention", "attention", [1, TOKENS, FEATURES], { width: FEATURES / 2, height: 2, count: TOKENS });
  const net = { edges: [{ source: "q", target: "attention" }, { source: "kv", target: "attention" }], byId: new Map([q, kv, fused].map((each) => [each.id, each])) };
  assert.deepEqual(fanIn(net, fused, whole(1)).map(({ units }) => units), [[1], null]);
  const conv = layer("conv", "conv", [1, TOKENS, FEATURES], { width: FEATURES, height: 1, count: TOKENS });
  const after = { edges: [{ source: "q", target: "conv" }], byId: new Map([["q", q], ["conv", conv]]) };
  assert.deepEqual(fanIn(after, conv, whole(1))[0].units, null);
});

test("the strongest tokens carry nine tenths of the weight, and nothing is made of none", () => {
  assert.deepEqual(strongest([0.05, 0.5, 0.4, 0.05]).map(({ token }) => token), [1, 2]);
  assert.deepEqual(strongest([0, NaN, 0]), []);
});
