/** A PNG of the stage at any size: the canvas with the labels drawn over it, on its background or on none. */

import { TOKENS } from "../scene/colors.js";

/** What graphics drivers draw into at once. */
export const MOST_PIXELS = 8192;

/**
 * @typedef {{width: number, height: number, transparent?: boolean, labels?: boolean}} PictureOptions
 */

/**
 * @param {import("../scene/viewport.js").Viewport} viewport
 * @param {HTMLElement} stage
 * @param {import("./store.js").Store} store
 * @param {PictureOptions} options pixels
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function drawPicture(viewport, stage, store, { width, height, transparent = false, labels = true }) {
  if (!(width >= 16 && height >= 16 && width <= MOST_PIXELS && height <= MOST_PIXELS)) throw new Error(`a picture has 16 to ${MOST_PIXELS} pixels a side`);
  // The stage takes the picture's shape for a moment, so that the camera and the labels fit it as they fit a window.
  const ratio = Math.max(1, width / 1280, height / 900);
  const { style } = stage;
  const before = style.cssText;
  const background = TOKENS[store.state.theme].canvas;
  style.cssText = `position:fixed;left:0;top:0;width:${width / ratio}px;height:${height / ratio}px;z-index:-1`;
  stage.classList.add("is-picture");
  try {
    viewport.stage.background(background, transparent);
    viewport.resize(ratio);
    return compose(viewport, stage, { width, height, labels });
  } finally {
    style.cssText = before;
    stage.classList.remove("is-picture");
    viewport.stage.background(background);
    viewport.resize();
  }
}

/**
 * @param {import("../scene/viewport.js").Viewport} viewport
 * @param {HTMLElement} stage
 * @param {{width: number, height: number, labels: boolean}} size
 */
function compose(viewport, stage, { width, height, labels }) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no memory left for a picture");
  context.drawImage(viewport.stage.renderer.domElement, 0, 0, width, height);
  if (!labels) return canvas;
  const ratio = width / stage.clientWidth;
  context.scale(ratio, ratio);
  const origin = stage.getBoundingClientRect();
  for (const element of stage.querySelectorAll(".labels > :not(.is-off)")) drawTexts(context, element, origin);
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} name of the picture, without its ending
 */
export async function savePicture(canvas, name) {
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
