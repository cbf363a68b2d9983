/** Every key of the page does what the help says: to the state, and where it is seen, to the pixels. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { startBrowser } from "./harness.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

const STAGE = { x: 230, y: 80, width: 800, height: 300 };

/** Opens the page at rest, presses keys, and gives the states and pictures before and after. */
async function tried(keys, { hash = "", changes = true, look = STAGE } = {}) {
  const page = await browser.open({ calm: true, hash });
  await page.settle();
  const [from, one] = [await page.state(), await page.still(look)];
  const to = await page.press(...keys);
  const two = await page.still(look);
  if (changes !== null) assert.equal(one !== two, changes, `${keys} ${changes ? "changes" : "leaves"} the picture`);
  await page.close();
  return { from, to };
}

test("arrows, Home and End go from epoch to epoch", async () => {
  const page = await browser.open({ calm: true });
  assert.equal((await page.state()).epoch, 2);
  const seen = [];
  for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowRight", "End", "Home"]) seen.push((await page.press(key)).epoch);
  assert.deepEqual(seen, [1, 0, 0, 1, 2, 0]);
  assert.match(await page.tab.getByRole("slider", { name: "Training epoch" }).getAttribute("aria-valuetext"), /^epoch 0 of 2, test accuracy 0\.1/);
  await page.close();
});

test("Space plays and pauses, the brackets change the speed, L the loop", async () => {
  const page = await browser.open({ frozen: true, hash: "#t=0" });
  const start = await page.state();
  assert.deepEqual([start.playing, start.time, start.speed, start.loop], [false, 0, 1, true]);
  await page.tab.keyboard.press(" ");
  await page.tab.clock.runFor(500);
  const later = await page.state();
  assert.ok(later.playing && later.time > 0.3 && later.time < 0.7, `half a second later: ${later.time}`);
  await page.tab.keyboard.press("]");
  await page.tab.clock.runFor(300);
  const faster = await page.state();
  assert.equal(faster.speed, 2);
  assert.ok(faster.time - later.time > 0.4, "twice as fast");
  await page.tab.keyboard.press("[");
  await page.tab.keyboard.press("[");
  await page.tab.keyboard.press("l");
  assert.deepEqual([(await page.state()).speed, (await page.state()).loop], [0.5, false]);
  await page.tab.clock.runFor(8000);
  const end = await page.state();
  assert.deepEqual([end.playing, end.time], [false, end.duration], "without the loop it stops at the end");
  await page.tab.keyboard.press(" ");
  await page.tab.clock.runFor(100);
  assert.ok((await page.state()).time < 0.3, "and starts again from the beginning");
  await page.tab.keyboard.press(" ");
  assert.equal((await page.state()).playing, false);
  await page.close();
});

test("I steps instead of moving: between epochs the picture is that of the epoch before", async () => {
  const { to } = await tried(["i"], { hash: "#t=0.5" });
  assert.equal(to.stepped, true);
  await tried(["i"], { hash: "#t=1", changes: false, look: { x: 230, y: 150, width: 700, height: 300 } });
});

test("1, 3 and 7 look from the front, the side and the top, A frames everything, F the selection", async () => {
  for (const [key, azimuth, elevation] of [["1", 0, 0], ["3", 90, 0], ["7", 0, 89]]) {
    const { to } = await tried([key]);
    assert.ok(Math.abs((to.camera.azimuth * 180) / Math.PI - azimuth) < 0.5 && Math.abs((to.camera.elevation * 180) / Math.PI - elevation) < 0.5, `${key}: ${JSON.stringify(to.camera)}`);
  }
  const { from, to } = await tried(["f"], { hash: "#sel=body.conv/-" });
  assert.ok(to.camera.distance < from.camera.distance * 0.7, "closer");
  const back = await tried(["f", "a"], { hash: "#sel=body.conv/-", changes: null });
  assert.ok(Math.abs(back.to.camera.distance / back.from.camera.distance - 1) < 0.1);
});

test("H hides, Alt+H shows, / isolates, E folds, Esc clears", async () => {
  const hidden = await tried(["h"], { hash: "#sel=body.conv/-" });
  assert.deepEqual(hidden.to.hidden, ["body.conv"]);
  const shown = await tried(["h", "Alt+h"], { hash: "#sel=body.conv/-", changes: null });
  assert.deepEqual(shown.to.hidden, []);
  const isolated = await tried(["/"], { hash: "#sel=body.fc/-" });
  assert.equal(isolated.to.isolated, "body.fc");
  const folded = await tried(["e"], { hash: "#sel=body.fc/-" });
  assert.deepEqual(folded.to.collapsed, ["body"]);
  const unfolded = await tried(["e", "e"], { hash: "#sel=body.fc/-", changes: null });
  assert.deepEqual(unfolded.to.collapsed, []);
  const cleared = await tried(["Escape"], { hash: "#sel=body.fc/2" });
  assert.equal(cleared.to.selection, null);
});

test("Shift and a digit choose a probe, W plays the forward pass", async () => {
  const { from, to } = await tried(["Shift+Digit1"]);
  assert.deepEqual([from.probe, to.probe], [0, 1]);
  const mean = await tried(["Shift+Digit2"]);
  assert.equal(mean.to.probe, 2, "the mean of both");
  const forward = await tried(["w"], { changes: null });
  assert.equal(forward.to.clip, "forward");
});

test("C compares, X swaps, C ends it", async () => {
  const { to } = await tried(["c"]);
  assert.deepEqual([to.compare.kind, to.compare.time, to.epoch], ["epochs", 0, 2]);
  const swapped = await tried(["c", "x"], { changes: null });
  assert.deepEqual([swapped.to.compare.time, swapped.to.epoch], [2, 0]);
  // Not by pixels: Chromium may draw a letter at half a pixel differently after it has stood elsewhere. Not at once: the camera
  // is fitted when the browser has laid out the stage that is whole again.
  const page = await browser.open({ calm: true });
  await page.settle();
  const from = await page.state();
  const apart = (/** @type {any} */ state) => Math.max(...["azimuth", "elevation", "distance"].map((key) => Math.abs(state.camera[key] - from.camera[key])));
  assert.equal((await page.press("c")).compare.kind, "epochs");
  assert.ok((await page.until(page.state, (state) => apart(state) > 0.01)).holds, "half the stage, another distance");
  assert.equal((await page.press("c")).compare, null);
  const { value, holds } = await page.until(page.state, (state) => apart(state) < 1e-9);
  assert.ok(holds, `${JSON.stringify(value.camera)} after, ${JSON.stringify(from.camera)} before`);
  await page.close();
});

test("T turns the theme, the backslash presents, Escape comes back", async () => {
  assert.deepEqual([(await tried(["t"])).to.theme, (await tried(["t", "t"], { changes: false })).to.theme], ["light", "dark"]);
  const page = await browser.open({ calm: true });
  assert.equal((await page.press("\\")).present, true);
  assert.equal(await page.tab.locator("header.bar").isVisible(), false);
  assert.equal((await page.press("Escape")).present, false);
  assert.equal(await page.tab.locator("header.bar").isVisible(), true);
  await page.close();
});

test("dialogs: search, help, look and picture open by their keys, hold the focus and close by Escape", async () => {
  const page = await browser.open({ calm: true });
  for (const [key, name] of [["Control+k", "Search"], ["?", "Keys"], [",", "Look"], ["Shift+P", "Save a picture"]]) {
    await page.press(key);
    const dialog = page.tab.getByRole("dialog", { name });
    await dialog.waitFor();
    for (let i = 0; i < 12; i++) await page.tab.keyboard.press("Tab");
    const inside = await page.tab.evaluate(() => document.activeElement === document.body || document.querySelector("dialog[open]").contains(document.activeElement));
    assert.ok(inside, `${name} holds the focus`);
    await page.press("t");
    await page.press("Escape");
    assert.equal(await dialog.count(), 0, `${name} closed`);
    assert.equal((await page.state()).theme, "dark", "keys of the page rest while a dialog is open");
  }
  await page.close();
});

test("P saves a PNG, O asks for a file, S copies the link", async () => {
  const page = await browser.open({ calm: true });
  const [download] = await Promise.all([page.tab.waitForEvent("download"), page.tab.keyboard.press("p")]);
  assert.equal(download.suggestedFilename(), "scene.png");
  assert.equal(readFileSync(await download.path()).subarray(1, 4).toString(), "PNG");
  const [chooser] = await Promise.all([page.tab.waitForEvent("filechooser"), page.tab.keyboard.press("o")]);
  assert.equal(chooser.isMultiple(), false);
  await page.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.press("ArrowLeft");
  await page.press("s");
  const copied = await page.until(() => page.tab.evaluate(() => navigator.clipboard.readText()), (text) => /#t=1/.test(text));
  assert.ok(copied.holds, copied.value);
  await page.close();
});

test("the help lists every key once", async () => {
  const page = await browser.open({ calm: true });
  await page.press("?");
  const keys = await page.tab.locator("dialog.help kbd").allTextContents();
  for (const key of ["Space", "←", "→", "Home", "End", "[", "]", "L", "I", "W", "F", "A", "1", "3", "7", "H", "Alt H", "/", "E", "C", "X", "Ctrl K", "T", "P", "Shift P", ",", "S", "O", "\\", "Esc", "?"]) {
    assert.equal(keys.filter((each) => each === key).length, 1, `${key} in ${keys}`);
  }
  await page.close();
});
