/** The canvas: renderer, light, and a loop that draws only when something changed. */

import { AmbientLight, Color, DirectionalLight, NoToneMapping, Scene, WebGLRenderer } from "three";

/**
 * @typedef {{scene: Scene, left: number, top: number, width: number, height: number, before: () => void}} Pane
 *   pixels of the canvas; before: sets the scene up just before it is drawn, since two panes may share one
 */

/** @type {WebGLContextAttributes} */
const CONTEXT = { antialias: true, alpha: true, powerPreference: "high-performance" };

/**
 * Asked before anything is built on it: the canvas gets the context that the stage then draws with.
 * @param {HTMLCanvasElement} canvas
 */
export const hasGraphics = (canvas) => canvas.getContext("webgl2", CONTEXT) !== null;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{lost: () => void}} options lost: the graphics context went away
 */
export function createStage(canvas, { lost }) {
  const renderer = new WebGLRenderer({ canvas, ...CONTEXT });
  renderer.toneMapping = NoToneMapping;
  const scene = litScene();
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault();
    lost();
  });
  /** @type {((now: number, elapsed: number) => boolean)[]} */
  const tasks = [];
  /** @type {(() => void)[]} */
  const afterDraw = [];
  let wanted = 0;
  let last = 0;
  let size = { width: 1, height: 1 };
  /** @type {import("three").PerspectiveCamera|null} */
  let camera = null;
  /** @type {() => Pane[]} */
  let panes = () => [];
  const color = new Color();
  let clear = 1;

  /** @param {number} now */
  function frame(now) {
    wanted = 0;
    const elapsed = last ? Math.min(0.1, (now - last) / 1000) : 0;
    last = now;
    const again = tasks.map((task) => task(now, elapsed)).some(Boolean);
    draw();
    if (again) invalidate();
    else last = 0;
  }

  function draw() {
    if (camera && !renderer.xr.isPresenting) for (const pane of panes()) drawPane(pane, camera);
    for (const run of afterDraw) run();
  }

  /**
   * @param {Pane} pane
   * @param {import("three").PerspectiveCamera} by
   */
  function drawPane({ scene: shown, left, top, width, height, before }, by) {
    before();
    const bottom = size.height - top - height;
    renderer.setViewport(left, bottom, width, height);
    renderer.setScissor(left, bottom, width, height);
    renderer.setScissorTest(width !== size.width || height !== size.height);
    renderer.setClearColor(color, clear);
    renderer.render(shown, by);
  }

  function invalidate() {
    wanted ||= requestAnimationFrame(frame);
  }

  return {
    renderer,
    scene,
    draw,
    invalidate,
    get size() {
      return size;
    },
    /** @param {import("three").PerspectiveCamera} next */
    use(next) {
      camera = next;
    },
    /**
     * A task runs once a frame and says whether it wants another one.
     * @param {(now: number, elapsed: number) => boolean} task
     */
    everyFrame(task) {
      tasks.push(task);
    },
    /** @param {() => void} run */
    afterDraw(run) {
      afterDraw.push(run);
    },
    litScene,
    /** @param {() => Pane[]} next what to draw, asked before every frame */
    show(next) {
      panes = next;
    },
    /**
     * @param {string} hex
     * @param {boolean} [transparent]
     */
    background(hex, transparent = false) {
      color.set(hex);
      clear = transparent ? 0 : 1;
      invalidate();
    },
    /** Whether a frame is due. */
    get due() {
      return wanted !== 0;
    },
    /**
     * @param {number} width
     * @param {number} height
     * @param {number} [ratio] pixels of the drawing a CSS pixel
     */
    resize(width, height, ratio = Math.min(devicePixelRatio, 2)) {
      size = { width, height };
      renderer.setPixelRatio(ratio);
      renderer.setSize(width, height, false);
      draw();
    },
  };
}

/** A scene with the page's light. */
function litScene() {
  const scene = new Scene();
  const key = new DirectionalLight(0xffffff, 1.5);
  key.position.set(-0.5, 0.8, 0.9);
  scene.add(key, new AmbientLight(0xffffff, 1.7));
  return scene;
}
