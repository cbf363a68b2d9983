// node bench_viewer.mjs '{"name": "scene.glb", ...}' ROUNDS: see bench_viewer.py. Prints a section of docs/benchmarks.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const viewer = join(dirname(fileURLToPath(import.meta.url)), "..", "viewer");
const require = createRequire(join(viewer, "package.json"));
const { chromium } = require("playwright-core");
const { buildSync } = require("esbuild");

const ARGUMENTS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--disable-background-networking"];
const SLOT = '<script type="application/octet-stream;base64" id="nn2gltf-scene">';
const [scenes, rounds] = [JSON.parse(process.argv[2]), Number(process.argv[3])];

/** The least that shows a file with three.js: loader, light, camera, one frame. */
const BARE = `
import { AmbientLight, Box3, DirectionalLight, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { fromBase64 } from "./src/data/embedded.js";
const bytes = fromBase64(document.getElementById("nn2gltf-scene").textContent);
const renderer = new WebGLRenderer({ antialias: true });
renderer.setSize(innerWidth, innerHeight);
document.body.append(renderer.domElement);
const scene = new Scene();
scene.add(new AmbientLight(0xffffff, 1.7), new DirectionalLight(0xffffff, 1.5));
new GLTFLoader().parse(bytes.buffer, "", ({ scene: root }) => {
  scene.add(root);
  const box = new Box3().setFromObject(root);
  const [middle, size] = [box.getCenter(new Vector3()), box.getSize(new Vector3()).length()];
  const camera = new PerspectiveCamera(16, innerWidth / innerHeight, size / 100, size * 10);
  camera.position.copy(middle).add(new Vector3(0, 0, size * 2.4));
  renderer.render(scene, camera);
  globalThis.bare = true;
});`;

/** Before the page: tells when the first frame with the scene is on the canvas, and what each later frame costs. */
function watch() {
  const finish = () => {
    const gl = document.querySelector("canvas.gl, canvas")?.getContext("webgl2");
    gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  };
  const raf = globalThis.requestAnimationFrame.bind(globalThis);
  const shown = () => globalThis.bare || globalThis.nn2gltf?.state().view === "ready";
  const look = () => {
    if (!shown()) return setTimeout(look, 0);
    finish();
    globalThis.firstFrame = performance.now();
  };
  setTimeout(look, 0);
  globalThis.frameCost = [];
  globalThis.requestAnimationFrame = (callback) =>
    raf((now) => {
      const start = performance.now();
      callback(now);
      if (globalThis.measuring) {
        finish();
        globalThis.frameCost.push(performance.now() - start);
      }
    });
  globalThis.measured = async (act, frames = 1) => {
    globalThis.frameCost = [];
    globalThis.measuring = true;
    const start = performance.now();
    act();
    const acted = performance.now() - start;
    for (let i = 0; i < frames; i++) await new Promise((done) => raf(() => setTimeout(done, 0)));
    globalThis.measuring = false;
    return acted + globalThis.frameCost.reduce((sum, each) => sum + each, 0);
  };
}

/** In the viewer: what frames, scrubbing, picking and another probe cost, milliseconds of the main thread and the drawing. */
async function costs(count) {
  const { nn2gltf, measured } = globalThis;
  const canvas = document.querySelector("canvas.gl");
  const wheel = () => canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: (sign = -sign) * 10, bubbles: true, cancelable: true }));
  let sign = 2;
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const point = (x, y) => canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y, bubbles: true, pointerId: 1 }));
  const { duration, epochs } = nn2gltf.state();
  const key = (code) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: code.slice(-1), code, shiftKey: true, bubbles: true, cancelable: true }));
  const pixels = () => {
    const gl = canvas.getContext("webgl2");
    const all = new Uint8Array(canvas.width * canvas.height * 4);
    gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, all);
    return all.reduce((sum, each, index) => (sum + each * (index % 251)) | 0, 0);
  };
  const result = { plain: [], scrub: [], pick: [], probe: [], frames: [] };
  for (let i = 0; i < count; i++) {
    await nn2gltf.settled();
    result.plain.push(await measured(wheel));
    await nn2gltf.settled();
    result.scrub.push(await measured(() => nn2gltf.seekTime(duration * (0.1 + (0.8 * ((i * 7) % count)) / count))));
    await nn2gltf.settled();
    result.pick.push(await measured(() => point(left + width * (0.25 + (0.5 * i) / count), top + height * (0.45 + 0.02 * (i % 5)))));
    canvas.dispatchEvent(new PointerEvent("pointerleave"));
    if (epochs.length === 0) continue;
    await nn2gltf.settled();
    result.probe.push(await measured(() => key(`Digit${(i + 1) % 2}`), 2));
  }
  return { ...result, pixels: pixels() };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const folder = mkdtempSync(join(tmpdir(), "nn2gltf-bench-viewer-"));
spawnSync(process.execPath, ["build.mjs"], { cwd: viewer, stdio: "ignore" });
const ours = readFileSync(join(viewer, "dist", "index.html"), "utf8");
const script = buildSync({ stdin: { contents: BARE, resolveDir: viewer }, bundle: true, minify: true, write: false, format: "iife" }).outputFiles[0].text;
const bare = `<!doctype html><meta charset="utf-8"><style>body{margin:0}</style><body>${SLOT}</script><script>${script}</script>`;
const browser = await chromium.launch({ executablePath: process.env.NN2GLTF_CHROMIUM, chromiumSandbox: false, args: ARGUMENTS });

async function opened(file) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, offline: true, reducedMotion: "reduce" });
  const tab = await context.newPage();
  await tab.addInitScript(watch);
  await tab.goto(pathToFileURL(file).href);
  await tab.waitForFunction(() => globalThis.firstFrame !== undefined, null, { polling: 20, timeout: 60_000 });
  return { tab, context, first: await tab.evaluate(() => globalThis.firstFrame) };
}

const firsts = [];
const rest = [];
for (const [name, path] of Object.entries(scenes)) {
  const base64 = readFileSync(path).toString("base64");
  const files = { ours: join(folder, "ours.html"), bare: join(folder, "bare.html") };
  for (const [key, html] of [["ours", ours], ["bare", bare]]) writeFileSync(files[key], html.replace(SLOT, () => SLOT + base64));
  const times = { ours: [], bare: [] };
  for (let round = -1; round < rounds; round++) {
    for (const key of round % 2 ? ["ours", "bare"] : ["bare", "ours"]) {
      const { context, first } = await opened(files[key]);
      if (round >= 0) times[key].push(first); // the first of each warms the disk and the programs of the browser
      await context.close();
    }
  }
  const ratios = times.ours.map((time, index) => time / times.bare[index]);
  firsts.push([name, `${(base64.length * 0.75 / 1e6).toFixed(1)} MB`, `${median(times.bare).toFixed(0)} ms`, `${median(times.ours).toFixed(0)} ms`, `${median(ratios).toFixed(2)} x`, `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`]);
  const { tab, context } = await opened(files.ours);
  await tab.waitForTimeout(3000); // the pages of the other probes
  const found = await tab.evaluate(costs, 15);
  await context.close();
  const of = (key) => median(found[key]);
  rest.push([name, `${of("plain").toFixed(1)} ms`, `${(of("scrub") / of("plain")).toFixed(2)} x`, `${(of("pick") / of("plain")).toFixed(2)} x`, found.probe.length ? `${(of("probe") / of("plain")).toFixed(2)} x` : "-"]);
}
await browser.close();
rmSync(folder, { recursive: true, force: true });

const table = (head, rows) => [`| ${head.join(" | ")} |`, `|${head.map(() => "---").join("|")}|`, ...rows.map((row) => `| ${row.join(" | ")} |`)].join("\n");
console.log(`## The viewer

\`benchmarks/bench_viewer.py --rounds ${rounds}\`, written by it with \`--write\`: Chromium ${browser.version()} drawing in software on ${cpus().length} cores that others used too (${cpus()[0].model.trim()}).

Time from the start of the page to the first frame with the scene, against a bare page of three.js and its GLTFLoader with the same bytes
inside, taking turns. Held to: a median of at most 1.5 x; the aim is 1.15 x.

${table(["scene", "file", "bare page", "viewer", "median of the ratios", "all rounds"], firsts)}

What one action costs, main thread and drawing, against a plain frame (the camera moves, nothing else). Held to: a scrub step 1.5 x, picking 1 x,
another probe 2 x.

${table(["scene", "plain frame", "scrub step", "picking", "another probe"], rest)}`);
