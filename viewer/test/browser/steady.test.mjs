/** Panels open beside the scene while someone points at it: nothing moves away under the pointer. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { LAYERS, placeOf } from "../scene.js";
import { onScreen, startBrowser } from "./harness.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

const layer = (id) => LAYERS.find((each) => each.id === id);
const apart = (a, b) => Math.max(...["azimuth", "elevation", "distance"].map((key) => Math.abs(a[key] - b[key])), ...a.target.map((value, i) => Math.abs(value - b.target[i])));
const left = async (page) => (await page.tab.locator("canvas.gl").boundingBox()).x;

/** Points at a unit and clicks; the details open and the tree yields to them. */
async function clickUnit(page) {
  const { x, y } = await onScreen(page, placeOf(layer("body.fc"), { unit: 1 }));
  const start = await left(page);
  await page.tab.mouse.move(x, y);
  await page.tab.mouse.click(x, y);
  await page.settle();
  await page.tab.locator("aside.details").waitFor();
  assert.notEqual(await left(page), start, "the stage stands elsewhere now");
  assert.deepEqual((await page.state()).selection, { layer: "body.fc", unit: 1 });
  return { x, y };
}

test("a click that opens the details leaves everything under the pointer; it is fitted when the pointer leaves", async () => {
  const page = await browser.open({ calm: true });
  const { camera } = await page.state();
  const { x, y } = await clickUnit(page);
  await page.tab.mouse.move(x + 1, y);
  await page.tab.evaluate(() => new Promise((done) => globalThis.requestAnimationFrame(() => globalThis.requestAnimationFrame(done))));
  const { hover, camera: kept } = await page.state();
  assert.deepEqual([hover?.layer, hover?.unit], ["body.fc", 1]);
  assert.ok(apart(kept, camera) < 1e-6);

  await page.tab.locator("aside.details h2").hover();
  await page.settle();
  assert.ok(apart((await page.state()).camera, camera) > 0.1);
  const fitted = await onScreen(page, placeOf(layer("body.fc"), { unit: 1 }));
  await page.tab.mouse.move(fitted.x, fitted.y);
  const again = await page.until(async () => (await page.state()).hover, (found) => found !== null);
  assert.deepEqual([again.value?.layer, again.value?.unit], ["body.fc", 1]);
  await page.close();
});

test("a slow double click frames what its first click hit, with the details open in between", async () => {
  const page = await browser.open({ calm: true });
  const { distance } = (await page.state()).camera;
  await clickUnit(page);
  await page.tab.mouse.down({ clickCount: 2 });
  await page.tab.mouse.up({ clickCount: 2 });
  await page.settle();
  const { camera, selection } = await page.state();
  assert.deepEqual(selection, { layer: "body.fc", unit: 1 });
  assert.ok(camera.distance < distance * 0.8, `${distance} to ${camera.distance}`);
  await page.close();
});

test("a view that a person chose keeps its place as well, and comes back when the details close", async () => {
  const page = await browser.open({ calm: true });
  await page.tab.mouse.move(600, 250);
  await page.tab.mouse.wheel(0, -120);
  await page.settle();
  const { x, y } = await clickUnit(page);
  const { camera } = await page.state();
  await page.press("Escape");
  assert.equal((await page.state()).selection, null);
  const back = await onScreen(page, placeOf(layer("body.fc"), { unit: 1 }));
  assert.ok(Math.hypot(back.x - x, back.y - y) < 0.5, JSON.stringify([back, { x, y }]));
  assert.ok(apart((await page.state()).camera, camera) < 1e-6);
  await page.close();
});
