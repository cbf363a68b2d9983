// One Chromium for a whole test session, driven by JSON lines: {id, open|call|shoot|close, ...} in, {id, value|error} out.
//
//   node browser.mjs CHROMIUM
//
// Nothing leaves the machine: every request of a page is answered here, from the pages' folder and the scene files
// that were named by `open` and `call`, and any other is refused and reported by `log`.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const ORIGIN = 'http://scene.test';
const ARGUMENTS = [
  '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist',
  '--disable-background-networking', '--force-color-profile=srgb', '--hide-scrollbars',
];
const scripts = join(dirname(fileURLToPath(import.meta.url)), 'dist');
const browser = await chromium.launch({ executablePath: process.argv[2], chromiumSandbox: false, args: ARGUMENTS });
const tabs = new Map();

/** Answers a page's requests: `/`, `/<page>.js` and `/file/<path>`. */
async function answer(route, page, log) {
  const path = decodeURIComponent(new URL(route.request().url()).pathname);
  if (path === '/') {
    const body = `<!doctype html><meta charset="utf-8"><style>html,body{margin:0;overflow:hidden}canvas,model-viewer{display:block}</style>`
      + `<body><script src="/${page}.js"></script>`;
    return route.fulfill({ body, contentType: 'text/html' });
  }
  if (path === '/favicon.ico') return route.fulfill({ status: 204 });
  if (path === `/${page}.js`) return route.fulfill({ path: join(scripts, `${page}.js`), contentType: 'text/javascript' });
  if (path.startsWith('/file/')) return route.fulfill({ body: await readFile(path.slice(5)), contentType: 'model/gltf-binary' });
  log.push(`request refused: ${route.request().url()}`);
  return route.abort();
}

const verbs = {
  /** Opens a page program in a tab of its own: {page, width, height} -> tab number. */
  async open({ id, page, width, height, touch = false }) {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1, hasTouch: touch });
    const tab = await context.newPage();
    const log = [];
    tab.on('pageerror', (error) => log.push(`error: ${error.message}`));
    tab.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) log.push(`${message.type()}: ${message.text()}`);
    });
    await tab.route('**/*', (route) => (
      route.request().url().startsWith('blob:') || route.request().url().startsWith('data:')
        ? route.continue() : answer(route, page, log)));
    await tab.goto(`${ORIGIN}/`);
    await tab.waitForFunction(() => 'consumer' in globalThis);
    tabs.set(id, { tab, context, log });
    return id;
  },
  /** Calls window.consumer[method](argument) -> its value, which must be JSON. */
  async call({ tab, method, argument }) {
    return tabs.get(tab).tab.evaluate(([name, value]) => globalThis.consumer[name](value), [method, argument]);
  },
  /** Writes what the tab shows as a PNG. */
  async shoot({ tab, path }) {
    await tabs.get(tab).tab.screenshot({ path, animations: 'allow' });
    return path;
  },
  /** Errors and warnings of the page so far, and forgets them. */
  async log({ tab }) {
    return tabs.get(tab).log.splice(0);
  },
  async close({ tab }) {
    await tabs.get(tab).context.close();
    tabs.delete(tab);
    return true;
  },
};

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    say({ id: request.id, value: await verbs[request.verb](request) ?? null });
  } catch (error) {
    say({ id: request.id, error: String(error.message ?? error) });
  }
}
await browser.close();
