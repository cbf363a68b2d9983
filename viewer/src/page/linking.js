/** Keeps the address in step with the view, and the view with an address that was followed. */

import { epochAt, timeOfEpoch } from "../timeline/moment.js";
import { readLink, writeLink } from "./link.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("../scene/viewport.js").Viewport|null} viewport
 * @param {ReturnType<typeof import("./theme.js").createTheme>} theme
 */
export function createLinking(store, viewport, theme) {
  /** @type {number|undefined} */
  let timer;

  function write() {
    const { network, time, probe, selection, clip, playing, view } = store.state;
    if (view !== "ready" || !network) return;
    const hash = writeLink({
      clip: clip === "forward" ? "forward" : undefined,
      t: playing ? undefined : clip === "forward" ? time : epochAt(network.steps, time),
      probe: probe === network.mainProbe ? undefined : probe,
      sel: selection ?? undefined,
      cam: viewport?.camera.byHand ? viewport.camera.view() : undefined,
      theme: theme.chosen ?? undefined,
    });
    if (hash !== location.hash && !(hash === "#" && location.hash === "")) history.replaceState(history.state, "", hash === "#" ? location.pathname + location.search : hash);
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(write, 400);
  }

  store.on(["time", "probe", "selection", "clip", "playing", "theme"], () => !store.state.playing && later());
  viewport?.camera.controls.addEventListener("end", later);

  return {
    /** The address of exactly this view, even while it plays. */
    address() {
      clearTimeout(timer);
      const { playing } = store.state;
      store.set({ playing: false });
      write();
      store.set({ playing });
      return location.href;
    },
    restore() {
      const link = readLink(location.hash);
      const { network } = store.state;
      if (link.theme) theme.choose(link.theme);
      if (!network) return;
      restoreClock(store, network, link);
      const layer = link.sel && network.byId.get(link.sel.layer);
      if (link.sel && layer) {
        const unit = link.sel.unit !== null && layer.tiles && link.sel.unit < layer.tiles.count ? link.sel.unit : null;
        store.set({ selection: { layer: layer.id, unit } });
      }
      if (link.cam && viewport) {
        viewport.camera.fly(link.cam, { instant: true });
        viewport.camera.byHand = true;
      }
    },
  };
}

/**
 * @param {import("./store.js").Store} store
 * @param {import("../types.js").Network} network
 * @param {import("./link.js").LinkState} link
 */
function restoreClock(store, network, { clip, probe, t }) {
  const forward = clip === "forward" ? network.clips.find((each) => each.kind === "forward") : undefined;
  if (forward) store.set({ clip: "forward", duration: forward.duration });
  if (probe !== undefined && probe < network.probes.length) store.set({ probe });
  if (t === undefined) return;
  store.set({ playing: false, time: forward ? Math.min(t, forward.duration) : timeOfEpoch(network.steps, t) });
}
