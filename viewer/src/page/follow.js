/**
 * Follows a training that is still running: `nn2gltf view RUN` serves the scene so far and a small JSON that says how far
 * it is. Only used when the page's address asks for it (`?follow=run.json`), and only on the same server.
 */

import { safe } from "../data/format.js";
import { h, iconButton, setText } from "./dom.js";

/**
 * @typedef {{version: number, steps: number, finished: boolean, command: string, options: [string, string][]}} Run
 */

const PAUSE_MS = 1500;

/**
 * @param {any} json
 * @returns {Run}
 */
export function readRun(json) {
  const whole = (/** @type {unknown} */ value) => (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0);
  const options = Array.isArray(json?.options) ? json.options : [];
  return {
    version: whole(json?.version),
    steps: whole(json?.steps),
    finished: json?.finished === true,
    command: safe(json?.command ?? ""),
    options: options.slice(0, 100).map((/** @type {any} */ pair) => [safe(pair?.[0]), safe(pair?.[1])]),
  };
}

/**
 * @param {import("./store.js").Store} store
 * @param {{renew: (buffer: ArrayBuffer) => Promise<void>, open: (name: string, buffer: ArrayBuffer) => Promise<void>, say: (text: string) => void, copy: (text: string) => void, fail: (error: unknown, name: string) => void}} tools
 */
export function createFollow(store, { renew, say, copy, fail, open }) {
  const state = h("span");
  const list = h("dl", { class: "pairs is-wide" });
  const command = h("code", {});
  const box = h(
    "details", { class: "run", "data-blocks": true, hidden: true },
    h("summary", {}, h("i", { class: "live" }), state),
    list, h("div", { class: "command" }, command, iconButton("copy", "Copy the command that runs this again", () => copy(command.textContent ?? ""))),
  );

  /** @param {Run} run */
  function show(run) {
    box.hidden = false;
    box.toggleAttribute("data-finished", run.finished);
    setText(state, run.finished ? `Recording of ${run.steps} steps` : run.steps ? `Following: ${run.steps} steps so far` : "Waiting for the first step");
    setText(command, run.command);
    list.replaceChildren(...run.options.map(([key, value]) => h("div", {}, h("dt", { text: key }), h("dd", { text: value }))));
  }

  /** @param {string} src @returns {Promise<boolean>} whether the newest scene arrived */
  async function take(src) {
    const answer = await fetch(new URL(src, location.href)).catch(() => null);
    if (!answer?.ok) return false;
    const buffer = await answer.arrayBuffer();
    await (store.state.network ? renew(buffer) : open(src, buffer)).catch((error) => fail(error, src));
    return true;
  }

  /**
   * @param {URL} status
   * @param {string} src address of the scene
   */
  async function loop(status, src) {
    let version = 0;
    for (;;) {
      const run = await fetch(status).then((answer) => (answer.ok ? answer.json() : null)).then((json) => json && readRun(json)).catch(() => null);
      if (run) {
        show(run);
        store.set({ run });
        if (run.version > version && (await take(src))) {
          if (version > 0) say(`step ${run.steps} arrived`);
          version = run.version;
        }
        if (run.finished) return;
      }
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }

  return {
    element: box,
    /** Starts where the page's address asks for it. @returns {boolean} */
    start() {
      const fields = new URLSearchParams(location.search);
      const [follow, src] = [fields.get("follow"), fields.get("src")];
      if (follow === null || src === null) return false;
      const [status, scene] = [new URL(follow, location.href), new URL(src, location.href)];
      if (status.origin !== location.origin || scene.origin !== location.origin || !/^https?:$/.test(status.protocol)) return false;
      loop(status, src);
      return true;
    },
  };
}
