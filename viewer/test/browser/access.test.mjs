/** For people who do not use a mouse, or do not see the page. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { startBrowser } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

/** Serious and critical findings of axe-core, as one line each. */
async function findings(page) {
  await page.tab.evaluate(axe);
  const { violations } = await page.tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ""}`));
}

for (const [name, how] of Object.entries({
  "desktop, dark, a unit selected": { hash: "#sel=body.conv/1" },
  "desktop with its tree": { width: 1440 },
  "desktop, light": { hash: "#theme=light&sel=body.fc/2" },
  "a comparison": { hash: "#vs=epochs&a=0" },
  "a comparison, light": { hash: "#vs=probes&a=1&diff=1&theme=light" },
  phone: { width: 390, height: 844, touch: true },
  embedded: { width: 800, height: 420 },
  empty: { glb: null },
  presentation: { hash: "#present=1" },
})) {
  test(`axe finds nothing serious: ${name}`, async () => {
    const page = await browser.open({ calm: true, ...how });
    await page.settle();
    assert.deepEqual(await findings(page), []);
    await page.close();
  });
}

test("axe finds nothing serious in any dialog, and does find a button without a name", async () => {
  const page = await browser.open({ calm: true });
  for (const key of ["Control+k", "?", ",", "Shift+P"]) {
    await page.press(key);
    assert.deepEqual(await findings(page), [], key);
    await page.press("Escape");
  }
  await page.tab.evaluate(() => document.querySelector(".bar-right").append(document.createElement("button")));
  assert.match((await findings(page)).join(), /button-name/);
  await page.close();
});

test("every control has a name", async () => {
  const page = await browser.open({ calm: true, hash: "#sel=body.conv/1" });
  const nameless = await page.tab.evaluate(() =>
    [...document.querySelectorAll("button, input, select, [role=tree], [role=slider], [role=radiogroup], [role=dialog], canvas[tabindex], summary")]
      .filter((each) => each.offsetParent !== null && !each.closest("[aria-hidden=true]"))
      .filter((each) => !(each.getAttribute("aria-label") || each.textContent.trim() || each.getAttribute("aria-labelledby") || each.labels?.length))
      .map((each) => each.outerHTML.slice(0, 100)),
  );
  assert.deepEqual(nameless, []);
  await page.close();
});

test("Tab reaches every part in the order of the page, and a group of choices is one stop", async () => {
  const page = await browser.open({ calm: true, hash: "#sel=body.conv/1", width: 1440 });
  const stops = [];
  for (let i = 0; i < 80; i++) {
    await page.tab.keyboard.press("Tab");
    const stop = await page.tab.evaluate(() => {
      const { activeElement: at } = document;
      if (at === document.body) return null;
      const part = at.closest(".bar, .tree, .details, .timeline, .stage");
      const box = at.getBoundingClientRect();
      return { part: part?.className.split(" ")[0], name: at.getAttribute("aria-label") ?? at.textContent.trim(), visible: box.width > 0 && box.height > 0, group: at.closest("[role=radiogroup]")?.getAttribute("aria-label") ?? null };
    });
    if (stop === null) break;
    stops.push(stop);
  }
  const parts = stops.map((stop) => stop.part).filter((part, index, all) => part !== all[index - 1]);
  assert.deepEqual(parts, ["bar", "tree", "stage", "details", "timeline"]);
  assert.ok(stops.every((stop) => stop.visible), "nothing invisible takes the focus");
  const groups = stops.map((stop) => stop.group).filter(Boolean);
  assert.deepEqual([...new Set(groups)].sort(), groups.sort(), "one stop a group");
  for (const name of ["The network in 3D", "Layers", "Training epoch", "Play"]) assert.ok(stops.some((stop) => stop.name === name), name);
  await page.close();
});

test("less motion: it starts paused at the last epoch, and the camera does not fly", async () => {
  const calm = await browser.open({ calm: true });
  const state = await calm.state();
  assert.deepEqual([state.playing, state.epoch], [false, 2]);
  const moved = await calm.tab.evaluate(() => {
    const from = globalThis.nn2gltf.state().camera.azimuth;
    globalThis.nn2gltf.look("side");
    return globalThis.nn2gltf.state().camera.azimuth - from;
  });
  assert.ok(Math.abs(moved) > 1, "there at once");
  await calm.close();
  const lively = await browser.open({ frozen: true });
  assert.equal((await lively.state()).playing, true);
  await lively.close();
});

test("the arrow keys walk the tree, open and close it, Enter selects", async () => {
  const page = await browser.open({ calm: true });
  await page.tab.getByRole("tree", { name: "Layers" }).focus();
  const active = () => page.tab.locator(".tree:not(.is-plain) .row.is-active .name").textContent();
  const rows = async () => page.tab.locator(".tree:not(.is-plain) [role=treeitem]").count();
  const count = await rows();
  await page.press("ArrowDown", "ArrowDown");
  assert.notEqual(await active(), "Tiny");
  await page.press("Home");
  const first = await active();
  await page.press("End");
  assert.notEqual(await active(), first);
  await page.press("ArrowRight");
  assert.ok((await rows()) > count, "channels of the last layer");
  await page.press("ArrowLeft");
  assert.equal(await rows(), count);
  await page.press("Enter");
  assert.equal((await page.state()).selection.layer, "out");
  await page.close();
});

test("targets: 24 pixels at least, 44 where the pointer is coarse", async () => {
  const small = (page, least) => page.tab.evaluate((size) => [...document.querySelectorAll("button, select")].filter((each) => each.offsetParent && !each.closest(".visually-hidden")).map((each) => ({ box: each.getBoundingClientRect(), name: each.className + each.textContent })).filter(({ box }) => box.width > 0 && (Math.round(box.width) < size || Math.round(box.height) < size)).map(({ box, name }) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`), least);
  const page = await browser.open({ calm: true, hash: "#sel=body.conv/1" });
  assert.deepEqual(await small(page, 24), []);
  await page.close();
  const phone = await browser.open({ calm: true, width: 390, height: 844, touch: true });
  assert.deepEqual(await small(phone, 44), []);
  await phone.close();
});
