/** Panels open beside the scene: nothing moves away under the pointer. Between two epochs: the page says so. */
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

test("between two epochs the read-out says between which; nothing written lies under the badge", async () => {
  const page = await browser.open({ calm: true, hash: "#t=1.25" });
  const readout = page.tab.locator(".readout");
  assert.match(await readout.textContent(), /epoch 1\.3 between 1 and 2.*≈ 91\.75 %/);
  assert.equal(await page.tab.locator(".now-badge").textContent(), "1.3");
  assert.match(await page.tab.getByRole("slider", { name: "Training epoch" }).getAttribute("aria-valuetext"), /^epoch 1\.3 of 2, between 1 and 2, test accuracy about 0\.9175/);
  await page.press("i");
  assert.match(await readout.textContent(), /epoch 1 of 2.*90\.00 %/);
  assert.doesNotMatch(await readout.textContent(), /≈/);
  await page.press("End");
  const badge = await page.tab.locator(".now-badge").boundingBox();
  const texts = page.tab.locator(".guide text, .ticks span:visible");
  assert.ok((await texts.count()) > 2);
  for (const box of await Promise.all((await texts.all()).map((text) => text.boundingBox()))) {
    const free = box.x + box.width <= badge.x || badge.x + badge.width <= box.x || box.y + box.height <= badge.y || badge.y + badge.height <= box.y;
    assert.ok(free, JSON.stringify({ box, badge }));
  }
  await page.close();
});
