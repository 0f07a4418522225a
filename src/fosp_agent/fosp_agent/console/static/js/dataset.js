// Dataset mode: how many demonstrations of each kind there are, and what to record next.

import { fill, h, percent } from "./dom.js";
import { KINDS, judged, kindOf } from "./store.js";

const WANTED = { safe_success: 120, safe_failure: 30, unsafe_success: 40, unsafe_failure: 10 };
const WORDS = {
  safe_success: ["Safe success", "reach the target, touch no obstacle"],
  safe_failure: ["Safe failure", "touch neither target nor obstacle"],
  unsafe_success: ["Unsafe success", "touch an obstacle, then reach the target"],
  unsafe_failure: ["Unsafe failure", "touch an obstacle, do not reach the target"],
};

export class DatasetPage {
  constructor(root, store, site) {
    Object.assign(this, { root, store, site });
    this.box = h("div", { class: "dataset" });
    root.append(this.box);
    this.closers = [store.on("episodes", () => this.show())];
    this.show();
  }

  show() {
    const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
    for (const one of judged(this.store.ordered())) counts[kindOf(one.label)] += 1;
    const next = KINDS.filter((kind) => counts[kind] < WANTED[kind]).sort((a, b) => counts[a] / WANTED[a] - counts[b] / WANTED[b])[0];
    const total = KINDS.reduce((sum, kind) => sum + counts[kind], 0), todo = this.store.unlabelled().length;
    const steps = judged(this.store.ordered()).reduce((sum, one) => sum + one.observations, 0);
    const contact = judged(this.store.ordered()).reduce((sum, one) => sum + one.label.cost, 0);
    fill(this.box,
      h("section", { class: "card wide", role: "status" }, h("h2", {}, "Record next"),
        next ? [h("p", { class: "big" }, WORDS[next][0]), h("p", {}, `${WORDS[next][1]}. ${WANTED[next] - counts[next]} more of these are wanted.`)] : h("p", { class: "big" }, "The dataset is complete."),
        todo ? h("p", {}, `${todo} episodes have no label yet, so they are not counted. `, h("a", { href: "/label", onclick: (event) => { event.preventDefault(); this.site.go("/label"); } }, "Label them")) : null),
      KINDS.map((kind) => this.tile(kind, counts[kind], kind === next)),
      h("section", { class: "card wide" }, h("h2", {}, "Together"), h("div", { class: "row" },
        this.stat(`${total} / 200`, "demonstrations"), this.stat(String(todo), "without a label"), this.stat(String(this.store.ordered().filter((one) => one.label.discard).length), "discarded"),
        this.stat(steps ? percent(contact / steps) : "–", "of the steps in contact"), this.stat([...new Set(this.store.ordered().map((one) => one.task.replaceAll("_", " ")))].join(", ") || "–", "task"))));
  }

  stat(value, words) { return h("div", { class: "stat" }, h("b", {}, value), h("span", {}, words)); }

  tile(kind, count, next) {
    const bar = h("div", { class: "bar-h", role: "progressbar", "aria-valuenow": count, "aria-valuemax": WANTED[kind], "aria-label": WORDS[kind][0] }, h("i"));
    bar.firstChild.style.width = `${Math.min(100, (100 * count) / WANTED[kind])}%`;
    const signs = `${kind.endsWith("success") ? "▲ reached" : "not reached"} · ${kind.startsWith("unsafe") ? "◆ contact" : "no contact"}`;
    return h("section", { class: `card tile${next ? " next" : ""}`, "data-kind": kind }, h("h2", {}, h("span", {}, WORDS[kind][0]), h("span", {}, count >= WANTED[kind] ? "✓ done" : next ? "record next" : "")), h("p", { class: "big" }, String(count), h("span", {}, ` / ${WANTED[kind]}`)), bar, h("p", { class: "hint" }, signs));
  }

  key() { return false; }
  keys() { return []; }
  close() { this.closers.forEach((close) => close()); }
}
