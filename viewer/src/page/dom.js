/** Small helpers to build elements. Text from a file only ever becomes a text node. */

import { ICONS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Attributes: `class`, `text`, any `on*` handler as a function, everything else by setAttribute;
 * false, null and undefined leave the attribute out, true writes an empty one.
 * @typedef {Record<string, string|number|boolean|null|undefined|((event: any) => void)>} Attributes
 */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...(Node|string|null|false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  apply(element, attributes, children);
  return element;
}

/**
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Node|string|null|false)} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  apply(element, attributes, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 * @param {(Node|string|null|false)[]} children
 */
function apply(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (key === "text") element.textContent = String(value ?? "");
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== false));
}

/**
 * An icon of the set; it says nothing to a screen reader, the control around it has the name.
 * @param {string} name
 * @param {string} [extra] a further class
 */
export function icon(name, extra = "") {
  const element = s("svg", { viewBox: "0 0 16 16", class: `icon ${extra}`, "aria-hidden": "true" });
  for (const [tag, attributes] of ICONS[name] ?? []) element.append(s(tag, attributes));
  return element;
}

/**
 * A button that shows only an icon, with a name for everyone else.
 * @param {string} glyph
 * @param {string} name
 * @param {(event: Event) => void} press
 * @param {Attributes} [more]
 */
export function iconButton(glyph, name, press, more = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": name, title: name, onclick: press, ...more }, icon(glyph));
}

/**
 * A group of buttons of which one is on: one tab stop, arrows move the choice.
 * @template T
 * @param {string} name
 * @param {{value: T, text: string, label?: string}[]} choices
 * @param {(value: T) => void} choose
 * @param {string} [extra] a further class
 */
export function radioGroup(name, choices, choose, extra = "") {
  const buttons = choices.map(({ value, text, label }) =>
    h("button", { type: "button", role: "radio", "aria-checked": "false", tabindex: -1, text, "aria-label": label, onclick: () => choose(value) }),
  );
  const element = h("div", { role: "radiogroup", "aria-label": name, class: `radio ${extra}` }, ...buttons);
  roving(element, () => buttons, (index) => choose(choices[index].value));
  return {
    element,
    /** @param {T} value */
    show(value) {
      choices.forEach((choice, index) => {
        const on = choice.value === value;
        buttons[index].setAttribute("aria-checked", String(on));
        buttons[index].tabIndex = on ? 0 : -1;
      });
    },
  };
}

/**
 * Arrow keys inside a group of radio buttons.
 * @param {HTMLElement} group
 * @param {() => HTMLElement[]} buttons
 * @param {(index: number) => void} choose
 */
export function roving(group, buttons, choose) {
  group.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    const all = buttons();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (at + step + all.length) % all.length;
    all[next].focus();
    choose(next);
  });
}

/**
 * Replaces the text only when it differs, so that a screen reader and the layout stay quiet.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
