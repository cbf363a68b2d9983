/** A button that shows the scene in a headset or over the room, where the browser can (WebXR). */

import { Group } from "three";
import { h, icon } from "./dom.js";

/** The scene is 10 m long; on a table 2 m. */
const SMALLER = 5;
/** Eye height and distance of its middle, metres. */
const PLACE = { height: 1.2, away: 1.6 };

/**
 * @param {import("../scene/viewport.js").Viewport} viewport
 * @param {import("./store.js").Store} store
 * @param {{say: (text: string) => void, tick: (now: number, elapsed: number) => void}} tools
 */
export function createHeadset(viewport, store, { say, tick }) {
  const xr = /** @type {any} */ (navigator).xr;
  const label = h("span", { text: "VR" });
  const element = h("button", { type: "button", class: "text-button headset needs-scene", hidden: true, "aria-pressed": "false", onclick: press }, icon("headset"), label);
  const { renderer } = viewport.stage;
  /** @type {any} */
  let session = null;
  /** @type {"immersive-ar"|"immersive-vr"|null} */
  let mode = null;

  async function find() {
    for (const each of /** @type {const} */ (["immersive-ar", "immersive-vr"])) {
      if (await xr?.isSessionSupported?.(each).catch(() => false)) mode = each;
    }
    element.hidden = mode === null;
    label.textContent = mode === "immersive-ar" ? "AR" : "VR";
    element.title = mode === "immersive-ar" ? "See it in your room" : "See it in a headset";
  }

  async function press() {
    if (session) return session.end();
    if (mode === null) return undefined;
    session = await xr.requestSession(mode, { optionalFeatures: ["local-floor"] });
    const camera = viewport.camera.camera;
    const rig = new Group();
    rig.scale.setScalar(SMALLER);
    rig.position.set(0, -PLACE.height * SMALLER, PLACE.away * SMALLER);
    viewport.stage.scene.add(rig);
    rig.add(camera);
    const before = viewport.camera.view();
    session.addEventListener("end", () => {
      renderer.setAnimationLoop(null);
      renderer.xr.enabled = false;
      viewport.stage.scene.remove(rig);
      rig.remove(camera);
      session = null;
      element.setAttribute("aria-pressed", "false");
      viewport.camera.fly(before, { instant: true });
      viewport.resize();
    });
    renderer.xr.enabled = true;
    renderer.xr.setReferenceSpaceType("local-floor");
    await renderer.xr.setSession(session);
    element.setAttribute("aria-pressed", "true");
    say(mode === "immersive-ar" ? "in your room" : "in the headset");
    let last = performance.now();
    renderer.setAnimationLoop((now) => {
      tick(now, Math.min(0.1, (now - last) / 1000));
      last = now;
      viewport.update();
      renderer.render(viewport.stage.scene, camera);
    });
    return undefined;
  }

  find();
  store.on(["view"], () => store.state.view !== "ready" && session?.end());
  return { element };
}
