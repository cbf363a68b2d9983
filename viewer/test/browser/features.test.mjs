/** Data, structure, comparison, sharing: what a person does with the pointer and what the page answers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { LAYERS, makeScene, placeOf, valueOf } from "../scene.js";
import { onScreen, startBrowser } from "./harness.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

const layer = (id) => LAYERS.find((each) => each.id === id);

test("hover gives the exact value of a pixel, at any epoch and for any probe", async () => {
  const page = await browser.open({ calm: true });
  const conv = layer("body.conv");
  // The pages of a probe may still be decoded when it is chosen; the value follows.
  const shownValue = async () => Number((await page.tab.locator(".tooltip .value strong").textContent()).replace("−", "-"));
  for (const [keys, step, probe] of [[[], 2, 0], [["ArrowLeft"], 1, 0], [["Shift+Digit1"], 1, 1], [["Home"], 0, 1]]) {
    await page.press(...keys);
    for (const place of [{ unit: 1, row: 2, column: 3 }, { unit: 2, row: 0, column: 0 }]) {
      const { x, y } = await onScreen(page, placeOf(conv, place));
      await page.tab.mouse.move(x, y);
      await page.settle();
      const { hover } = await page.state();
      assert.deepEqual([hover?.layer, hover?.unit, hover?.row, hover?.column], ["body.conv", place.unit, place.row, place.column]);
      const expected = valueOf(conv, { step, probe, ...place });
      const shown = await page.until(shownValue, (value) => Math.abs(value - expected) < 4 / 254 / 254 + 0.0005);
      assert.ok(shown.holds, `${shown.value} at ${step} ${probe}`);
    }
  }
  await page.press("Shift+Digit2");
  const mean = [0, 1].reduce((sum, probe) => sum + valueOf(conv, { step: 0, probe, unit: 2, row: 0, column: 0 }) / 2, 0);
  const shown = await page.until(shownValue, (value) => Math.abs(value - mean) < 0.001);
  assert.ok(shown.holds, `mean ${mean}, shown ${shown.value}`);
  await page.close();
});

test("pointing at a weight gives its name, its index and its value", async () => {
  const asWeights = (_writer, record) => {
    for (const each of record.layers) each.kind = each.mark === "maps" ? "weight" : each.kind;
    record.layers.find((each) => each.id === "body.conv").values.tensor = { name: "body.conv", shape: [2, 2, 4, 4] };
  };
  const page = await browser.open({ glb: makeScene({ change: asWeights }), calm: true });
  const place = { unit: 3, row: 1, column: 2 };
  const { x, y } = await onScreen(page, placeOf(layer("body.conv"), place));
  await page.tab.mouse.move(x, y);
  await page.settle();
  const tooltip = page.tab.locator(".tooltip");
  assert.match(await tooltip.textContent(), /body\.conv.*\[1, 1, 1, 2\]/);
  const expected = valueOf(layer("body.conv"), { step: 2, probe: 0, ...place });
  const shown = await page.until(async () => Number((await tooltip.locator(".value strong").textContent()).replace("−", "-")), (value) => Math.abs(value - expected) < 0.001);
  assert.ok(shown.holds, `${shown.value}, expected ${expected}`);
  await page.close();
});

test("a click selects the pixel: details, its window before it, its value; Escape clears", async () => {
  const page = await browser.open({ calm: true, width: 1440 });
  const { x, y } = await onScreen(page, placeOf(layer("body.conv"), { unit: 3, row: 1, column: 1 }));
  await page.tab.mouse.click(x, y);
  await page.tab.mouse.move(5, 5);
  await page.settle();
  assert.deepEqual((await page.state()).selection, { layer: "body.conv", unit: 3, row: 1, column: 1 });
  const details = page.tab.getByRole("complementary", { name: "Details" });
  const text = await details.textContent();
  for (const part of ["conv", "Conv2d 3×3", "4×4×4", "12 parameters", "Channel 3", "row 1, column 1", "Mean over training", "Values", "Idle units", "Attributes", "tiny.py:7"]) assert.ok(text.includes(part), `${part} in ${text}`);
  assert.ok((await page.tab.locator(".is-window").getAttribute("d")).length > 10, "its window");
  assert.equal(await details.locator(".training").count(), 2, "the curve of the unit and of the layer");
  await page.tab.waitForFunction(() => /sel=body\.conv\/3&px=1,1/.test(globalThis.location.hash));
  await page.press("Escape");
  assert.equal(await details.isVisible(), false);
  await page.close();
});

test("dead units are listed and lead to the unit", async () => {
  const page = await browser.open({ glb: makeScene({ silent: 2 }), calm: true, hash: "#sel=body.conv/-", width: 1440, height: 900 });
  const list = page.tab.getByRole("group", { name: /^Dead/ });
  await list.waitFor();
  assert.deepEqual(await list.getByRole("button").allTextContents(), ["2"]);
  await list.getByRole("button").click();
  assert.deepEqual((await page.state()).selection, { layer: "body.conv", unit: 2 });
  await page.close();
});

test("the legend switches between the layer's range and a common one, at once", async () => {
  const page = await browser.open({ calm: true });
  const box = { x: 240, y: 150, width: 600, height: 250 };
  const one = await page.pixels(box);
  await page.tab.getByRole("radiogroup", { name: "Colour range", exact: true }).getByRole("radio", { name: "Global" }).click();
  await page.settle();
  assert.equal((await page.state()).range, "global");
  assert.notEqual(await page.pixels(box), one);
  await page.close();
});

test("search finds by name, type, shape and attribute; Enter flies there in less than 0.7 s", async () => {
  const page = await browser.open({ frozen: true, hash: "#t=2" });
  for (const query of ["conv", "conv2d", "4x4x4", "kernel_size"]) {
    await page.tab.keyboard.press("Control+k");
    await page.tab.keyboard.type(query);
    await page.tab.clock.runFor(50);
    assert.match(await page.tab.locator("[role=option]").first().textContent(), /conv/, query);
    await page.tab.keyboard.press("Escape");
  }
  await page.tab.keyboard.press("Control+k");
  await page.tab.keyboard.type("conv");
  await page.tab.keyboard.press("Enter");
  await page.pixels(); // the details have taken their room: that goes by frames, not by the clock
  const from = (await page.state()).camera;
  await page.tab.clock.runFor(200);
  const middle = (await page.state()).camera;
  await page.tab.clock.runFor(500);
  const to = (await page.state()).camera;
  await page.tab.clock.runFor(500);
  assert.deepEqual((await page.state()).camera, to, "it arrived within 0.7 s");
  assert.ok(middle.distance < from.distance && to.distance < middle.distance, "on the way, then there");
  await page.close();
});

test("the wheel interrupts a flight", async () => {
  const page = await browser.open({ frozen: true, hash: "#t=2" });
  await page.settle();
  const degrees = async () => ((await page.state()).camera.azimuth * 180) / Math.PI;
  await page.tab.evaluate(() => globalThis.nn2gltf.look("side"));
  await page.tab.clock.runFor(150);
  const passed = await degrees();
  await page.tab.evaluate(() => document.querySelector("canvas.gl").dispatchEvent(new globalThis.WheelEvent("wheel", { deltaY: -1, bubbles: true, cancelable: true })));
  await page.tab.clock.runFor(900);
  const stopped = await degrees();
  assert.ok(passed > 2 && stopped < 88, `stopped on the way to 90 degrees: ${passed}, ${stopped}`);
  await page.close();
});

test("middle drag orbits, right drag pans, double click frames", async () => {
  const page = await browser.open({ calm: true });
  const drag = async (button) => {
    await page.tab.mouse.move(600, 250);
    await page.tab.mouse.down({ button });
    await page.tab.mouse.move(680, 270, { steps: 4 });
    await page.tab.mouse.up({ button });
    await page.settle();
    return (await page.state()).camera;
  };
  const start = (await page.state()).camera;
  const turned = await drag("middle");
  assert.ok(Math.abs(turned.azimuth - start.azimuth) > 0.1);
  const moved = await drag("right");
  assert.ok(Math.abs(moved.azimuth - turned.azimuth) < 1e-6 && Math.hypot(...moved.target.map((v, i) => v - turned.target[i])) > 0.05);
  await page.press("a");
  const { x, y } = await onScreen(page, placeOf(layer("body.fc"), { unit: 1 }));
  const distance = (await page.state()).camera.distance;
  await page.tab.mouse.dblclick(x, y);
  await page.settle();
  assert.ok((await page.state()).camera.distance < distance * 0.8);
  await page.close();
});

test("compare: epochs, probes and files, values and difference, marks A and B", async () => {
  const page = await browser.open({ calm: true, hash: "#t=2" });
  await page.tab.getByRole("button", { name: "Compare" }).click();
  await page.settle();
  assert.equal(await page.tab.locator(".pane-head:visible").count(), 2);
  assert.equal(await page.tab.locator(".a-badge").isVisible(), true);
  assert.equal(await page.tab.locator(".now-badge").textContent(), "B");
  assert.match(await page.tab.locator(".readout").textContent(), /epoch 0 → 2.*\+87\.00 points/);
  await page.tab.getByRole("combobox", { name: "What A shows" }).selectOption("1");
  assert.equal((await page.state()).compare.time, 1);
  await page.tab.getByRole("radio", { name: "Difference, B minus A" }).click();
  await page.settle();
  assert.match(await page.tab.locator(".legend").textContent(), /B minus A/);
  assert.match(await page.tab.locator(".changes").textContent(), /conv\d/);
  await page.tab.getByRole("radio", { name: "Probes" }).click();
  await page.settle();
  assert.equal((await page.state()).compare.kind, "probes");
  const other = makeScene({ title: "Other" });
  const [chooser] = await Promise.all([page.tab.waitForEvent("filechooser"), page.tab.getByRole("radio", { name: "Files" }).click()]);
  await chooser.setFiles({ name: "other.glb", mimeType: "model/gltf-binary", buffer: other });
  await page.tab.waitForFunction(() => globalThis.nn2gltf.state().other === "other.glb");
  assert.match(await page.tab.locator(".pane-head.is-b").textContent(), /other\.glb/);
  assert.ok([...(await page.tab.locator(".changes dd").allTextContents())].every((text) => text.trim() === "0.0 %"), "the same file does not differ");
  const a = await page.tab.locator(".a-badge").isVisible();
  assert.equal(a, false);
  await page.close();
});

test("the tooltip of a comparison has A, B and their difference", async () => {
  const page = await browser.open({ calm: true, hash: "#t=2&vs=epochs&a=0" });
  await page.settle();
  const box = await page.tab.locator("canvas.gl").boundingBox();
  let text = "";
  for (let i = 1; i < 120 && !/A.*B/.test(text); i++) {
    await page.tab.mouse.move(box.x + (box.width * (i % 40)) / 40, box.y + box.height * [0.5, 0.35, 0.25][Math.floor(i / 40)]);
    await page.settle();
    text = await page.tab.locator(".tooltip").textContent();
    if (!(await page.tab.locator(".tooltip .sides").isVisible())) text = "";
  }
  assert.match(text, /A.*B.*[+−0-9.]+.*B minus A/);
  await page.close();
});

test("a link brings back everything, also hidden and folded parts, the camera and the look", async () => {
  const hash = "#t=1&probe=1&sel=body.conv/2&px=0,3&cam=20,10,12,0.5,0,0&theme=light&vs=epochs&a=2&diff=1&hide=out&fold=body&only=input&map=ocean&range=global&heights=2&links=0.5&labels=names&steps=1";
  const page = await browser.open({ calm: true, hash });
  await page.settle();
  const state = await page.state();
  assert.deepEqual(
    [state.epoch, state.probe, state.selection, state.theme, state.compare.time, state.compare.show, state.hidden, state.collapsed, state.isolated, state.map, state.range, state.heights, state.links, state.labels, state.stepped],
    [1, 1, { layer: "body.conv", unit: 2, row: 0, column: 3 }, "light", 2, "difference", ["out"], ["body"], "input", "ocean", "global", 2, 0.5, "names", true],
  );
  assert.ok(Math.abs((state.camera.azimuth * 180) / Math.PI - 20) < 0.2 && Math.abs(state.camera.distance - 12) < 0.05);
  await page.press("ArrowRight");
  await page.tab.waitForFunction(() => /t=2/.test(globalThis.location.hash));
  assert.equal(decodeURIComponent(new URL(page.tab.url()).hash).replace("t=2", "t=1"), decodeURIComponent(hash));
  await page.close();
});

test("the look panel changes the picture and not a value", async () => {
  const page = await browser.open({ calm: true, hash: "#sel=body.fc/1", width: 1440 });
  const value = () => page.tab.locator(".big-value").textContent();
  const first = await value();
  for (const [name, choose, key, expected] of [
    ["Colour map", "Ocean", "map", "ocean"], ["Labels", "None", "labels", "none"], ["Between epochs", "Step", "stepped", true], ["Theme", "Light", "theme", "light"],
  ]) {
    await page.press(",");
    await page.tab.getByRole("radiogroup", { name }).getByRole("radio", { name: choose, exact: true }).click();
    await page.press("Escape");
    assert.equal((await page.state())[key], expected);
  }
  await page.press(",");
  await page.tab.getByRole("slider", { name: "Height of units" }).fill("2");
  await page.tab.getByRole("slider", { name: "Strength of connections" }).fill("0");
  await page.press("Escape");
  const state = await page.state();
  assert.deepEqual([state.heights, state.links], [2, 0]);
  assert.equal(await value(), first);
  await page.close();
});

test("a picture has exactly the size asked for, and nothing behind it where it is to be transparent", async () => {
  const page = await browser.open({ calm: true });
  const sizes = await page.tab.evaluate(async () => {
    const found = [];
    for (const how of [{ width: 640, height: 360, transparent: true }, { width: 2000, height: 500 }, { width: 300, height: 900 }]) {
      const image = new globalThis.Image();
      image.src = await globalThis.nn2gltf.picture(how);
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      let opaque = 0;
      for (let i = 3; i < data.length; i += 4) opaque += data[i] === 255;
      found.push([image.width, image.height, data[3], opaque > 1000]);
    }
    return found;
  });
  assert.deepEqual(sizes, [[640, 360, 0, true], [2000, 500, 255, true], [300, 900, 255, true]]);
  const state = await page.state();
  assert.equal(state.view, "ready");
  await page.tab.getByRole("button", { name: /Save a picture/ }).click();
  await page.tab.getByRole("spinbutton", { name: "Width in pixels" }).fill("400");
  await page.tab.getByRole("spinbutton", { name: "Height in pixels" }).fill("200");
  const [download] = await Promise.all([page.tab.waitForEvent("download"), page.tab.getByRole("button", { name: "Save the picture" }).click()]);
  const png = readFileSync(await download.path());
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [400, 200]);
  await page.close();
});

test("folding from the tree draws one box with a name, a click on it unfolds", async () => {
  const page = await browser.open({ calm: true, width: 1440 });
  await page.tab.locator(".row.is-scope", { hasText: "body" }).hover();
  await page.tab.getByRole("button", { name: "Fold body in the scene" }).click();
  await page.settle();
  assert.deepEqual((await page.state()).collapsed, ["body"]);
  assert.match(await page.tab.locator(".labels").first().textContent(), /2 layers/);
  const { x, y } = await onScreen(page, [0.1, 0, 0.2]);
  await page.tab.mouse.click(x, y);
  await page.settle();
  assert.deepEqual((await page.state()).collapsed, []);
  await page.close();
});

test("a layer of which only some classes have a bar opens, and its bars can be pointed at", async () => {
  // The place of class 0 holds the outline of the second probe: both lists begin with a hole.
  const glb = makeScene({ change: (writer) => (writer.json.nodes.find((node) => node.name === "out class 0").extras = { role: "outline", layer: "out", probe: 1 }) });
  const page = await browser.open({ glb, calm: true });
  assert.equal((await page.state()).view, "ready");
  const { x, y } = await onScreen(page, placeOf(layer("out"), { unit: 1 }));
  await page.tab.mouse.move(x, y);
  const hover = await page.until(async () => (await page.state()).hover, (found) => found?.layer === "out");
  assert.ok(hover.holds, JSON.stringify(hover.value));
  await page.close();
});
