/** Puts the page together: every part gets the store and the few actions it needs. */

import { createClock } from "../timeline/clock.js";
import { createLane } from "../timeline/lane.js";
import { createReadout } from "../timeline/readout.js";
import { createTransport } from "../timeline/transport.js";
import { hasGraphics } from "../scene/stage.js";
import { createViewport } from "../scene/viewport.js";
import { FileFailure } from "../data/failure.js";
import { createActions } from "./actions.js";
import { createAnnouncer } from "./announce.js";
import { createBar } from "./bar.js";
import { h } from "./dom.js";
import { createFailures } from "./failures.js";
import { createFollow } from "./follow.js";
import { createHeadset } from "./headset.js";
import { createHelp } from "./help.js";
import { commandsFor, listenForKeys } from "./keys.js";
import { createLayout, isFramed } from "./layout.js";
import { createLinking } from "./linking.js";
import { createOpener } from "./open.js";
import { createPanels } from "./panels.js";
import { listenForPointer } from "./pointer.js";
import { createHandle, createPhoneNav } from "./phone-nav.js";
import { createPictureDialog } from "./picture-dialog.js";
import { createScripting } from "./scripting.js";
import { createSearch } from "./search.js";
import { createSettings } from "./settings.js";
import { createPlainPanel } from "../panels/plain.js";
import { createShow } from "./show.js";
import { createStore } from "./store.js";
import { createTheme } from "./theme.js";
import { createWelcome } from "./welcome.js";

/** @param {HTMLElement} body */
export function startApp(body) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const store = createStore();
  const theme = createTheme(store);
  const clock = createClock(store);
  const parts = createParts();
  const app = h("div", { class: "app" });
  body.append(app);

  const failures = createFailures(store, { choose: () => opener.choose(), copy });
  const viewport = hasGraphics(parts.canvas) ? createViewport(parts, store, { calm, lost: () => failures.fail(graphicsLost(), store.state.file?.name ?? "scene") }) : null;
  const announcer = createAnnouncer(store);
  const opener = createOpener(
    async (name, buffer) => {
      await show.open(name, buffer);
      if (!viewport && store.state.view === "ready" && !store.state.network) throw noGraphics();
    },
    (error, name) => failures.fail(error, name),
  );
  const linking = createLinking(store, viewport, theme);
  const show = createShow(store, viewport, { calm, restore: linking.restore, fail: failures.fail });
  const act = createActions({ store, clock, viewport, theme, stage: parts.stage, opener, linking, say: announcer.say, help: () => help.open(), search: () => search.open(), settings: () => settings.open(), askPicture: () => pictures.open(), fail: failures.fail });
  const settings = createSettings(store);
  const ratio = Math.min(devicePixelRatio, 2);
  const pictures = createPictureDialog(act.picture, () => ({ width: parts.stage.clientWidth * ratio, height: parts.stage.clientHeight * ratio }));
  const commands = commandsFor(act);
  const help = createHelp(commands, () => store.state.network);
  const panels = createPanels(store, show.opened, act, { second: show.second, openSecond: () => opener.chooseFor(show.openSecond) });
  const plain = createPlainPanel(store, { plain: show.plain, frame: (node) => viewport?.frameNode(node), redraw: () => viewport?.redraw() });
  const headset = viewport && createHeadset(viewport, store, { say: announcer.say, tick: clock.tick });
  const follow = createFollow(store, { renew: show.renew, open: show.open, say: announcer.say, copy, fail: failures.fail });
  const search = createSearch(store, { commands, glyph: panels.glyph, preview: (layer) => viewport?.preview(layer), goTo: (found) => act.goTo(found, commands) });
  const welcome = createWelcome(store, { choose: opener.choose, copy });

  parts.panes[0].root.append(panels.compare.a);
  parts.panes[1].root.append(panels.compare.b, panels.compare.list);
  parts.stage.append(panels.overlay, follow.element, h("div", { class: "embed-title" }, panels.title));
  const lane = createLane(store, clock);
  const timeline = h("footer", { class: "timeline", "aria-label": "Timeline" }, createTransport(store, clock, () => show.plain()?.clips ?? []).element, lane.element, createReadout(store).element);
  app.append(createBar(store, act, headset?.element ?? null).element, panels.tree, plain.element, parts.stage, panels.details, timeline, createPhoneNav(store, act).element, welcome.element, welcome.busy, failures.element);
  body.append(panels.tooltip, help.element, search.element, settings.element, pictures.element, announcer.element, h("div", { class: "drop-hint", "aria-hidden": "true", text: "Drop to open" }));

  panels.details.prepend(createHandle(store));
  createLayout(store, app);
  listenForKeys(commands, () => ({ ready: store.state.view === "ready", dialog: document.querySelector("dialog[open]") !== null }));
  if (viewport) {
    viewport.stage.everyFrame(clock.tick);
    store.on(["playing"], () => viewport.redraw());
    listenForPointer(parts.canvas, store, viewport, { framed: isFramed(), select: act.select, unfold: act.toggleBlock, frame: act.frame, hint: parts.hint });
  } else {
    parts.canvas.hidden = true;
    parts.stage.prepend(panels.flat());
    runClock(clock.tick);
  }
  window.addEventListener("unhandledrejection", (event) => failures.fail(event.reason, store.state.file?.name ?? "scene"));
  window.addEventListener("error", (event) => event.error && failures.fail(event.error, store.state.file?.name ?? "scene"));
  window.addEventListener("hashchange", linking.restore);
  /** @type {any} */ (window).nn2gltf = createScripting(store, viewport, { stage: parts.stage, open: show.open, fail: failures.fail, look: (side) => act.look(/** @type {any} */ (side)) });
  if (!follow.start()) opener.openGiven();

  /** @param {string} text */
  function copy(text) {
    navigator.clipboard?.writeText(text).then(() => announcer.say("copied"), () => announcer.say("the browser does not allow copying"));
  }
}

function createParts() {
  const canvas = h("canvas", { class: "gl", tabindex: 0, role: "img", "aria-label": "The network in 3D" });
  const panes = [0, 1].map(() => {
    const marks = h("div", { class: "pane-marks" });
    return { root: h("div", { class: "pane" }, marks), marks };
  });
  const hint = h("div", { class: "hint", "aria-hidden": "true", text: "Click, or hold Ctrl and turn the wheel, to zoom" });
  return { canvas, panes, hint, stage: h("section", { class: "stage", "aria-label": "Scene" }, canvas, ...panes.map((pane) => pane.root), h("div", { class: "focus-ring", "aria-hidden": "true" }), hint) };
}

/** Draws nothing, but lets time pass. @param {(now: number, elapsed: number) => boolean} tick */
function runClock(tick) {
  let last = 0;
  const frame = (/** @type {number} */ now) => {
    tick(now, Math.min(0.1, (now - last) / 1000));
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function noGraphics() {
  return new FileFailure("E_WEBGL", "This browser cannot draw in 3D", "WebGL 2 is switched off or missing. Another browser, or hardware acceleration in the settings, will show it.");
}

function graphicsLost() {
  return new FileFailure("E_CONTEXT_LOST", "The graphics processor was reset", "The browser took the drawing surface away, usually because memory ran out. Open the file again.");
}
