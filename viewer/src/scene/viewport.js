/** The 3D part of the page behind one small face: show a scene or two, look at them, ask what is under the pointer. */

import { createCamera } from "./camera.js";
import { TOKENS } from "./colors.js";
import { disposeOf } from "./drawing.js";
import { createOverlays, panesOf } from "./pane-view.js";
import { createPlain } from "./plain.js";
import { createShown } from "./shown.js";
import { createStage } from "./stage.js";
import { fitFor, freeRectangle } from "./framing.js";
import { createSteady } from "./steady.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {import("./shown.js").NetworkScene} NetworkScene
 * @typedef {import("./shown.js").Shown} Shown
 * @typedef {ReturnType<typeof createViewport>} Viewport
 * @typedef {import("./pane-view.js").Pane} Pane
 */

/**
 * @param {{canvas: HTMLCanvasElement, panes: {root: HTMLElement, marks: HTMLElement}[], stage: HTMLElement}} parts
 * @param {import("../page/store.js").Store} store
 * @param {{calm: boolean, lost: () => void}} options calm: the person asked for less motion
 */
export function createViewport(parts, store, { calm, lost }) {
  const stage = createStage(parts.canvas, { lost });
  const camera = createCamera(parts.canvas, { calm, moved: () => stage.invalidate() });
  stage.use(camera.camera);
  /** @type {Shown|null} */
  let main = null;
  /** @type {Shown|null} */
  let second = null;
  /** @type {(ReturnType<typeof createPlain> & {root: import("three").Object3D})|null} */
  let plain = null;
  const overlays = createOverlays(parts, camera);
  let fitted = false;
  /** What the camera was last told to show: a window that changes its size shows the same. @type {{layer: string|null, azimuth?: number, elevation?: number}} */
  let aim = { layer: null };
  let moving = false;

  stage.everyFrame((now) => (moving = camera.step(now)));
  stage.show(() => panes().map((pane) => ({ ...pane, scene: pane.shown?.scene ?? stage.scene, before: () => update(pane) })));
  stage.afterDraw(() => panes().forEach(overlays.show));
  store.on(["time", "probe", "theme", "range", "selection", "hover", "hidden", "isolated", "clip", "decoded", "scrubbing", "stepped", "map", "heights", "links", "labels", "collapsed", "animation"], () => stage.invalidate());
  store.on(["theme"], (state) => stage.background(TOKENS[state.theme].canvas));
  store.on(["compare"], () => resize());
  stage.background(TOKENS[store.state.theme].canvas);
  const panes = () => panesOf(store.state, stage.size, main, second, parts.stage);

  /** @param {Pane} pane */
  function update({ pane, shown, state }) {
    if (plain) plain.show(state.time, state.animation);
    const first = pane === "B" && state.compare?.show === "difference" ? main : null;
    shown?.update(state, pane, first && { shown: first, state: store.state });
  }

  /** @param {string|null} layer @returns {import("./fit.js").Point[]} */
  const points = (layer) => plain?.corners() ?? [...new Set(panes().map((pane) => pane.shown))].flatMap((shown) => shown?.points(layer) ?? []);

  /** @param {import("./fit.js").Point[]} shown */
  function fitTo(shown, /** @type {{azimuth?: number, elevation?: number, instant?: boolean, all?: boolean}} */ how = {}) {
    const [{ width, height }] = panes();
    const free = freeRectangle(parts.stage, store.state, how.all ?? true, { width, height });
    camera.fly(fitFor(camera, shown, { width, height, free, ...how }), { instant: how.instant });
    camera.byHand = false;
    steady.done();
  }

  /** @param {boolean} instant */
  function refit(instant) {
    const { layer, ...angles } = aim;
    fitTo(points(layer), { ...angles, all: layer === null, instant });
  }
  const steady = createSteady(parts, () => (main || plain) && !camera.byHand && refit(false));

  /** @param {number} [ratio] */
  function resize(ratio) {
    const { clientWidth: width, clientHeight: height } = parts.stage;
    if (width === 0 || height === 0) return;
    stage.resize(width, height, ratio);
    const all = panes();
    for (const [index, { root }] of parts.panes.entries()) root.hidden = index >= all.length;
    const moved = steady.moved(all.length);
    if (fitted && moved !== null) camera.shift(moved);
    camera.resize(all[0].width, all[0].height);
    if ((main || plain) && (!fitted || (!camera.byHand && moved === null))) refit(!camera.flying);
    fitted ||= Boolean(main || plain);
    stage.draw();
  }
  onOtherRoom(parts.stage, () => resize());

  function clear() {
    overlays.clear();
    if (plain) {
      stage.scene.remove(plain.root);
      disposeOf(plain.root);
    }
    main?.dispose();
    second?.dispose();
    main = second = plain = null;
    camera.byHand = false;
    fitted = false;
    aim = { layer: null };
  }

  return {
    stage,
    camera,
    resize,
    points,
    /** Whether another frame will look different by itself. */
    moving: () => moving || stage.due,
    /** @param {NetworkScene} scene */
    showNetwork(scene) {
      const next = createShown(scene, stage.scene);
      clear();
      main = next;
      resize();
    },
    /** @param {NetworkScene|null} scene the second file of a comparison */
    showSecond(scene) {
      second?.dispose();
      second = scene && createShown(scene, stage.litScene());
      resize();
    },
    /** @param {any} gltf */
    showPlain(gltf) {
      clear();
      stage.scene.add(gltf.scene);
      plain = { ...createPlain(gltf), root: gltf.scene };
      resize();
      return plain;
    },
    clear() {
      clear();
      resize();
    },
    get drawing() {
      return main?.drawing ?? null;
    },
    /** @param {{azimuth?: number, elevation?: number, instant?: boolean}} [how] */
    fit(how) {
      aim = { layer: null, azimuth: how?.azimuth, elevation: how?.elevation };
      if (main || plain) fitTo(points(null), how);
    },
    /** @param {string|null} layer null: everything */
    frame(layer) {
      const { azimuth, elevation } = camera.view();
      aim = { layer, azimuth, elevation };
      if (main || plain) refit(false);
    },
    /** @param {import("three").Object3D} node of a plain glTF */
    frameNode(node) {
      if (plain) fitTo(plain.corners(node), { azimuth: camera.view().azimuth, elevation: camera.view().elevation });
    },
    /**
     * @param {number} x of the viewport, CSS pixels
     * @param {number} y
     */
    pick(x, y) {
      const { pane, at } = paneAt(panes(), parts.canvas, x, y);
      // The scene was last set up for another pane, perhaps; where things stand is the same in both.
      const found = pane?.shown?.pick(camera.camera, at);
      return found && pane ? { ...found, pane: pane.pane } : null;
    },
    /** @param {string|null} layer brackets around a candidate of the search */
    preview(layer) {
      overlays.candidate = layer;
      stage.invalidate();
    },
    /** Sets the scene up for the present state, for someone who draws it himself. */
    update: () => update(panes()[0]),
    redraw: () => stage.invalidate(),
  };
}

/**
 * The pane under a point of the window, and where in it: -1 to 1, upwards.
 * @param {Pane[]} panes
 * @param {HTMLCanvasElement} canvas
 * @param {number} x CSS pixels
 * @param {number} y
 */
function paneAt(panes, canvas, x, y) {
  const origin = canvas.getBoundingClientRect();
  const [across, down] = [x - origin.left, y - origin.top];
  const pane = panes.find(({ left, top, width, height }) => across >= left && across < left + width && down >= top && down < top + height);
  const at = pane ? { x: ((across - pane.left) / pane.width) * 2 - 1, y: 1 - ((down - pane.top) / pane.height) * 2 } : { x: 0, y: 0 };
  return { pane, at };
}

/**
 * The stage has another size, or what stands over it has come to its own letters.
 * @param {HTMLElement} stage
 * @param {() => void} measure
 */
function onOtherRoom(stage, measure) {
  new ResizeObserver(measure).observe(stage);
  document.fonts.addEventListener("loadingdone", measure);
}
