/** The list of keys, in a dialog of its own. */

import { safe } from "../data/format.js";
import { h, iconButton } from "./dom.js";

/**
 * @param {import("./keys.js").Command[]} commands
 * @param {() => import("../types.js").Network|null} network
 */
export function createHelp(commands, network) {
  const about = h("p", { class: "muted" });
  const list = h(
    "dl",
    { class: "keys" },
    ...commands.filter((command) => command.keys).map(({ keys, name }) => h("div", {}, h("dt", { text: name }), h("dd", {}, ...keys.split("  ").map((key) => h("kbd", { text: key }))))),
  );
  const dialog = h("dialog", { class: "dialog help", "aria-labelledby": "help-title" });
  dialog.append(
    h("header", {}, h("h2", { id: "help-title", text: "Keys" }), iconButton("close", "Close", () => dialog.close())),
    list,
    h("p", { class: "muted", text: "Drag turns, right drag or two fingers move, wheel or pinch zooms to the pointer, middle drag turns as in Blender. A click selects, a double click frames." }),
    about,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return {
    element: dialog,
    open() {
      const generator = safe(network()?.generator);
      about.textContent = generator ? `This scene was written by ${generator}.` : "";
      dialog.showModal();
    },
  };
}
