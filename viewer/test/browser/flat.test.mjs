/** A browser that cannot draw in 3D: the layers and their values stand in the scene's place, never an empty page. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { GlbWriter } from "../glb-writer.js";
import { startBrowser } from "./harness.mjs";

let browser;
before(async () => (browser = await startBrowser(["--disable-gpu", "--disable-3d-apis", "--disable-background-networking", "--force-color-profile=srgb"])));
after(() => browser.close());

test("every layer has its values, at any epoch and for any probe, and leads to its details", async () => {
  const page = await browser.open({ calm: true, width: 1440 });
  assert.equal(await page.tab.evaluate(() => document.createElement("canvas").getContext("webgl2")), null, "this browser has no WebGL");
  const region = page.tab.getByRole("region", { name: "Layers and their values" });
  assert.match(await region.textContent(), /cannot draw in 3D/);
  assert.deepEqual(await region.locator("h3 button").allTextContents(), ["input", "conv", "fc", "out"]);
  const picture = async () => (await region.screenshot({ animations: "disabled" })).toString("base64");
  const seen = new Set();
  for (const keys of [[], ["Home"], ["ArrowRight"], ["Shift+Digit1"]]) {
    await page.press(...keys);
    const { holds } = await page.until(picture, (now) => !seen.has(now));
    assert.ok(holds, `${keys} changes what is shown`);
    seen.add(await picture());
  }
  await region.getByRole("button", { name: "conv", exact: true }).click();
  const details = page.tab.getByRole("complementary", { name: "Details" });
  assert.match(await details.textContent(), /Conv2d 3×3.*4 channels.*Attributes/);
  await region.getByRole("button", { name: "channel 2" }).click();
  assert.deepEqual((await page.state()).selection, { layer: "body.conv", unit: 2 });
  await page.close();
});

test("time passes, every key is harmless, and nothing is seriously wrong for assistive technology", async () => {
  const page = await browser.open({ calm: true });
  await page.press("Home", " ");
  const { holds } = await page.until(async () => (await page.state()).time, (time) => time > 0.2);
  assert.ok(holds, "the clock runs");
  for (const key of ["f", "0", "1", "2", "3", "h", "a", "/", "c", "x", "b", "w", "t", "l", "i", "p", "Escape", "\\", "\\", "Escape"]) await page.press(key);
  await page.tab.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const found = await page.tab.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ["violations"] })).violations.filter((each) => ["serious", "critical"].includes(each.impact)));
  assert.deepEqual(found.map((each) => [each.id, each.nodes[0].html]), []);
  await page.close();
});

test("a file without values says in one sentence why nothing is shown", async () => {
  const writer = new GlbWriter();
  const mesh = writer.mesh({ attributes: { POSITION: writer.accessor([0, 0, 0, 1, 0, 0, 0, 1, 0], "VEC3") }, indices: writer.accessor([0, 1, 2], "SCALAR", Uint16Array), material: writer.material({ name: "red" }) });
  writer.node({ name: "triangle", mesh });
  const page = await browser.open({ glb: writer.bytes(), calm: true });
  assert.equal((await page.state()).view, "error");
  assert.match(await page.tab.getByRole("alert").textContent(), /This browser cannot draw in 3D.*E_WEBGL/);
  await page.close();
});
