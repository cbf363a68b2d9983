/**
 * Names from strangers: every hostile name through every place where the page shows, draws, looks up or writes a text.
 * Nothing may run, ask, open or complain; and the same names do fire on a page that writes them as HTML.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { COUNT, CARRIERS, hostile, KINDS } from "../hostile-names.js";
import { hostileScene, hostileScenes } from "../hostile-scene.js";
import { safe } from "../../src/data/format.js";
import { FULL, pageWith, keepResult, startBrowser } from "./harness.mjs";
import { dangerous, naive, tryNames, watchWindow } from "./hostile-page.mjs";

/** A share: every kind without a disguise, and a step that is prime to their number through the others. */
const NUMBERS = Array.from({ length: COUNT }, (_, n) => n).filter((n) => FULL || n < 24 || n % 361 === 0);
const CONTROLS = Array.from({ length: COUNT }, (_, n) => n).filter((n) => n < 24 || (FULL && n % 7 === 0));
const BATCH = 60;

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

test("there are 300 carriers of 24 kinds, and no two names are equal", () => {
  assert.deepEqual([Object.keys(KINDS).length, CARRIERS.length, COUNT], [24, 300, 7200]);
  assert.equal(new Set(NUMBERS.map((n) => hostile(n).text)).size, NUMBERS.length);
  assert.equal(new Set(NUMBERS.map((n) => hostile(n).kind)).size, 24);
});

/** One tab takes its names through the viewer, a batch at a time. @returns {Promise<object>} how many names arrived in which place */
async function take(numbers, scenes) {
  const page = await browser.open({ calm: true, width: 1280, height: 560, init: watchWindow });
  const baseline = await page.tab.evaluate(dangerous);
  const places = {};
  for (let at = 0; at < numbers.length; at += BATCH) {
    const names = numbers.slice(at, at + BATCH).map((n) => hostile(n).text).map((text) => ({ text, safe: safe(text).slice(0, 150) }));
    const { shown, trouble, hits } = await page.tab.evaluate(tryNames, { names, scenes });
    assert.deepEqual([trouble, hits], [[], []]);
    for (const [place, count] of Object.entries(shown)) places[place] = (places[place] ?? 0) + count;
    assert.deepEqual(await page.tab.evaluate(dangerous), baseline, "no element or attribute came out of a name");
  }
  await page.close();
  return places;
}

test("no hostile name runs, asks or opens anything in the viewer", { timeout: 3_600_000 }, async () => {
  const half = Math.ceil(NUMBERS.length / 2);
  const halves = await Promise.all([NUMBERS.slice(0, half), NUMBERS.slice(half)].map((numbers) => take(numbers, hostileScenes())));
  const places = Object.fromEntries(Object.keys(halves[0]).map((place) => [place, halves[0][place] + halves[1][place]]));
  assert.ok(Object.keys(places).length >= 19);
  for (const [place, count] of Object.entries(places)) if (!place.includes("first of")) assert.equal(count, NUMBERS.length, `${place} was reached by every name`);
  keepResult("hostile", { names: NUMBERS.length, places });
});

test("a name inside the page that nn2gltf html writes stays a name", async () => {
  for (const n of NUMBERS.slice(0, 3)) {
    const { text } = hostile(n);
    const page = await browser.open({ html: pageWith(hostileScene(text)), calm: true, hash: `#sel=${encodeURIComponent(text)}&${encodeURIComponent(text)}`, init: watchWindow });
    assert.deepEqual(await page.tab.evaluate(() => globalThis.hits), []);
    await page.close();
  }
});

test("the control: the same names do fire on a page that writes them as HTML", { timeout: 3_600_000 }, async () => {
  const page = await browser.open({ html: "<!doctype html><title>naive</title><script>globalThis.nn2gltf = { state: () => ({ view: 'ready' }) }</script>", init: watchWindow });
  const fired = new Set();
  for (let at = 0; at < CONTROLS.length; at += 12) {
    const names = CONTROLS.slice(at, at + 12).map(hostile);
    for (const n of await page.tab.evaluate(naive, names)) fired.add(n);
  }
  const asked = page.seen.requests.map((url) => Number(/attacker\.invalid\/(\d+)/.exec(url)?.[1])).concat(page.seen.dialogs.map(Number));
  for (const n of asked) fired.add(n);
  for (const n of fired) if (!(n < COUNT)) fired.delete(n);
  const kinds = new Set([...fired].map((n) => hostile(n).kind));
  assert.deepEqual(Object.keys(KINDS).filter((kind) => !kinds.has(kind)), [], "every kind fires");
  keepResult("control", { names: CONTROLS.length, fired: fired.size, kinds: kinds.size, requests: page.seen.requests.length, dialogs: page.seen.dialogs.length });
  await page.context.close();
});
