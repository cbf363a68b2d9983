/** Actions on what is shown side by side, and on which clip plays. */

import { momentAt } from "../timeline/moment.js";

/**
 * @param {import("./store.js").Store} store
 * @param {(text: string) => void} say
 */
export function createCompareActions(store, say) {
  return {
    toggleCompare() {
      const { network, compare, time, probe, clip } = store.state;
      if (!network) return;
      if (compare) store.set({ compare: null });
      else {
        const now = clip === "epochs" ? momentAt(network.steps, time).step : network.steps.length - 1;
        const first = now > 0 ? 0 : network.steps.length - 1;
        store.set({
          clip: "epochs", duration: network.time.duration, playing: false, time: network.steps[now].time,
          compare: { kind: network.steps.length > 1 || network.probes.length < 2 ? "epochs" : "probes", time: network.steps[first].time, probe: probe === 0 ? Math.min(1, network.probes.length - 1) : 0, show: "values" },
        });
      }
      say(compare ? "comparison ended" : "two panes");
    },
    swap() {
      const { compare, time, probe } = store.state;
      if (!compare || compare.kind === "files") return;
      if (compare.kind === "epochs") store.set({ time: compare.time, compare: { ...compare, time } });
      else store.set({ probe: compare.probe, compare: { ...compare, probe } });
    },
    toggleForward() {
      const { network, clip } = store.state;
      const forward = network?.clips.find((each) => each.kind === "forward");
      if (!network || !forward) return;
      if (clip === "forward") store.set({ clip: "epochs", duration: network.time.duration, time: network.steps[network.steps.length - 1].time, playing: false });
      else store.set({ clip: "forward", duration: forward.duration, time: 0, playing: true });
    },
  };
}
