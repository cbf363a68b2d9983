/** Buttons: first, previous, play, next, last, speed, loop. */

import { h, icon, iconButton, radioGroup } from "../page/dom.js";
import { safe } from "../data/format.js";
import { SPEEDS } from "./clock.js";

/**
 * @param {import("../page/store.js").Store} store
 * @param {import("./clock.js").Clock} clock
 * @param {() => {name: string, duration: number}[]} plainClips of a glTF without values
 */
export function createTransport(store, clock, plainClips) {
  const play = iconButton("play", "Play", () => clock.toggle(), { class: "icon-button play", "aria-keyshortcuts": "Space" });
  const loop = iconButton("loop", "Loop", () => store.set({ loop: !store.state.loop }), { "aria-pressed": "true", class: "icon-button loop" });
  const speed = radioGroup(
    "Speed",
    SPEEDS.map((value) => ({ value, text: { 0.25: "¼×", 0.5: "½×" }[value] ?? `${value}×`, label: `${value} times` })),
    (value) => store.set({ speed: value }),
    "speed",
  );
  const stepped = iconButton("epoch", "Move between epochs (I)", () => store.set({ stepped: !store.state.stepped }), { "aria-pressed": "true", class: "icon-button loop needs-steps" });
  const clips = h("select", { class: "clips", "aria-label": "Clip", hidden: true, onchange: () => chooseClip(Number(clips.value)) });
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
    h("div", { class: "transport-more" }, speed.element, clips, h("span", { class: "pair" }, stepped, loop)),
  );
  /** @param {number} animation */
  function chooseClip(animation) {
    store.set({ animation, time: 0, duration: plainClips()[animation]?.duration ?? 0 });
  }
  store.on(["view", "network"], ({ network, view }) => {
    const found = view === "ready" && !network ? plainClips() : [];
    clips.replaceChildren(...found.map((clip, index) => h("option", { value: index, text: safe(clip.name) || `clip ${index}` })));
    clips.hidden = found.length < 2;
    stepped.hidden = !network;
  });
  const show = () => {
    const { playing, loop: loops, speed: now, duration } = store.state;
    play.replaceChildren(icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.title = playing ? "Pause (Space)" : "Play (Space)";
    stepped.setAttribute("aria-pressed", String(!store.state.stepped));
    const word = store.state.stepped ? "Stepping from epoch to epoch (I)" : "Moving between epochs (I)";
    stepped.setAttribute("aria-label", word);
    stepped.title = word;
    loop.setAttribute("aria-pressed", String(loops));
    speed.show(now);
    element.classList.toggle("is-off", duration === 0);
  };
  store.on(["playing", "loop", "speed", "duration", "stepped"], show);
  show();
  return { element };
}
