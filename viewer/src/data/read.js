/** Readers of untrusted JSON: each returns a value of its type or throws a sentence that names the place. */

/** The record of a scene does not have the form of docs/scene-format.md. */
export class RecordError extends Error {}

/**
 * @param {string} where
 * @param {string} what
 * @returns {never}
 */
export function refuse(where, what) {
  throw new RecordError(`${where} is not ${what}`);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {Record<string, any>}
 */
export function record(value, where) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(where, "an object");
  return /** @type {Record<string, any>} */ (value);
}

/**
 * @template T
 * @param {unknown} value
 * @param {string} where
 * @param {(item: any, where: string, index: number) => T} read
 * @returns {T[]} empty where the value is absent
 */
export function each(value, where, read) {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) refuse(where, "a list");
  return /** @type {any[]} */ (value).map((item, index) => read(item, `${where}[${index}]`, index));
}

/**
 * @param {unknown} value
 * @param {string} where
 * @param {string} [missing] what an absent value stands for
 * @returns {string}
 */
export function text(value, where, missing) {
  if ((value === undefined || value === null) && missing !== undefined) return missing;
  if (typeof value !== "string") refuse(where, "a text");
  return /** @type {string} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @param {number} [missing]
 * @returns {number}
 */
export function finite(value, where, missing) {
  if ((value === undefined || value === null) && missing !== undefined) return missing;
  if (typeof value !== "number" || !Number.isFinite(value)) refuse(where, "a number");
  return /** @type {number} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @param {{least?: number, most?: number, missing?: number}} [limits]
 * @returns {number}
 */
export function whole(value, where, { least = 0, most = Number.MAX_SAFE_INTEGER, missing } = {}) {
  if ((value === undefined || value === null) && missing !== undefined) return missing;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most) {
    refuse(where, `a whole number from ${least} to ${most}`);
  }
  return /** @type {number} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @param {number} length
 * @returns {number[]}
 */
export function vector(value, where, length) {
  const items = each(value, where, (item, at) => finite(item, at));
  if (items.length !== length) refuse(where, `${length} numbers`);
  return items;
}
