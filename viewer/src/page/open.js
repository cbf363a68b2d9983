/** Ways in: a dropped file, the file picker, `?src=` on the same origin, the embedded scene. */

import { FileFailure } from "../data/failure.js";
import { embeddedScene } from "../data/embedded.js";
import { h } from "./dom.js";
import { count } from "../data/format.js";

/** Browsers cannot hold larger files in one buffer. */
const MAX_BYTES = 2 ** 30;

/**
 * @param {(name: string, buffer: ArrayBuffer) => Promise<void>} show
 * @param {(failure: unknown, name: string) => void} fail
 */
export function createOpener(show, fail) {
  const input = h("input", { type: "file", accept: ".glb,.gltf,model/gltf-binary", class: "visually-hidden", tabindex: -1, "aria-hidden": "true" });
  /** @type {((name: string, buffer: ArrayBuffer) => Promise<void>)|null} */
  let waiting = null;
  document.body.append(input);
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = "";
    const take = waiting ?? show;
    waiting = null;
    if (file) openFile(file, take);
  });
  input.addEventListener("cancel", () => (waiting = null));

  /**
   * @param {File} file
   * @param {(name: string, buffer: ArrayBuffer) => Promise<void>} [take]
   */
  async function openFile(file, take = show) {
    try {
      if (file.size > MAX_BYTES) throw tooLarge(file.size);
      await take(file.name, await file.arrayBuffer());
    } catch (error) {
      fail(error, file.name);
    }
  }

  listenForDrops(openFile);
  return {
    choose: () => input.click(),
    /**
     * Asks for a file and hands it to somebody else.
     * @param {(name: string, buffer: ArrayBuffer) => Promise<void>} take
     */
    chooseFor(take) {
      waiting = take;
      input.click();
    },
    openFile,
    /** Opens what the page was given with its address, if anything. */
    async openGiven() {
      const src = new URLSearchParams(location.search).get("src");
      let name = src?.split("/").at(-1) ?? "scene.glb";
      try {
        if (src !== null) {
          await show(name, await fetchScene(src));
          return true;
        }
        const embedded = embeddedScene(document);
        if (!embedded) return false;
        name = embedded.name;
        await show(name, embedded.buffer);
      } catch (error) {
        fail(error, name);
      }
      return true;
    },
  };
}

/** @param {number} size */
function tooLarge(size) {
  return new FileFailure("E_TOO_LARGE", "This file is too large", `It has ${count(size)} bytes; a browser can hold ${count(MAX_BYTES)}.`);
}

/**
 * @param {string} src
 * @returns {Promise<ArrayBuffer>}
 */
async function fetchScene(src) {
  const url = new URL(src, location.href);
  if (url.origin !== location.origin || !/^https?:$/.test(url.protocol)) {
    throw new FileFailure("E_ORIGIN", "This address is not opened", "Only scenes on the same server can be opened by their address. Download it and drop it here.");
  }
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) {
    throw new FileFailure("E_FETCH", "The scene could not be fetched", `The server answered ${response ? response.status : "nothing"}.`);
  }
  const announced = Number(response.headers.get("content-length") ?? 0);
  if (announced > MAX_BYTES) throw tooLarge(announced);
  return response.arrayBuffer();
}

/** @param {(file: File) => void} open */
function listenForDrops(open) {
  let depth = 0;
  const mark = (/** @type {number} */ change) => {
    depth = Math.max(0, depth + change);
    document.documentElement.toggleAttribute("data-dropping", depth > 0);
  };
  window.addEventListener("dragenter", () => mark(1));
  window.addEventListener("dragleave", () => mark(-1));
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    const file = event.dataTransfer?.files[0];
    if (file) open(file);
  });
}
