/** Buttons: first, previous, play, next, last, speed, loop. */

import { h, icon, iconButton, radioGroup } from "../page/dom.js";
import { SPEEDS } from "./clock.js";

/**
 * @param {import("../page/store.js").Store} store
 * @param {import("./clock.js").Clock} clock
 */
export function createTransport(store, clock) {
  const play = iconButton("play", "Play", () => clock.toggle(), { class: "icon-button play", "aria-keyshortcuts": "Space" });
  const loop = iconButton("loop", "Loop", () => store.set({ loop: !store.state.loop }), { "aria-pressed": "true", class: "icon-button loop" });
  const speed = radioGroup(
    "Speed",
    SPEEDS.map((value) => ({ value, text: { 0.25: "¼×", 0.5: "½×" }[value] ?? `${value}×`, label: `${value} times` })),
    (value) => store.set({ speed: value }),
    "speed",
  );
  const element = h(
    "div",
    { class: "transport", role: "group", "aria-label": "Playback" },
    h(
      "div",
      { class: "transport-main" },
      iconButton("first", "First epoch", () => clock.first(), { class: "icon-button far" }),
      iconButton("previous", "Previous epoch", () => clock.step(-1)),
      play,
      iconButton("next", "Next epoch", () => clock.step(1)),
      iconButton("last", "Last epoch", () => clock.last(), { class: "icon-button far" }),
    ),
    h("div", { class: "transport-more" }, speed.element, loop),
  );
  const show = () => {
    const { playing, loop: loops, speed: now, duration } = store.state;
    play.replaceChildren(icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.title = playing ? "Pause (Space)" : "Play (Space)";
    loop.setAttribute("aria-pressed", String(loops));
    speed.show(now);
    element.classList.toggle("is-off", duration === 0);
  };
  store.on(["playing", "loop", "speed", "duration"], show);
  show();
  return { element };
}
