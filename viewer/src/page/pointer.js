/** Pointer over the canvas: hover, click, double click, and manners inside someone else's page. */

const CLICK_PIXELS = 4;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./store.js").Store} store
 * @param {import("../scene/viewport.js").Viewport} viewport
 * @param {{framed: boolean, select: (layer: string, unit: number|null, pixel?: {row: number, column: number}) => void, unfold: (path: string) => void, frame: (layer: string|null) => void, hint: HTMLElement}} tools
 */
export function listenForPointer(canvas, store, viewport, { framed, select, unfold, frame, hint }) {
  /** @type {{x: number, y: number, id: number}|null} */
  let pressed = null;
  let dragged = false;
  /** @type {PointerEvent|null} */
  let last = null;
  let waiting = false;
  // What the last two clicks hit: a double click means what its first click meant, whatever moved since.
  /** @type {ReturnType<typeof viewport.pick>[]} */
  let clicked = [];

  function hover() {
    waiting = false;
    if (!last || dragged) return;
    const found = viewport.pick(last.clientX, last.clientY);
    store.set({ hover: found && found.block === undefined ? { ...found, x: last.clientX, y: last.clientY } : null });
    canvas.style.cursor = found ? "pointer" : "";
  }

  canvas.addEventListener("pointermove", (event) => {
    last = event;
    if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > CLICK_PIXELS && !dragged) {
      dragged = true;
      store.set({ hover: null });
    }
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(hover);
  });
  canvas.addEventListener("pointerdown", (event) => {
    pressed = { x: event.clientX, y: event.clientY, id: event.pointerId };
    dragged = false;
  });
  canvas.addEventListener("pointerup", (event) => {
    const click = pressed && !dragged && event.button === 0 && pressed.id === event.pointerId;
    pressed = null;
    dragged = false;
    if (!click) return;
    const found = viewport.pick(event.clientX, event.clientY);
    clicked = [...clicked.slice(-1), found];
    if (found?.block !== undefined) unfold(found.block);
    else if (found) select(found.layer, found.unit, found.pixel ? { row: found.row, column: found.column } : undefined);
    else store.set({ selection: null });
    if (event.pointerType === "touch") store.set({ hover: null });
  });
  canvas.addEventListener("pointerleave", () => {
    last = null;
    store.set({ hover: null });
  });
  canvas.addEventListener("dblclick", () => frame(clicked[0]?.layer || null));
  if (framed) behave(canvas, hint);
}

/**
 * Inside another page the wheel scrolls that page, unless Ctrl is held or the canvas has the focus.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} hint
 */
function behave(canvas, hint) {
  canvas.style.touchAction = "pan-y";
  /** @type {number|undefined} */
  let timer;
  const guard = (/** @type {WheelEvent} */ event) => {
    if (event.ctrlKey || document.activeElement === canvas) return;
    event.stopImmediatePropagation();
    hint.classList.add("is-on");
    clearTimeout(timer);
    timer = setTimeout(() => hint.classList.remove("is-on"), 1400);
  };
  canvas.parentElement?.addEventListener("wheel", guard, { capture: true, passive: true });
}
