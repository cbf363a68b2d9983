/** The canvas: renderer, light, and a loop that draws only when something changed. */

import { AmbientLight, Color, DirectionalLight, NoToneMapping, Scene, WebGLRenderer } from "three";

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{lost: () => void}} options lost: the graphics context went away
 */
export function createStage(canvas, { lost }) {
  const renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: "high-performance" });
  renderer.toneMapping = NoToneMapping;
  const scene = new Scene();
  scene.background = new Color();
  const key = new DirectionalLight(0xffffff, 1.5);
  key.position.set(-0.5, 0.8, 0.9);
  scene.add(key, new AmbientLight(0xffffff, 1.7));
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
    if (camera) renderer.render(scene, camera);
    for (const run of afterDraw) run();
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
    /** @param {string} color */
    background(color) {
      /** @type {Color} */ (scene.background).set(color);
      invalidate();
    },
    /**
     * @param {number} width
     * @param {number} height
     */
    resize(width, height) {
      size = { width, height };
      renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
      renderer.setSize(width, height, false);
      draw();
    },
  };
}
