/** What buttons, keys and the search do. */

import { safe } from "../data/format.js";
import { createCompareActions } from "./compare-actions.js";
import { drawPicture, savePicture } from "./picture.js";

const SIDES = { front: [0, 0], side: [90, 0], top: [0, 89] };

/**
 * @typedef {ReturnType<typeof createActions>} Act
 *
 * @param {object} parts
 * @param {import("./store.js").Store} parts.store
 * @param {import("../timeline/clock.js").Clock} parts.clock
 * @param {import("../scene/viewport.js").Viewport|null} parts.viewport
 * @param {ReturnType<typeof import("./theme.js").createTheme>} parts.theme
 * @param {HTMLElement} parts.stage
 * @param {ReturnType<typeof import("./open.js").createOpener>} parts.opener
 * @param {ReturnType<typeof import("./linking.js").createLinking>} parts.linking
 * @param {(text: string) => void} parts.say
 * @param {() => void} parts.help
 * @param {() => void} parts.search
 * @param {() => void} parts.settings
 * @param {() => void} parts.askPicture
 * @param {(error: unknown, name: string) => void} parts.fail
 */
export function createActions({ store, clock, viewport, theme, stage, opener, linking, say, help, search, settings, askPicture, fail }) {
  const selected = () => store.state.selection?.layer ?? null;

  const act = {
    ...createCompareActions(store, say),
    clock,
    help,
    settings,
    askPicture,
    open: () => opener.choose(),
    toggleStepped: () => store.set({ stepped: !store.state.stepped }),
    toggleTheme: () => theme.toggle(),
    toggleTree: () => store.set({ tree: !store.state.tree }),
    toggleLoop: () => store.set({ loop: !store.state.loop }),
    present: () => store.set({ present: !store.state.present }),
    search: () => store.state.network && search(),
    frameAll: () => viewport?.fit(),
    frameSelection: () => viewport?.frame(selected()),
    /** @param {string|null} layer */
    frame: (layer) => viewport?.frame(layer),
    /** @param {"hero"|"front"|"side"|"top"} side */
    look(side) {
      if (side === "hero") return viewport?.fit();
      const [azimuth, elevation] = SIDES[side].map((degrees) => (degrees * Math.PI) / 180);
      return viewport?.fit({ azimuth, elevation });
    },
    /**
     * @param {string} layer
     * @param {number|null} unit
     * @param {{row?: number, column?: number}} [pixel]
     */
    select: (layer, unit, pixel = {}) => store.set({ selection: { layer, unit, ...pixel } }),
    clear() {
      const { present, isolated, selection, compare } = store.state;
      if (present) store.set({ present: false });
      else if (compare) store.set({ compare: null });
      else if (isolated !== null) store.set({ isolated: null });
      else if (selection) store.set({ selection: null });
    },
    /** @param {string} layer */
    toggleHidden(layer) {
      const hidden = new Set(store.state.hidden);
      if (!hidden.delete(layer)) hidden.add(layer);
      store.set({ hidden });
      say(`${safe(store.state.network?.byId.get(layer)?.name)} ${hidden.has(layer) ? "hidden" : "shown"}`);
    },
    hide() {
      const layer = selected();
      if (layer !== null) act.toggleHidden(layer);
    },
    showAll: () => store.set({ hidden: new Set(), isolated: null }),
    /** @param {string} [path] of a scope; the selected layer's when left out */
    toggleBlock(path = store.state.network?.byId.get(selected() ?? "")?.scope) {
      if (!path) return;
      const collapsed = new Set(store.state.collapsed);
      if (!collapsed.delete(path)) collapsed.add(path);
      store.set({ collapsed });
      say(`${safe(path)} ${collapsed.has(path) ? "folded" : "unfolded"}`);
    },
    /** @param {string} [layer] */
    isolate(layer = selected() ?? undefined) {
      if (layer !== undefined) store.set({ isolated: store.state.isolated === layer ? null : layer });
    },
    /** @param {number} probe */
    probe(probe) {
      const { network } = store.state;
      if (network && probe < network.probes.length) store.set({ probe });
    },
    /** @param {import("./picture.js").PictureOptions} [options] */
    picture(options) {
      const { file } = store.state;
      const name = safe(file?.name ?? "scene").replace(/\.(glb|gltf)$/i, "");
      const ratio = Math.min(devicePixelRatio, 2);
      const size = { width: Math.round(stage.clientWidth * ratio), height: Math.round(stage.clientHeight * ratio) };
      if (!viewport) return;
      drawPicture(viewport, stage, store, options ?? size)
        .then((canvas) => savePicture(canvas, name))
        .then(() => say("picture saved"), (error) => fail(error, name));
    },
    copyLink() {
      const address = linking.address();
      navigator.clipboard?.writeText(address).then(() => say("link copied"), () => say("the link is in the address bar"));
    },
    /**
     * @param {import("./find.js").Found} found
     * @param {import("./keys.js").Command[]} commands
     */
    goTo(found, commands) {
      const { network } = store.state;
      if (found.layer !== undefined) {
        act.select(found.layer, null);
        act.frame(found.layer);
      } else if (found.kind === "epoch" && network) {
        store.set({ clip: "epochs", duration: network.time.duration, playing: false });
        clock.seek(network.steps[found.index ?? 0].time);
      } else if (found.kind === "probe") act.probe(found.index ?? 0);
      else commands.find((command) => command.name === found.name)?.run();
    },
  };
  return act;
}
