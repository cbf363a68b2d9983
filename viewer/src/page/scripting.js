/**
 * `window.nn2gltf`: the few things a program may ask of the page. `nn2gltf render` uses it, so can a page that embeds
 * this one on the same origin, or a person at the console.
 */

import { epochAt, timeOfEpoch } from "../timeline/moment.js";
import { drawPicture } from "./picture.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("../scene/viewport.js").Viewport|null} viewport
 * @param {{stage: HTMLElement, open: (name: string, buffer: ArrayBuffer) => Promise<void>, fail: (error: unknown, name: string) => void, look: (side: string) => void}} tools
 */
export function createScripting(store, viewport, { stage, open, fail, look }) {
  const nextFrame = () => new Promise((done) => requestAnimationFrame(() => done(null)));
  return {
    /** What is shown, as plain JSON. */
    state() {
      const { network, file, hidden, collapsed, ...rest } = store.state;
      const steps = network?.steps;
      return {
        ...rest,
        file: file?.name ?? null,
        hidden: [...hidden],
        collapsed: [...collapsed],
        epoch: steps && rest.clip === "epochs" ? epochAt(steps, rest.time) : null,
        epochs: steps?.map((step) => step.epoch) ?? [],
        layers: network?.layers.map((layer) => layer.id) ?? [],
        camera: viewport?.camera.view() ?? null,
      };
    },
    /**
     * @param {string} name
     * @param {ArrayBuffer} buffer
     */
    async open(name, buffer) {
      await open(name, buffer).catch((error) => fail(error, name));
      return store.state.view;
    },
    /** @param {number} epoch stops there */
    seek(epoch) {
      const { network } = store.state;
      if (network) store.set({ clip: "epochs", duration: network.time.duration, playing: false, time: timeOfEpoch(network.steps, epoch) });
    },
    /** @param {number} time seconds of the main clip; stops there */
    seekTime: (time) => store.set({ playing: false, time: Math.min(store.state.duration, Math.max(0, time)) }),
    /** @param {"hero"|"front"|"side"|"top"} side */
    look,
    /** @param {"dark"|"light"} theme */
    theme: (theme) => store.set({ theme }),
    /** Resolves once nothing moves any more, or after ten seconds. */
    async settled() {
      const until = performance.now() + 10000;
      do {
        await nextFrame();
        await nextFrame();
      } while (viewport?.moving() && performance.now() < until);
    },
    /**
     * A picture as a data URL.
     * @param {{width: number, height: number, transparent?: boolean, labels?: boolean}} how
     */
    async picture(how) {
      if (!viewport) throw new Error("this browser cannot draw in 3D");
      return (await drawPicture(viewport, stage, store, how)).toDataURL("image/png");
    },
  };
}
