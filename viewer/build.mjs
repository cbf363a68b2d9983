// Makes dist/index.html: one static page with its script, style and font inside, and an empty slot for a scene.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { shaders } from "./shaders.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const MAX_BYTES = 900_000;

/** Bundles one entry in memory. */
async function bundle(entry, options = {}) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    charset: "utf8",
    legalComments: "none",
    target: ["chrome111", "firefox119", "safari16.4"],
    loader: { ".woff2": "dataurl" },
    logLevel: "warning",
    plugins: [shaders],
    ...options,
  });
  return result.outputFiles[0].text.trim();
}

/** Text that cannot end the element it stands in. */
const inside = (text, tag) => {
  if (new RegExp(`</${tag}|<!--`, "i").test(text)) throw new Error(`the ${tag} would end early`);
  return text;
};

const script = inside((await bundle("src/main.js", { format: "iife" })).replaceAll("<!--", "<\\!--"), "script");
const style = inside(await bundle("src/style/index.css"), "style");
const hash = createHash("sha256").update(script, "utf8").digest("base64");
// Fonts are allowed from data: only, for the one in the style; nothing here can reach another machine.
const policy = [
  "default-src 'none'",
  `script-src 'sha256-${hash}'`,
  "style-src 'unsafe-inline'",
  "font-src data:",
  "img-src blob: data:",
  "connect-src 'self' blob: data:",
  "worker-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
const template = await readFile(join(root, "index.html"), "utf8");
const page = template.replace("%CSP%", () => policy).replace("%STYLE%", () => style).replace("%SCRIPT%", () => script);
const size = Buffer.byteLength(page);
if (size > MAX_BYTES) throw new Error(`the page has ${size} bytes, the limit is ${MAX_BYTES}`);
await mkdir(join(root, "dist"), { recursive: true });
await writeFile(join(root, "dist", "index.html"), page);
console.log(`dist/index.html: ${Math.round(size / 1000)} kB`);
