/** The colours of the page that the scene shares, and which of them a structure takes in each theme. */

import { Color } from "three";

/** @typedef {"dark"|"light"} Theme */

/** Tokens that are drawn with WebGL; the rest live in style/tokens.css. */
export const TOKENS = {
  dark: { canvas: "#0b0e14", line: "#8d97b4", tray: "#171b27", body: "#ffb36b", outline: "#ffc45c", positive: "#ff9a5c", negative: "#5aa2ff", neutral: "#8a96ab", skip: "#57c7ea" },
  light: { canvas: "#f4f5f8", line: "#77839b", tray: "#e3e7ef", body: "#e07a34", outline: "#a05600", positive: "#dd6a1c", negative: "#2f74dc", neutral: "#8390a8", skip: "#0b7fa6" },
};

/**
 * Whether a colour is light: the theme a file was made for follows from its background.
 * @param {string} color #rrggbb
 * @returns {Theme}
 */
export function themeOf(color) {
  return luminance(new Color(color)) > 0.3 ? "light" : "dark";
}

/** @param {Color} color linear */
export function luminance(color) {
  return 0.2126 * color.r + 0.7152 * color.g + 0.0722 * color.b;
}

/**
 * What a static surface of the file is: something that lies in the background, or a line on it.
 * @param {Color} color
 * @param {{background: string, text: string}} style
 * @returns {"line"|"tray"}
 */
export function partOf(color, style) {
  const far = Math.abs(luminance(color) - luminance(new Color(style.background)));
  const near = Math.abs(luminance(color) - luminance(new Color(style.text)));
  return Math.sqrt(far) < Math.sqrt(near) * 0.35 ? "tray" : "line";
}

/**
 * What the colour of a ribbon says. Where connections are ranked by weight it is the sign: the nearer of the
 * file's two colours. Else a saturated colour marks a skip, a grey one everything that carries no weights.
 * @param {{r: number, g: number, b: number}} color linear
 * @param {{weighted: boolean, positive: Color, negative: Color}} file
 * @returns {"positive"|"negative"|"neutral"|"skip"}
 */
export function meaningOf({ r, g, b }, { weighted, positive, negative }) {
  if (!weighted) return Math.max(r, g, b) > 2.5 * Math.min(r, g, b) ? "skip" : "neutral";
  const distance = (/** @type {Color} */ other) => (r - other.r) ** 2 + (g - other.g) ** 2 + (b - other.b) ** 2;
  return distance(positive) < distance(negative) ? "positive" : "negative";
}
