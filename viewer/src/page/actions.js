/** What buttons, keys and the search do. */

import { safe } from "../data/format.js";
import { savePicture } from "./picture.js";

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
 * @param {(error: unknown, name: string) => void} parts.fail
 */
export function createActions({ store, clock, viewport, theme, stage, opener, linking, say, help, search, fail }) {
  const selected = () => store.state.selection?.layer ?? null;

  const act = {
    clock,
    help,
    open: () => opener.choose(),
    toggleTheme: () => theme.toggle(),
    toggleTree: () => store.set({ tree: !store.state.tree }),
    toggleLoop: () => store.set({ loop: !store.state.loop }),
    present: () => store.set({ present: !store.state.present }),
    search: () => store.state.network && search(),
    frameAll: () => viewport?.fit(),
    frameSelection: () => viewport?.frame(selected()),
    /** @param {string|null} layer */
    frame: (layer) => viewport?.frame(layer),
    /** @param {"front"|"side"|"top"} side */
    look(side) {
      const [azimuth, elevation] = SIDES[side].map((degrees) => (degrees * Math.PI) / 180);
      viewport?.fit({ azimuth, elevation });
    },
    /**
     * @param {string} layer
     * @param {number|null} unit
     */
    select: (layer, unit) => store.set({ selection: { layer, unit } }),
    clear() {
      const { present, isolated, selection } = store.state;
      if (present) store.set({ present: false });
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
    /** @param {string} [layer] */
    isolate(layer = selected() ?? undefined) {
      if (layer !== undefined) store.set({ isolated: store.state.isolated === layer ? null : layer });
    },
    /** @param {number} probe */
    probe(probe) {
      const { network } = store.state;
      if (network && probe < network.probes.length) store.set({ probe });
    },
    toggleForward() {
      const { network, clip } = store.state;
      const forward = network?.clips.find((each) => each.kind === "forward");
      if (!network || !forward) return;
      if (clip === "forward") store.set({ clip: "epochs", duration: network.time.duration, time: network.steps[network.steps.length - 1].time, playing: false });
      else store.set({ clip: "forward", duration: forward.duration, time: 0, playing: true });
    },
    picture() {
      const { file } = store.state;
      const name = safe(file?.name ?? "scene").replace(/\.(glb|gltf)$/i, "");
      if (viewport) savePicture(viewport, stage, name).then(() => say("picture saved"), (error) => fail(error, name));
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
