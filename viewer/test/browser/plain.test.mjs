/** Files of other programs, running trainings, headsets, frames, small windows: everything around a scene of ours. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";

import { GlbWriter } from "../glb-writer.js";
import { makeScene } from "../scene.js";
import { page as html, startBrowser } from "./harness.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

/** A triangle that two clips move, as any program might write it. */
function someoneElses() {
  const writer = new GlbWriter();
  const material = writer.material({ name: "red", doubleSided: true, pbrMetallicRoughness: { baseColorFactor: [1, 0, 0, 1] } });
  const mesh = writer.mesh({ attributes: { POSITION: writer.accessor([0, 0, 0, 1, 0, 0, 0, 1, 0], "VEC3") }, indices: writer.accessor([0, 1, 2], "SCALAR", Uint16Array), material });
  const root = writer.node({ name: "group" });
  writer.node({ name: "triangle", mesh }, root);
  const target = writer.json.nodes.findIndex((node) => node.name === "triangle");
  for (const [name, seconds] of [["slide", 2], ["leap", 3]]) {
    const input = writer.accessor([0, seconds], "SCALAR");
    const output = writer.accessor([0, 0, 0, name === "slide" ? 1 : 0, name === "leap" ? 1 : 0, 0], "VEC3");
    writer.json.animations.push({ name, samplers: [{ input, output }], channels: [{ sampler: 0, target: { node: target, path: "translation" } }] });
  }
  return writer.bytes();
}

test("a file without our record: its nodes, its numbers, all of its clips", async () => {
  const page = await browser.open({ glb: someoneElses(), calm: true });
  assert.deepEqual([(await page.state()).view, (await page.state()).clip, (await page.state()).duration], ["ready", "plain", 2]);
  const tree = page.tab.getByRole("tree", { name: "Nodes" });
  assert.match(await tree.textContent(), /group.*triangle/);
  assert.match(await page.tab.locator(".tree.is-plain .panel-foot").textContent(), /Triangles1.*Clips2/);
  const stage = { x: 240, y: 60, width: 900, height: 400 };
  const one = await page.pixels(stage);
  await page.tab.getByRole("combobox", { name: "Clip" }).selectOption({ label: "leap" });
  await page.settle();
  assert.equal((await page.state()).duration, 3);
  await page.press("End");
  const two = await page.pixels(stage);
  assert.notEqual(one, two, "it moved");
  await tree.getByText("triangle").hover();
  await page.tab.getByRole("button", { name: "Hide triangle" }).click();
  await page.settle();
  assert.notEqual(await page.pixels(stage), two, "it is gone");
  await page.close();
});

test("the page opens files by the picker, and says why one cannot be shown", async () => {
  const page = await browser.open({ glb: null });
  assert.match(await page.tab.locator(".welcome").textContent(), /Drop a network/);
  for (const [bytes, sentence] of [[Buffer.from("hello"), /neither/], [makeScene().subarray(0, 5000), /cut short/]]) {
    await page.tab.locator("input[type=file]").setInputFiles({ name: "x.glb", mimeType: "model/gltf-binary", buffer: bytes });
    const panel = page.tab.locator(".failure", { hasText: sentence });
    await panel.waitFor();
  }
  const [chooser] = await Promise.all([page.tab.waitForEvent("filechooser"), page.tab.getByRole("button", { name: "Choose another file" }).click()]);
  await chooser.setFiles({ name: "good.glb", mimeType: "model/gltf-binary", buffer: makeScene() });
  await page.tab.waitForFunction(() => globalThis.nn2gltf.state().view === "ready");
  await page.close();
});

test("without any canvas there is a sentence, and a lost context shows the panel", async () => {
  const none = await browser.open({ init: () => { HTMLCanvasElement.prototype.getContext = () => null; } });
  assert.match(await none.tab.locator(".failure").textContent(), /no memory left for a canvas/);
  await none.close();
  const lost = await browser.open({ calm: true });
  await lost.tab.evaluate(() => document.querySelector("canvas.gl").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext());
  await lost.tab.waitForFunction(() => globalThis.nn2gltf.state().view === "error");
  assert.match(await lost.tab.locator(".failure").textContent(), /graphics processor was reset/);
  lost.seen.errors = lost.seen.errors.filter((line) => !/Context Lost/i.test(line));
  await lost.close();
});

test("a training that goes on: new steps appear, its options are shown, the selection stays", async () => {
  const scenes = [1, 2, 3].map((count) => makeScene({ change: (_, record) => {
    record.steps = record.steps.slice(0, count).concat(record.steps.slice(count).map((step) => ({ ...step })));
    record.title = `Run ${count}`;
  } }));
  let version = 1;
  const server = createServer((request, answer) => {
    const { pathname } = new URL(request.url, "http://x");
    const send = (type, body) => answer.writeHead(200, { "content-type": type }).end(body);
    if (pathname === "/") send("text/html", html);
    else if (pathname === "/run.json") send("application/json", JSON.stringify({ version, steps: version, finished: version === 3, command: "nn2gltf train --model tiny", options: [["lr", "0.01"], ["<b>x</b>", "1"]] }));
    else if (pathname === "/scene.glb") send("model/gltf-binary", scenes[version - 1]);
    else answer.writeHead(404).end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const context = await browser.browser.newContext({ reducedMotion: "reduce" });
  const tab = await context.newPage();
  const errors = [];
  tab.on("pageerror", (error) => errors.push(error.message));
  await tab.goto(`http://127.0.0.1:${server.address().port}/?src=scene.glb&follow=run.json#sel=body.conv/1`);
  await tab.waitForFunction(() => globalThis.nn2gltf.state().view === "ready");
  for (version of [2, 3]) await tab.waitForFunction((title) => document.title.startsWith(title) || document.querySelector(".embed-title b")?.textContent === title, `Run ${version}`);
  await tab.locator(".run summary").click();
  assert.match(await tab.locator(".run").textContent(), /Recording of 3 steps.*lr0\.01.*<b>x<\/b>.*nn2gltf train --model tiny/);
  assert.deepEqual(await tab.evaluate(() => globalThis.nn2gltf.state().selection), { layer: "body.conv", unit: 1 });
  assert.deepEqual(errors, []);
  await context.close();
  server.close();
});

test("the headset button enters and leaves a session of an emulated device", async () => {
  const iwer = readFileSync(createRequire(import.meta.url).resolve("iwer/build/iwer.min.js"), "utf8");
  const plain = await browser.open({ calm: true });
  assert.equal(await plain.tab.locator("button.headset").isVisible(), false, "no button without WebXR devices");
  await plain.close();
  const page = await browser.open({ calm: true, init: { content: `${iwer}; { const { XRDevice, metaQuest3 } = globalThis.IWER; const device = new XRDevice(metaQuest3); device.installRuntime({ forceInstall: true }); globalThis.device = device; }` } });
  const button = page.tab.locator("button.headset");
  await button.waitFor();
  await button.click();
  await page.tab.waitForFunction(() => globalThis.device.activeSession);
  await page.tab.waitForFunction(() => document.querySelector("button.headset").getAttribute("aria-pressed") === "true");
  const frames = await page.tab.evaluate(() => new Promise((done) => globalThis.device.activeSession.requestAnimationFrame((_, frame) => done(Boolean(frame)))));
  assert.ok(frames, "it draws");
  await page.tab.evaluate(() => globalThis.device.activeSession.end());
  await page.tab.waitForFunction(() => document.querySelector("button.headset").getAttribute("aria-pressed") === "false");
  await page.settle();
  assert.equal((await page.state()).view, "ready");
  page.seen.errors = [];
  await page.close();
});

test("inside another page the wheel scrolls that page until the scene has the focus", async () => {
  const page = await browser.open({ calm: true });
  const outer = join(dirname(page.file), "outer.html");
  writeFileSync(outer, `<!doctype html><body style="margin:0;height:3000px"><iframe src="${basename(page.file)}" width="800" height="420"></iframe>`);
  await page.tab.goto(pathToFileURL(outer).href);
  const frame = page.tab.frames()[1];
  await frame.waitForFunction(() => globalThis.nn2gltf?.state().view === "ready");
  const distance = () => frame.evaluate(() => globalThis.nn2gltf.state().camera.distance);
  const settled = () => frame.evaluate(() => globalThis.nn2gltf.settled());
  await settled();
  assert.equal(await frame.evaluate(() => document.querySelector(".app").dataset.mode), "embed");
  const start = await distance();
  await page.tab.mouse.move(400, 150);
  await page.tab.mouse.wheel(0, 120);
  await page.tab.waitForFunction(() => globalThis.scrollY > 0);
  await settled();
  assert.equal(await distance(), start);
  await page.tab.evaluate(() => globalThis.scrollTo(0, 0));
  await frame.evaluate(() => document.querySelector("canvas.gl").focus());
  await page.tab.mouse.wheel(0, -240);
  await frame.waitForFunction((far) => globalThis.nn2gltf.state().camera.distance < far, start);
  await page.close();
});

test("phone: chips frame a layer, the sheets open from the bar below", async () => {
  const page = await browser.open({ calm: true, width: 390, height: 844, touch: true });
  const far = (await page.state()).camera.distance;
  await page.tab.getByRole("radio", { name: "conv" }).tap();
  await page.settle();
  assert.ok((await page.state()).camera.distance < far);
  assert.equal((await page.state()).selection.layer, "body.conv");
  await page.tab.getByRole("navigation", { name: "Panels" }).getByRole("button", { name: "Layers" }).tap();
  await page.settle();
  assert.equal(await page.tab.locator(".tree:not(.is-plain)").isVisible(), true);
  await page.close();
});
