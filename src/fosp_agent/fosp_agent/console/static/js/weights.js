// The versions of the weights, and going back to one.

import { clock, fill, h, toast } from "./dom.js";

const SHOWN = 30;
const NONE = "No trainer runs in this stack, so there are no versions to go back to.";
const HINT =
  "One click lets an earlier version act and learn on; it becomes a new version, nothing is deleted.";

export class Weights {
  constructor(box, store) {
    Object.assign(this, { box, store, shown: "" });
  }

  show() {
    const acting = this.store.live.acting?.version;
    const versions = this.store.versions.toReversed();
    const state = JSON.stringify([acting, versions.map((one) => one.version)]);
    if (state === this.shown) return;
    this.shown = state;
    if (!versions.length) {
      fill(this.box, h("p", { class: "quiet" }, NONE));
      return;
    }
    const names = ["version", "steps", "made", "go back"];
    const head = names.map((name) => h("th", { scope: "col" }, name));
    const rows = versions.slice(0, SHOWN).map((one) => this.row(one, one.version === acting));
    const table = h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
    fill(this.box, h("p", { class: "hint" }, HINT), table);
  }

  row({ version, updates, made_ms: made }, acts) {
    const attributes = {
      class: "icon",
      "data-rollback": version,
      "aria-label": `Go back to version ${version}`,
      onclick: (event) => this.rollBack(version, event.target),
    };
    const button = acts ? null : h("button", attributes, "Go back to it");
    const cells = [`v${version}`, updates, clock(made), button];
    return h(
      "tr",
      { class: acts ? "acts" : "" },
      cells.map((cell) => h("td", {}, cell)),
    );
  }

  async rollBack(version, button) {
    button.disabled = true;
    try {
      const answer = await this.store.link.ask("rollback", { version });
      toast(answer.message, !answer.ok);
    } catch (problem) {
      toast(problem.message, true);
    } finally {
      button.disabled = false;
    }
  }
}
