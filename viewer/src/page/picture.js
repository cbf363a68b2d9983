/** A PNG of the stage: the canvas with the labels drawn over it. */

/**
 * @param {import("../scene/viewport.js").Viewport} viewport
 * @param {HTMLElement} stage
 * @param {string} name of the picture, without its ending
 */
export async function savePicture(viewport, stage, name) {
  viewport.stage.draw();
  const source = viewport.stage.renderer.domElement;
  const canvas = document.createElement("canvas");
  canvas.width = source.width;
  canvas.height = source.height;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no memory left for a picture");
  context.drawImage(source, 0, 0);
  const ratio = source.width / stage.clientWidth;
  context.scale(ratio, ratio);
  for (const element of stage.querySelectorAll(".labels > :not(.is-off)")) drawTexts(context, element, stage.getBoundingClientRect());
  const blob = await new Promise((/** @type {(blob: Blob|null) => void} */ resolve) => canvas.toBlob(resolve));
  if (!blob) throw new Error("the picture could not be written");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Element} element
 * @param {DOMRect} origin
 */
function drawTexts(context, element, origin) {
  const parts = element.children.length > 0 ? [...element.children] : [element];
  for (const part of parts) {
    const { left, top, width, height } = part.getBoundingClientRect();
    const style = getComputedStyle(part);
    if (!part.textContent || width === 0 || style.display === "none") continue;
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.fillStyle = style.color;
    context.globalAlpha = Number(getComputedStyle(element).opacity);
    context.textBaseline = "middle";
    context.textAlign = "center";
    context.fillText(part.textContent, left - origin.left + width / 2, top - origin.top + height / 2);
  }
}
