import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { fromBase64 } from "../src/data/embedded.js";
import { chance, number, percent, safe, shapeText, short, placeName } from "../src/data/format.js";
import { readRecord } from "../src/data/record.js";
import { findIn, scoreOf } from "../src/page/find.js";
import { commandsFor } from "../src/page/keys.js";
import { modeFor, panelsFor } from "../src/page/layout.js";
import { readLink, writeLink } from "../src/page/link.js";
import { createStore } from "../src/page/store.js";
import { keysAbove, openAtFirst, treeRows } from "../src/panels/rows.js";
import { unpack } from "./glb-writer.js";
import { makeScene } from "./scene.js";

const network = readRecord(unpack(makeScene()).json);

test("links come back as they were written", () => {
  const link = { t: 7.25, probe: 3, sel: { layer: "block1/add@2", unit: 12 }, theme: "light", clip: "forward", cam: { azimuth: 0.5, elevation: -0.25, distance: 12.5, target: [1, -2, 3.25] } };
  const again = readLink(writeLink(link));
  assert.deepEqual({ ...again, cam: undefined }, { ...link, cam: undefined });
  assert.ok(Math.abs(again.cam.azimuth - 0.5) < 1e-3 && again.cam.distance === 12.5);
  assert.deepEqual(readLink(writeLink({ sel: { layer: "a/b & c=#%", unit: null } })).sel, { layer: "a/b & c=#%", unit: null });
});

test("a link that makes no sense is ignored", () => {
  assert.deepEqual(readLink(writeLink({ sel: { layer: "half \ud800", unit: 1 }, hidden: ["\udc00"] })), { sel: { layer: "half \ufffd", unit: 1 }, hidden: ["\ufffd"] });
  assert.deepEqual(readLink("#t=x&probe=-1&cam=1,2&theme=pink&clip=<b>"), {});
  assert.deepEqual(readLink("#cam=0,0,-5,0,0,0"), {});
  assert.deepEqual(readLink(""), {});
});

test("names are shown without what could deceive", () => {
  assert.equal(safe("conv\u202e1\u0000"), "conv\ufffd1\ufffd");
  assert.equal(safe("\ud800x"), "\ufffdx");
  assert.equal(Array.from(safe("😀".repeat(400))).length, 256);
  assert.equal(safe(undefined), "");
});

test("numbers are short and keep their sign", () => {
  assert.deepEqual([0, -12.3456, 1234567, 0.00001234].map(number), ["0", "−12.35", "1.23e6", "1.23e−5"]);
  assert.deepEqual([NaN, -Infinity].map(number), ["not a number", "−infinite"]);
  assert.deepEqual([4.6536, 2, 0.5].map(short), ["4.654", "2", "0.5"]);
  assert.deepEqual([chance(0.001), chance(0.54), chance(0.985), chance(0.9984), chance(1)], ["<1 %", "54 %", "99 %", ">99 %", ">99 %"]);
  assert.equal(percent(0.9754, 2), "97.54 %");
  assert.equal(shapeText({ shape: [null, 8, 28, null] }), "8×28×?");
});

test("the tree follows scopes in the order of the data", () => {
  const open = openAtFirst(network);
  const rows = treeRows(network, open);
  assert.deepEqual(rows.map((row) => [row.depth, row.name]), [[0, "Tiny"], [1, "input"], [1, "body"], [2, "conv"], [2, "fc"], [1, "out"]]);
  assert.deepEqual(rows.slice(1).map((row) => [row.position, row.siblings]), [[1, 3], [2, 3], [1, 2], [2, 2], [3, 3]]);
  open.add("layer body.conv");
  assert.equal(treeRows(network, open).filter((row) => row.kind === "unit").length, 4);
  assert.deepEqual(keysAbove(network, network.byId.get("body.fc")), ["scope body", "scope "]);
});

test("scopes that name each other as parents do not hang the tree", () => {
  const scope = (path, parent) => ({ path, parent, type: "", parameters: 0, node: "" });
  const odd = { ...network, scopes: [scope("a", "b"), scope("b", "a")], layers: network.layers.map((layer) => ({ ...layer, scope: "a" })) };
  assert.ok(treeRows(odd, new Set(["scope a", "scope b"])).length < 50);
  assert.ok(keysAbove(odd, odd.layers[0]).length <= 3);
});

test("the search finds names, types, shapes, attributes, epochs and commands", () => {
  const commands = commandsFor(/** @type {any} */ ({ clock: {} })).filter((each) => each.keys);
  const first = (text) => findIn(network, commands, text)[0];
  assert.equal(first("conv").layer, "body.conv");
  assert.equal(first("conv2d").layer, "body.conv");
  assert.equal(first("4x4x4").layer, "body.conv");
  assert.equal(first("kernel").layer, "body.conv");
  assert.deepEqual([first("epoch 2").kind, first("epoch 2").index], ["epoch", 2]);
  assert.equal(first("digit 1").kind, "probe");
  assert.equal(first("picture").kind, "command");
  assert.deepEqual(findIn(network, commands, "qqqq"), []);
  assert.ok(scoreOf("conv1", "conv") > scoreOf("my conv", "conv"));
});

test("every key of the list reaches exactly one command", () => {
  const commands = commandsFor(/** @type {any} */ ({ clock: {} }));
  const press = (key, more = {}) => commands.filter((each) => each.matches({ key, code: more.code ?? "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more }));
  for (const key of [" ", "ArrowLeft", "ArrowRight", "Home", "End", "[", "]", "l", "L", "f", "a", "1", "3", "7", "h", "/", "t", "p", "o", "s", "\\", "Escape", "?"]) assert.equal(press(key).length, 1, key);
  assert.equal(press("k", { ctrlKey: true }).length, 1);
  assert.equal(press("k").length, 0);
  assert.equal(press("h", { altKey: true })[0].name, "Show all layers");
  assert.equal(press("!", { code: "Digit1", shiftKey: true }).length, 1);
});

test("layouts and panels", () => {
  assert.deepEqual([modeFor(1600, 900, false), modeFor(390, 844, false), modeFor(900, 500, false), modeFor(900, 700, true), modeFor(1200, 700, true)], ["desktop", "phone", "embed", "embed", "desktop"]);
  const state = { mode: "desktop", network, selection: { layer: "out", unit: null }, tree: true };
  assert.deepEqual(panelsFor(state, 1600), { details: true, tree: true });
  assert.deepEqual(panelsFor(state, 1280), { details: true, tree: false });
  assert.deepEqual(panelsFor({ ...state, mode: "embed" }, 1600), { details: false, tree: false });
});

test("a store calls back only for what changed", () => {
  const store = createStore();
  const calls = [];
  store.on(["time", "probe"], () => calls.push("both"));
  store.on(["theme"], () => calls.push("theme"));
  store.set({ time: 0 });
  store.set({ time: 1, probe: 2 });
  store.set({ theme: "light" });
  assert.deepEqual(calls, ["both", "theme"]);
});

test("base64 with and without the browser's own reader", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 256);
  assert.deepEqual(fromBase64(Buffer.from(bytes).toString("base64")), bytes);
});

test("no module has more than 300 lines, and none turns text into markup", () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "src");
  const files = readdirSync(root, { recursive: true }).map((name) => join(root, String(name))).filter((name) => name.endsWith(".js") && statSync(name).isFile());
  assert.ok(files.length > 50);
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    assert.ok(text.split("\n").length <= 300, file);
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|new Function|\beval\(/, file);
  }
});

test("a module of a sequence is called by its place and its type", () => {
  assert.deepEqual([placeName("0", "Linear"), placeName("12", ""), placeName("fc1", "Linear"), placeName("", "Net")], ["0 · Linear", "12", "fc1", ""]);
});
