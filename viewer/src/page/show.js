/** From the bytes of a file to a scene on the stage. */

import { checkFile } from "../data/precheck.js";
import { readContainer } from "../data/glb.js";
import { createPages } from "../data/pages.js";
import { RecordError } from "../data/read.js";
import { readRecord } from "../data/record.js";
import { createPalettes } from "../data/shown-palettes.js";
import { createMeans } from "../data/stats.js";
import { createValues } from "../data/values.js";
import { FileFailure } from "../data/failure.js";
import { safe } from "../data/format.js";
import { epochAt, timeOfEpoch } from "../timeline/moment.js";
import { imageReader, loadGltf } from "../scene/load.js";
import { INITIAL } from "./store.js";

/**
 * @typedef {object} Opened
 * @property {import("../types.js").Network} network
 * @property {ReturnType<typeof createPages>} pages
 * @property {import("../data/values.js").Values} values
 * @property {ReturnType<typeof createMeans>} means
 * @property {import("../data/shown-palettes.js").Palettes} palettes
 *
 * @typedef {ReturnType<import("../scene/viewport.js").Viewport["showPlain"]>} Plain
 */

/**
 * @param {import("./store.js").Store} store
 * @param {import("../scene/viewport.js").Viewport|null} viewport
 * @param {{calm: boolean, restore: () => void, fail: (error: unknown, name: string) => void}} options
 */
export function createShow(store, viewport, { calm, restore, fail }) {
  /** @type {Opened|null} */
  let opened = null;
  /** @type {Opened|null} */
  let second = null;
  /** @type {Plain|null} */
  let plain = null;
  let turn = 0;

  /**
   * @param {string} name
   * @param {ArrayBuffer} buffer
   */
  async function open(name, buffer) {
    const mine = ++turn;
    const file = { name, bytes: buffer.byteLength };
    const { theme, mode, speed, loop, run } = store.state;
    store.set({ ...INITIAL, theme, mode, speed, loop, run, tree: mode === "desktop", view: "loading", file });
    viewport?.clear();
    opened = second = plain = null;
    const container = readContainer(buffer);
    checkFile(container);
    let notice = "";
    try {
      const network = readRecord(container.json);
      const scene = network && (await prepare(network, container, buffer));
      if (mine !== turn) return;
      if (scene) showNetwork(scene, file);
    } catch (error) {
      // A record that is not as documented does not keep the geometry from being shown; the page says why.
      if (!(error instanceof RecordError)) throw error;
      notice = `Its nn2gltf record cannot be used: ${safe(error.message)}`;
    }
    if (mine === turn && opened === null) await showPlain(buffer, file, notice);
    if (mine === turn) restore();
  }

  /**
   * @param {Opened & {gltf: any}} scene
   * @param {import("../types.js").OpenFile} file
   */
  function showNetwork(scene, file) {
    const { network } = scene;
    viewport?.showNetwork(scene);
    opened = scene;
    const last = network.steps[network.steps.length - 1].time;
    const still = calm || network.steps.length < 2;
    document.title = `${safe(network.title || network.model.name)} · nn2gltf`;
    store.set({ network, file, probe: network.mainProbe, clip: "epochs", duration: network.time.duration, time: still ? last : 0, playing: !still, view: "ready" });
    loadOtherPages(scene);
  }

  /**
   * @param {ArrayBuffer} buffer
   * @param {import("../types.js").OpenFile} file
   * @param {string} notice
   */
  async function showPlain(buffer, file, notice) {
    const mine = turn;
    const gltf = await loadGltf(buffer, { skipTextures: false });
    if (mine !== turn) return;
    plain = viewport?.showPlain(gltf) ?? null;
    document.title = `${safe(file.name)} · nn2gltf`;
    store.set({ network: null, file, clip: "plain", duration: plain?.duration ?? 0, time: 0, playing: !calm && Boolean(plain?.duration), view: "ready", notice });
  }

  /**
   * The pages of the other probes, one by one, so that switching to them costs nothing later.
   * @param {Opened} scene
   */
  async function loadOtherPages({ network, pages }) {
    for (let probe = 0; probe < network.probes.length; probe++) {
      if (network.probes[probe].members.length > 0) continue;
      if (opened?.network !== network) return;
      if (!(await loadedProbe({ network, pages }, probe))) return;
    }
  }

  /**
   * A picture of another probe may be damaged, which shows only after the scene does.
   * @param {Pick<Opened, "network"|"pages">} scene
   * @param {number} probe
   * @returns {Promise<boolean>}
   */
  async function loadedProbe(scene, probe) {
    try {
      await loadProbe(scene, probe);
      return true;
    } catch (error) {
      if (opened?.network === scene.network) fail(error, store.state.file?.name ?? "scene");
      return false;
    }
  }

  /**
   * @param {Pick<Opened, "network"|"pages">} scene
   * @param {number} probe
   */
  async function loadProbe({ network, pages }, probe) {
    const missing = pagesOf(network, probe).filter((page) => pages.get(page) === null);
    await Promise.all(missing.map((page) => pages.load(page)));
    if (missing.length > 0 && opened?.network === network) store.set({ decoded: store.state.decoded + 1 });
  }

  store.on(["probe"], ({ probe }) => opened && loadedProbe(opened, probe));

  /**
   * A newer state of the same file: everything that the person chose stays, the clock moves on to a new last step.
   * @param {ArrayBuffer} buffer
   */
  async function renew(buffer) {
    const mine = ++turn;
    const container = readContainer(buffer);
    checkFile(container);
    const network = readRecord(container.json);
    const scene = network && (await prepare(network, container, buffer));
    if (mine !== turn || !scene || !network) return;
    const view = viewport?.camera.byHand ? viewport.camera.view() : null;
    viewport?.showNetwork(scene);
    opened = scene;
    store.set({ ...keptOf(store.state, network), file: { name: store.state.file?.name ?? "scene.glb", bytes: buffer.byteLength }, decoded: store.state.decoded + 1 });
    if (view && viewport) {
      viewport.camera.fly(view, { instant: true });
      viewport.camera.byHand = true;
    }
    loadOtherPages(scene);
  }

  /**
   * The second file of a comparison.
   * @param {string} name
   * @param {ArrayBuffer} buffer
   */
  async function openSecond(name, buffer) {
    const container = readContainer(buffer);
    checkFile(container);
    const network = readRecord(container.json);
    if (!network) throw new FileFailure("E_PLAIN", "This file has nothing to compare", "It holds no recorded values of nn2gltf.");
    const scene = await prepare(network, container, buffer);
    second = scene;
    viewport?.showSecond(scene);
    const { compare, time, probe } = store.state;
    store.set({ other: name, compare: { show: "values", ...compare, kind: "files", time, probe }, decoded: store.state.decoded + 1 });
    for (let each = 0; each < network.probes.length; each++) if (network.probes[each].members.length === 0) await Promise.all(pagesOf(network, each).map((page) => scene.pages.load(page)));
    if (second === scene) store.set({ decoded: store.state.decoded + 1 });
  }

  return {
    open,
    renew,
    openSecond,
    /** What is open now. */
    opened: () => opened,
    /** The second file of a comparison. */
    second: () => second,
    /** The nodes and clips of a plain glTF. */
    plain: () => plain,
  };
}

/**
 * @param {import("../types.js").Network} network
 * @param {import("../data/glb.js").Container} container
 * @param {ArrayBuffer} buffer
 */
async function prepare(network, container, buffer) {
  const pages = createPages(network, imageReader(container));
  const needed = pagesOf(network, network.mainProbe);
  const [gltf] = await Promise.all([loadGltf(buffer, { skipTextures: true }), ...needed.map((page) => pages.load(page))]);
  const values = createValues(network, pages);
  return { network, pages, values, means: createMeans(values), palettes: createPalettes(network), gltf };
}

/**
 * @param {import("../types.js").Network} network
 * @param {number} probe
 * @returns {number[]}
 */
function pagesOf(network, probe) {
  const pages = network.layers.map((layer) => layer.tiles?.pages[probe] ?? null).filter((page) => page !== null);
  return [...new Set(pages)];
}

/**
 * What stays when a newer state of the same file arrives.
 * @param {import("../types.js").State} state
 * @param {import("../types.js").Network} network the new one
 * @returns {Partial<import("../types.js").State>}
 */
function keptOf({ network: old, time: before, selection }, network) {
  const last = network.steps[network.steps.length - 1].time;
  const atEnd = old === null || before >= old.steps[old.steps.length - 1].time - 1e-6;
  return {
    network, view: "ready", clip: "epochs", duration: network.time.duration,
    time: atEnd ? last : timeOfEpoch(network.steps, epochAt(old.steps, before)),
    selection: selection && network.byId.has(selection.layer) ? selection : null,
  };
}
