/**
 * Means over probes: of all of them, and of the probes of one class where a class has several. They stand behind the
 * recorded probes and need nothing of the file: a mean page is made of the pages of its members.
 */

import { safe } from "./format.js";

/**
 * @typedef {import("../types.js").Probe} Probe
 * @typedef {import("../types.js").Page} Page
 * @typedef {import("./pages.js").DecodedPage} DecodedPage
 */

/**
 * @param {Probe[]} probes grows
 * @param {import("../types.js").Layer[]} layers their tiles get a page for every mean
 * @param {Page[]} pages grows
 */
export function addMeans(probes, layers, pages) {
  const single = probes.filter(({ samples }) => samples === null).length;
  if (single < 2) return;
  /** @type {Map<string, number>} */
  const made = new Map();

  /** @param {(number|null)[]} members */
  function pageOf(members) {
    const known = members.filter((page) => page !== null);
    if (known.length !== members.length || known.length === 0) return null;
    const unique = [...new Set(known)];
    if (unique.length === 1) return unique[0];
    const { palette, width, height } = pages[unique[0]];
    if (known.some((page) => pages[page].palette !== palette || pages[page].width !== width || pages[page].height !== height)) return null;
    const key = known.join(" ");
    let page = made.get(key);
    if (page === undefined) made.set(key, (page = pages.push({ image: "", low: null, palette, width, height, members: known }) - 1));
    return page;
  }

  for (const { name, members } of groups(probes)) {
    for (const { tiles } of layers) if (tiles) tiles.pages.push(pageOf(members.map((probe) => tiles.pages[probe])));
    probes.push({ label: probes[members[0]].label, name, tile: tileOf(members.map((probe) => probes[probe].tile), pageOf), predictions: [], confidences: [], members, samples: null });
  }
  for (const probe of probes) if (probe.members.length === single) probe.label = null;
}

/** @param {Probe[]} probes those that were recorded as means are in no other mean, and make that of their class needless */
function groups(probes) {
  /** @type {Map<number, number[]>} */
  const byLabel = new Map();
  const single = probes.flatMap(({ samples }, index) => (samples === null ? [index] : []));
  for (const index of single) {
    const { label } = probes[index];
    if (label !== null && !probes.some((other) => other.samples !== null && other.label === label)) byLabel.set(label, [...(byLabel.get(label) ?? []), index]);
  }
  const classes = [...byLabel].filter(([, members]) => members.length > 1 && members.length < single.length).slice(0, 20);
  return [
    { name: `mean of ${single.length}${single.length < probes.length ? " probes" : ""}`, members: single },
    ...classes.map(([label, members]) => ({ name: `mean of class ${safe(label)}`, members })),
  ];
}

/**
 * Where all members have their picture at the same place, the mean has one too.
 * @param {(import("../types.js").ProbeTile|null)[]} tiles
 * @param {(members: (number|null)[]) => number|null} pageOf
 */
function tileOf(tiles, pageOf) {
  const first = tiles[0];
  const page = pageOf(tiles.map((tile) => tile?.page ?? null));
  const same = tiles.every((tile) => tile && first && tile.x === first.x && tile.y === first.y && tile.width === first.width && tile.height === first.height);
  return first && page !== null && same ? { ...first, page } : null;
}

/**
 * The mean of pages, to 16 bits. A pixel that is not finite in all of them stays so; a value that was only known as a
 * bound counts as the bound.
 * @param {DecodedPage[]} members of one size
 * @returns {DecodedPage}
 */
export function meanPage(members) {
  const { width, height } = members[0];
  const codes = new Uint8Array(width * height);
  const remainders = new Uint8Array(width * height);
  for (let at = 0; at < codes.length; at++) {
    let [sum, count] = [0, 0];
    for (const page of members) {
      if (page.codes[at] === 255) continue;
      sum += page.codes[at] * 254 + (page.remainders ? page.remainders[at] : 127) - 127;
      count++;
    }
    const fine = count ? Math.round(sum / count) : 0;
    codes[at] = count ? Math.min(254, Math.round(fine / 254)) : 255;
    remainders[at] = 127 + fine - 254 * codes[at];
  }
  return { width, height, codes, remainders, misses: 0 };
}
