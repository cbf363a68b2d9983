/**
 * The built page in a real Chromium: opened from file://, with every request to a network refused and counted, and a
 * clock that stands still where a test wants it to.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";
import { makeScene } from "../scene.js";

const viewer = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const ARGUMENTS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--disable-background-networking", "--force-color-profile=srgb", "--hide-scrollbars"];
const SLOT = '<script type="application/octet-stream;base64" id="nn2gltf-scene">';

/** The page as it was built, and scenes that a Python fixture trained (see tests/viewer). */
export const page = readFileSync(join(viewer, "dist", "index.html"), "utf8");
export const trained = (name) => (process.env.NN2GLTF_TEST_SCENES ? join(process.env.NN2GLTF_TEST_SCENES, `${name}.glb`) : null);

/** Whether everything is asked for, not a share of it. */
export const FULL = process.env.NN2GLTF_FULL === "1";

/** Figures of a full run, for docs/viewer-safety.md (viewer/test/safety-report.mjs). @param {string} name @param {object} result */
export function keepResult(name, result) {
  const folder = process.env.NN2GLTF_RESULTS;
  if (folder) writeFileSync(join(folder, `${name}.json`), JSON.stringify(result));
}

/** @param {Buffer} glb @param {string} name */
export function pageWith(glb, name = "scene.glb") {
  const made = page.replace(SLOT, () => `${SLOT.slice(0, -1)} data-name="${name}">${glb.toString("base64")}`);
  assert.notEqual(made, page, "the page has no slot");
  return made;
}

/** Everything a page must not do: errors in the console, requests, dialogs. SwiftShader's notes on speed are no error. */
function watch(tab) {
  const seen = { errors: [], requests: [], dialogs: [] };
  tab.on("pageerror", (error) => seen.errors.push(error.message));
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && !/GPU stall|GL Driver Message/.test(message.text()) && seen.errors.push(message.text()));
  tab.on("request", (request) => !/^(file|data|blob):/.test(request.url()) && seen.requests.push(request.url()));
  tab.on("dialog", (dialog) => (seen.dialogs.push(dialog.message()), dialog.dismiss()));
  return seen;
}

/** A frozen clock only moves when it is told to; decoding pictures takes real time all the same. */
async function runUntilReady(tab, state) {
  for (let i = 0; i < 1000 && !["ready", "error"].includes((await state()).view); i++) {
    await tab.clock.runFor(50);
    await new Promise((done) => setTimeout(done, 30));
  }
}

/** Where a world point is on the screen, by the camera that the page tells. */
export async function onScreen(opened, point) {
  const box = await opened.tab.locator("canvas.gl").boundingBox();
  const { camera } = await opened.state();
  const { azimuth: a, elevation: e, distance, target } = camera;
  const relative = point.map((value, i) => value - target[i]);
  const dot = (x, y) => x[0] * y[0] + x[1] * y[1] + x[2] * y[2];
  const [right, up, back] = [[Math.cos(a), 0, -Math.sin(a)], [-Math.sin(e) * Math.sin(a), Math.cos(e), -Math.sin(e) * Math.cos(a)], [Math.cos(e) * Math.sin(a), Math.sin(e), Math.cos(e) * Math.cos(a)]];
  const depth = (distance - dot(relative, back)) * Math.tan((8 * Math.PI) / 180);
  return { x: box.x + box.width / 2 + (dot(relative, right) / depth) * (box.height / 2), y: box.y + box.height / 2 - (dot(relative, up) / depth) * (box.height / 2) };
}

/** @param {string[]} [args] of Chromium */
export async function startBrowser(args = ARGUMENTS) {
  const browser = await chromium.launch({ executablePath: process.env.NN2GLTF_CHROMIUM || "/usr/bin/chromium", chromiumSandbox: false, args });
  const folder = mkdtempSync(join(tmpdir(), "nn2gltf-viewer-"));
  let count = 0;

  /**
   * @param {{glb?: Buffer|null, html?: string, hash?: string, width?: number, height?: number, frozen?: boolean, calm?: boolean, touch?: boolean, init?: any, name?: string, query?: string}} [how]
   */
  async function open(how = {}) {
    const { glb, html, hash, width, height, frozen, calm, touch, init, name } = { glb: makeScene(), hash: "", width: 1280, height: 640, ...how };
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1, hasTouch: touch, isMobile: touch, offline: true, reducedMotion: calm ? "reduce" : "no-preference", acceptDownloads: true });
    const tab = await context.newPage();
    const seen = watch(tab);
    // Choosers are handed over from the start: told only beside the click, the browser may hear of it after the click.
    tab.on("filechooser", () => {});
    if (frozen) {
      // Installed alone it would go on with the time of day.
      await tab.clock.install({ time: new Date("2026-01-01T00:00:00Z") });
      await tab.clock.pauseAt(new Date("2026-01-01T00:00:01Z"));
    }
    if (init) await tab.addInitScript(init);
    const file = join(folder, `page-${++count}.html`);
    writeFileSync(file, html ?? (glb ? pageWith(glb, name) : page));
    await tab.goto(pathToFileURL(file).href + hash);
    const help = {
      tab, context, seen, file,
      state: () => tab.evaluate(() => globalThis.nn2gltf.state()),
      settle: () => (frozen ? tab.clock.runFor(700) : tab.evaluate(() => document.fonts.ready.then(() => globalThis.nn2gltf.settled()))),
      ready: () => tab.waitForFunction(() => ["ready", "error"].includes(globalThis.nn2gltf.state().view)),
      async press(...keys) {
        for (const key of keys) await tab.keyboard.press(key);
        await help.settle();
        return help.state();
      },
      /**
       * Reads until it holds, at most 20 s: for what the page does by itself, sooner or later.
       * @template T @param {() => Promise<T>} read @param {(value: T) => boolean} holds
       */
      async until(read, holds) {
        let value = await read();
        for (let i = 0; i < 400 && !holds(value); i++) {
          await new Promise((done) => setTimeout(done, 50));
          value = await read();
        }
        return { value, holds: holds(value) };
      },
      pixels: async (clip) => (await tab.screenshot({ clip, animations: "disabled", caret: "hide" })).toString("base64"),
      /** The picture once it stays the same: on a busy machine what was decoded late arrives late. */
      async still(clip) {
        let before = "";
        let now = await help.pixels(clip);
        for (let i = 0; i < 20 && now !== before; i++) [before, now] = [now, await help.pixels(clip)];
        return now;
      },
      async close() {
        await context.close();
        assert.deepEqual(seen, { errors: [], requests: [], dialogs: [] });
      },
    };
    if (frozen) await runUntilReady(tab, help.state);
    else if (glb || html) await help.ready();
    return help;
  }

  return {
    browser, folder, open,
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
