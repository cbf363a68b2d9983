/**
 * Runs the safety tests of the page in full and writes docs/viewer-safety.md from what they found.
 * `node test/safety-report.mjs [FOLDER]`: with a folder, from the results that full runs left there.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const viewer = join(dirname(fileURLToPath(import.meta.url)), "..");
const given = process.argv[2];
const folder = given ?? mkdtempSync(join(tmpdir(), "nn2gltf-safety-"));
if (!given) {
  for (const program of ["hostile", "mutants"]) {
    const { status } = spawnSync(process.execPath, ["--test", `test/browser/${program}.test.mjs`], { cwd: viewer, stdio: "inherit", env: { ...process.env, NN2GLTF_FULL: "1", NN2GLTF_RESULTS: folder } });
    if (status !== 0) process.exit(status ?? 1);
  }
}

const read = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
const [hostile, control, mutants] = ["hostile", "control", "mutants"].map(read);
const count = (value) => value.toLocaleString("en-US");
const table = (head, rows) => [`| ${head.join(" | ")} |`, `|${head.map(() => "---").join("|")}|`, ...rows.map((row) => `| ${row.join(" | ")} |`)].join("\n");

writeFileSync(join(viewer, "..", "docs", "viewer-safety.md"), `# Safety of the viewer, measured

Written by \`node viewer/test/safety-report.mjs\` after a full run in Chromium, from \`file://\` with the network off.
\`make test\` runs a share of both parts, \`make test-full\` everything.

## Names from strangers

${count(hostile.names)} names: 24 payloads (script elements, failing images, frames, script addresses, ends of attributes, styles, templates ...)
in each of 300 carriers (ends of elements before them, entities, escapes, wide and reversed letters, half surrogate pairs, control
characters ...). Each is the name of a file, and stands in every text of its scene. Where it was seen to arrive, as text:

${table(["place", "names"], Object.entries(hostile.places).map(([place, names]) => [place, count(names)]))}

In all of this: **0** scripts ran, **0** requests, **0** dialogs, **0** violations of the policy, **0** console errors, **0** elements or attributes
that came out of a name.

The control: ${count(control.names)} of the same names, each through nine careless ways of writing them (\`innerHTML\`, \`document.write\`, attributes,
addresses, styles, program texts) on a page without a policy. There ${count(control.fired)} names fired, of all ${control.kinds} kinds; ${count(control.requests)} requests went out and ${count(control.dialogs)} dialogs opened.

## Damaged files

${count(mutants.count)} .glb files, damaged with knowledge of their structure in ${mutants.ways} ways (values, indices, links between nodes, lists, the record,
lengths, chunks, pictures, numbers that are none), opened one after another in one page, looked at, scrubbed and compared.

${table(["how it ended", "files"], Object.entries(mutants.outcome).map(([end, files]) => [end, count(files)]))}

Each was shown or refused with a sentence: **0** hangs (the slowest took ${(mutants.slowest / 1000).toFixed(1)} s, opening, looking and comparing together, on a
machine that others kept busy), **0** unhandled rejections, **0** requests, **0** dialogs, **0** errors of the page in the console. With ${mutants.library} files three.js
itself complained there (a picture that cannot be decoded, positions that are no numbers), and the rest of the file was shown.
`);
