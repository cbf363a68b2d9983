/** Colour maps: from the colour of a pixel back to its code, and the same map for the other theme. */

/** @typedef {"dark"|"light"} Theme */

/**
 * A function from a colour to its code. A colour that is not in the palette (a page that was
 * compressed with loss) gives the nearest one, and `misses` counts it.
 * @param {Uint8Array} palette 256 colours, 768 bytes
 */
export function codeReader(palette) {
  /** @type {Map<number, number>} */
  const codes = new Map();
  for (let code = 255; code >= 0; code--) codes.set(key(palette[3 * code], palette[3 * code + 1], palette[3 * code + 2]), code);
  let misses = 0;
  return {
    /**
     * @param {number} r
     * @param {number} g
     * @param {number} b
     */
    code(r, g, b) {
      const found = codes.get(key(r, g, b));
      if (found !== undefined) return found;
      misses++;
      const code = nearest(palette, r, g, b);
      codes.set(key(r, g, b), code);
      return code;
    },
    get misses() {
      return misses;
    },
  };
}

/**
 * @param {number} r
 * @param {number} g
 * @param {number} b
 */
function key(r, g, b) {
  return (r << 16) | (g << 8) | b;
}

/**
 * @param {Uint8Array} palette
 * @param {number} r
 * @param {number} g
 * @param {number} b
 */
function nearest(palette, r, g, b) {
  let best = 0;
  let least = Infinity;
  for (let code = 0; code < 256; code++) {
    const distance = (palette[3 * code] - r) ** 2 + (palette[3 * code + 1] - g) ** 2 + (palette[3 * code + 2] - b) ** 2;
    if (distance < least) [best, least] = [code, distance];
  }
  return best;
}

/**
 * Whether small values are dark in this palette.
 * @param {Uint8Array} palette
 * @param {number} code the code of zero
 */
export function isDark(palette, code) {
  return lightness(palette[3 * code], palette[3 * code + 1], palette[3 * code + 2]) < 0.5;
}

/**
 * @param {number} r
 * @param {number} g
 * @param {number} b 0..255
 */
function lightness(r, g, b) {
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

/**
 * The palette as the page shows it. In the theme the file was made for it is the file's own; in the
 * other one zero takes the colour of the paper (or the stage) and large values that of the ink: a
 * one-sided map is read backwards, a two-sided one turns its lightness around.
 * @param {Uint8Array} palette
 * @param {{zero: number, theme: Theme}} use `zero`: the code of the value zero
 */
export function themed(palette, { zero, theme }) {
  if (isDark(palette, zero) === (theme === "dark")) return palette;
  const shown = zero > 0 && zero < 254 ? turned(palette) : backwards(palette);
  const paper = theme === "light" ? [232, 234, 241] : [20, 20, 39];
  for (let code = 0; code < 255; code++) {
    const strength = Math.min(1, Math.abs(code - zero) / 40);
    for (let c = 0; c < 3; c++) {
      const at = 3 * code + c;
      shown[at] = Math.round(paper[c] + (shown[at] - paper[c]) * strength);
    }
  }
  return shown;
}

/** @param {Uint8Array} palette */
function backwards(palette) {
  const shown = palette.slice();
  for (let code = 0; code < 255; code++) shown.set(palette.subarray(3 * (254 - code), 3 * (254 - code) + 3), 3 * code);
  return shown;
}

/** @param {Uint8Array} palette */
function turned(palette) {
  const shown = palette.slice();
  for (let code = 0; code < 255; code++) {
    const [r, g, b] = palette.subarray(3 * code, 3 * code + 3);
    const shift = 255 - Math.max(r, g, b) - Math.min(r, g, b);
    for (let c = 0; c < 3; c++) shown[3 * code + c] = Math.min(255, Math.max(0, palette[3 * code + c] + shift));
  }
  return shown;
}

/**
 * CSS colour of a code.
 * @param {Uint8Array} palette
 * @param {number} code 0..255
 */
export function cssColor(palette, code) {
  const at = 3 * Math.min(255, Math.max(0, Math.round(code)));
  return `rgb(${palette[at]} ${palette[at + 1]} ${palette[at + 2]})`;
}
