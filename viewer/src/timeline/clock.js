/** Play, pause, scrub, step: everything that moves `time`. */

import { nearestStep } from "./moment.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {ReturnType<typeof createClock>} Clock
 */

export const SPEEDS = [0.25, 0.5, 1, 2, 4];

/**
 * @param {import("../page/store.js").Store} store
 */
export function createClock(store) {
  /** @param {number} time */
  const seek = (time) => store.set({ time: Math.min(store.state.duration, Math.max(0, time)) });

  /** Times at which a step sits on the present clip. */
  function marks() {
    const { network, clip, duration } = store.state;
    if (!network) return [0, duration];
    if (clip === "epochs") return network.steps.map((step) => step.time);
    const times = Object.values(network.clips.find((each) => each.kind === "forward")?.layerTimes ?? {});
    return [...new Set(times)].sort((a, b) => a - b);
  }

  return {
    seek,
    /**
     * One frame; the caller draws as long as this says so.
     * @param {number} _now
     * @param {number} elapsed seconds
     */
    tick(_now, elapsed) {
      const { playing, scrubbing, time, duration, speed, loop } = store.state;
      if (!playing) return false;
      if (scrubbing) return true;
      const next = time + elapsed * speed;
      if (next < duration) store.set({ time: next });
      else if (loop) store.set({ time: duration > 0 ? next % duration : 0 });
      else store.set({ time: duration, playing: false });
      return store.state.playing;
    },
    toggle() {
      const { playing, time, duration } = store.state;
      if (!playing && time >= duration - 1e-3) store.set({ time: 0 });
      store.set({ playing: !playing });
    },
    /** @param {number} direction -1 or 1 */
    step(direction) {
      const all = marks();
      const { time } = store.state;
      const later = all.filter((mark) => mark > time + 0.02);
      const earlier = all.filter((mark) => mark < time - 0.02);
      const target = direction > 0 ? later[0] : earlier[earlier.length - 1];
      store.set({ playing: false });
      if (target !== undefined) seek(target);
    },
    first() {
      store.set({ playing: false });
      seek(marks()[0] ?? 0);
    },
    last() {
      store.set({ playing: false });
      seek(marks().at(-1) ?? store.state.duration);
    },
    /** Lets go of a scrub: at rest the nearest step is shown. */
    release() {
      const { network, playing, clip, time } = store.state;
      store.set({ scrubbing: false });
      if (!playing && network && clip === "epochs") seek(network.steps[nearestStep(network.steps, time)].time);
    },
    /** @param {number} direction */
    changeSpeed(direction) {
      const at = SPEEDS.indexOf(store.state.speed);
      store.set({ speed: SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + direction))] });
    },
  };
}
