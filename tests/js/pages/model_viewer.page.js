// A scene in the <model-viewer> element.
import '@google/model-viewer/dist/model-viewer.min.js';

const viewer = /** @type {any} */ (document.createElement('model-viewer'));
Object.assign(viewer.style, { width: '100vw', height: '100vh' });
// Its default fades for 0.3 s, during which both clips are half there (docs/scene-format.md).
viewer.setAttribute('animation-crossfade-duration', '0');
document.body.append(viewer);
const frame = () => new Promise((resolve) => { requestAnimationFrame(resolve); });

globalThis.consumer = {
  /** Loads a file and answers its clips. */
  async load({ path }) {
    const done = new Promise((resolve, reject) => {
      viewer.addEventListener('load', resolve, { once: true });
      viewer.addEventListener('error', (event) => reject(new Error(`model-viewer: ${event.detail?.type}`)), { once: true });
    });
    viewer.src = `/file${path}`;
    await done;
    return { clips: viewer.availableAnimations };
  },
  /** Plays a clip for a few frames; answers what plays, how long it is and how far it came. */
  async play({ clip, time }) {
    viewer.animationName = clip;
    await viewer.updateComplete;
    viewer.play({ repetitions: 1 });
    viewer.currentTime = time;
    const before = viewer.currentTime;
    for (let count = 0; count < 5; count += 1) await frame();
    const after = viewer.currentTime;
    viewer.pause();
    return { name: viewer.animationName, duration: viewer.duration, before, after };
  },
};
