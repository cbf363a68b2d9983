/**
 * Panels that open or close beside the stage must not move what lies under the pointer: a person who has just clicked
 * would point at something else. The picture keeps its place on the screen until the pointer leaves the canvas.
 */

/**
 * @param {{canvas: HTMLCanvasElement, stage: HTMLElement}} parts
 * @param {() => void} fit called when the pointer has left and the picture may move into the free space
 */
export function createSteady({ canvas, stage }, fit) {
  let over = false;
  let waiting = false;
  let before = { window: "", middle: 0, height: 0, panes: 0 };

  const point = (/** @type {PointerEvent} */ event) => (over = event.pointerType !== "touch");
  for (const name of /** @type {const} */ (["pointerenter", "pointermove", "pointerdown"])) canvas.addEventListener(name, point);
  canvas.addEventListener("pointerleave", () => {
    over = false;
    if (waiting) fit();
    waiting = false;
  });

  return {
    /**
     * To be asked once whenever the stage may have another size.
     * @param {number} panes how many stand in it
     * @returns {number|null} by how many heights of the stage the picture must move to stay where it is on the screen;
     *   null: it need not stay there
     */
    moved(panes) {
      const { left, width, height } = stage.getBoundingClientRect();
      const last = before;
      before = { window: `${innerWidth} ${innerHeight}`, middle: left + width / 2, height, panes };
      const panels = before.window === last.window && height === last.height && panes === 1 && last.panes === 1;
      if (!over || !panels) return null;
      waiting ||= before.middle !== last.middle;
      return (last.middle - before.middle) / height;
    },
    /** The picture has been fitted, for whatever reason. */
    done: () => (waiting = false),
  };
}
