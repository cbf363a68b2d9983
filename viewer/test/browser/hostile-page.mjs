/** What runs inside the pages of hostile.test.mjs; each function is sent to the page by itself. */

/** Before any script of the page: whoever calls `hit` is written down, as is whatever the policy had to stop. */
export function watchWindow() {
  globalThis.hits = [];
  globalThis.hit = globalThis.HIT = (n) => globalThis.hits.push(n ?? "?");
  document.addEventListener("securitypolicyviolation", (event) => globalThis.hits.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));
}

/** Elements that do something by themselves, attributes that hold code, addresses that leave the page. */
export function dangerous() {
  const acting = "script, iframe, frame, object, embed, link, meta, base, form, img, video, audio, source, image, use, foreignObject, marquee, animate, set, template, portal";
  const found = [...document.querySelectorAll(acting)].map((each) => each.localName);
  for (const each of document.querySelectorAll("*")) {
    for (const { name, value } of each.attributes) if (/^on/i.test(name) || (/^(href|src|action|formaction|xlink:href|srcdoc)$/i.test(name) && !/^(data:,|blob:)/.test(value))) found.push(`${each.localName} ${name}`);
  }
  return found.sort();
}

/**
 * Takes names through every place of the viewer: opens a file that is called so and holds it everywhere, looks,
 * hovers, searches, compares, follows links, then files without our record, then files that are refused.
 * @returns {Promise<{shown: Record<string, number>, trouble: string[], hits: unknown[]}>} shown: how many names arrived where
 */
export async function tryNames({ names, scenes }) {
  const binaries = Object.fromEntries(Object.entries(scenes).map(([name, { binary }]) => [name, Uint8Array.from(atob(binary), (char) => char.charCodeAt(0))]));
  const { nn2gltf } = globalThis;
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const find = (selector) => [...document.querySelectorAll(selector)].map((each) => each.textContent).join("\n");
  const press = (key, more = {}) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  const shown = {};
  const trouble = [];

  function glb(name, text) {
    const json = new TextEncoder().encode(scenes[name].text.replaceAll("@@", () => JSON.stringify(text).slice(1, -1)));
    const padded = Math.ceil(json.length / 4) * 4;
    const binary = binaries[name];
    const bytes = new Uint8Array(28 + padded + binary.length).fill(0x20, 20, 20 + padded);
    const view = new DataView(bytes.buffer);
    [[0, 0x46546c67], [4, 2], [8, bytes.length], [12, padded], [16, 0x4e4f534a], [20 + padded, binary.length], [24 + padded, 0x004e4942]].forEach(([at, value]) => view.setUint32(at, value, true));
    bytes.set(json, 20);
    bytes.set(binary, 28 + padded);
    return bytes.buffer;
  }

  const { WebGL2RenderingContext: gl } = globalThis;
  // Names become labels, not triangles: nothing is compiled or drawn for them.
  for (const call of ["compileShader", "linkProgram", "useProgram", "drawElements", "drawArrays"]) gl.prototype[call] = () => {};
  gl.prototype.getProgramParameter = (_, what) => (what === gl.LINK_STATUS ? true : 0);
  gl.prototype.getProgramInfoLog = gl.prototype.getShaderInfoLog = () => "";
  for (const [index, { text, safe }] of names.entries()) {
    const has = (place, found) => (found.includes(safe) ? (shown[place] = (shown[place] ?? 0) + 1) : trouble.push(`${place} lacks ${safe}: ${found.slice(0, 120)}`));
    const open = async (name, view) => {
      const got = await nn2gltf.open(text, glb(name, text));
      if (got !== view) trouble.push(`${name} is ${got} with ${safe}: ${find(".failure p")}`);
    };
    await open("recorded", "ready");
    await frame();
    has("title of the window", ` ${document.title} `);
    has("bar", find("header.bar"));
    has("layer tree", find(".tree:not(.is-plain) .name"));
    has("labels in the scene", find(".label"));
    has("class names", find(".class-name"));
    const code = encodeURIComponent(text.toWellFormed());
    location.hash = `#sel=${code}/1&hide=${encodeURIComponent(code)}&only=${code}&fold=${encodeURIComponent(code)}&${code}=1`;
    globalThis.dispatchEvent(new Event("hashchange"));
    if (!text.isWellFormed()) document.querySelector(".row.is-layer:nth-last-child(2)")?.click(); // such a name cannot stand in an address
    has("details: name", find(".details h2"));
    has("details: attributes", find(".details dd"));
    has("details: attribute names", find(".details dt").includes(safe.replaceAll("_", " ").slice(0, 140)) ? safe : "");
    has("details: source", find(".details .source"));
    has("link in the address", nn2gltf.state().selection?.layer === text ? safe : "");
    press("k", { ctrlKey: true });
    const input = document.querySelector("dialog.search input");
    input.value = text;
    input.dispatchEvent(new Event("input"));
    input.value = "";
    input.dispatchEvent(new Event("input"));
    has("search results", find(".found"));
    document.querySelector("dialog.search").close();
    press("?");
    has("help", find("dialog.help"));
    document.querySelector("dialog.help").close();
    if (index === 0) {
      press("c");
      await frame();
      has("comparison (first of each batch)", find(".changes"));
      press("c");
      has("picture (first of each batch)", (await nn2gltf.picture({ width: 64, height: 64 })).startsWith("data:image/png") ? safe : "");
    }
    await open("plain", "ready");
    has("node tree", find(".tree.is-plain .name"));
    has("clips", find(".transport option, .timeline option"));
    has("notice on an unusable record", find("body"));
    await open("refused", "error");
    has("file name in the error panel", find(".failure b"));
    has("extension in the error panel", find(".failure p").includes(JSON.stringify(text).slice(0, 60)) ? safe : "");
    await open("named", "error");
    await open("address", "error");
    has("command in the error panel", find(".failure code"));
  }
  location.hash = "";
  await new Promise((done) => setTimeout(done, 50));
  return { shown, trouble, hits: globalThis.hits };
}

/**
 * What a careless page does with names: each in a frame of its own through eight ways to write HTML, styles, scripts.
 * @param {{n: number, text: string}[]} names
 * @returns {Promise<number[]>} those that ran; what they asked for and opened is seen from outside
 */
export async function naive(names) {
  const ways = [
    (page, text) => (page.body.innerHTML = text),
    (page, text, view) => (page.open(), (view.hit = view.HIT = view.parent.hit), page.write(`<!doctype html><body>${text}`), page.close()),
    (page, text) => (page.body.innerHTML = `<input title="${text}">`),
    (page, text) => (page.body.innerHTML = `<input title='${text}'>`),
    (page, text) => (Object.assign(page.body.appendChild(page.createElement("a")), { href: text }).click(), undefined),
    (page, text) => ((page.body.innerHTML = text), page.querySelector("a")?.click()),
    (page, text) => (page.body.appendChild(page.createElement("style")).textContent = `x{${text}`),
    (_page, text, view) => view.eval(`"${text}"`),
    (_page, text, view) => view.eval(`\`${text}\``),
  ];
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const frames = [];
  for (const { text } of names) {
    for (const way of ways) {
      const element = document.body.appendChild(document.createElement("iframe"));
      frames.push(element);
      await wait(0); // the empty page of a frame has its scripts now
      element.contentWindow.hit = element.contentWindow.HIT = (n) => globalThis.hits.push(n);
      try {
        way(element.contentDocument, text, element.contentWindow);
        element.contentDocument.querySelector("[autofocus]")?.focus(); // a person steps through the fields
      } catch {
        // A name that is no program and no page is refused by the browser.
      }
    }
  }
  for (let quiet = 0, seen = -1; quiet < 8; quiet = seen === globalThis.hits.length ? quiet + 1 : 0) {
    seen = globalThis.hits.length;
    await wait(100);
  }
  for (const element of frames) element.remove();
  return globalThis.hits.filter((each) => typeof each === "number");
}
