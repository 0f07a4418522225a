// Dataset mode: how many demonstrations of each kind there are, and what to record next.

import { fill, h, percent, stat } from "./dom.js";
import { KINDS, judged, kindOf } from "./store.js";

const WANTED = { safe_success: 120, safe_failure: 30, unsafe_success: 40, unsafe_failure: 10 };
const ALL_WANTED = Object.values(WANTED).reduce((sum, count) => sum + count, 0);
const WORDS = {
  safe_success: ["Safe success", "Reach the target, touch no obstacle"],
  safe_failure: ["Safe failure", "Touch neither target nor obstacle"],
  unsafe_success: ["Unsafe success", "Touch an obstacle, then reach the target"],
  unsafe_failure: ["Unsafe failure", "Touch an obstacle, do not reach the target"],
};

export class DatasetPage {
  constructor(root, store, site) {
    Object.assign(this, { store, site });
    this.box = h("div", { class: "dataset" });
    root.append(this.box);
    this.closers = [store.on("episodes", () => this.show())];
    this.show();
  }

  show() {
    const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
    for (const one of judged(this.store.ordered())) counts[kindOf(one.label)] += 1;
    const [next] = KINDS.filter((kind) => counts[kind] < WANTED[kind]).toSorted(
      (a, b) => counts[a] / WANTED[a] - counts[b] / WANTED[b],
    );
    const tiles = KINDS.map((kind) => tile(kind, counts[kind], kind === next));
    fill(this.box, this.advice(next, counts), tiles, this.totals(counts));
  }

  advice(next, counts) {
    const words = h("p", { class: "big" }, next ? WORDS[next][0] : "The dataset is complete.");
    const more =
      next && `${WORDS[next][1]}. ${WANTED[next] - counts[next]} more of these are wanted.`;
    const title = h("h2", {}, "Record next");
    return h(
      "section",
      { class: "card wide", role: "status", "aria-label": "Record next" },
      title,
      words,
      more ? h("p", {}, more) : null,
      this.todo(),
    );
  }

  todo() {
    const count = this.store.unlabelled().length;
    if (!count) return null;
    const go = (event) => {
      event.preventDefault();
      this.site.go("/label");
    };
    const words = `${count} episodes have no label yet, so they are not counted. `;
    return h("p", {}, words, h("a", { href: "/label", onclick: go }, "Label them"));
  }

  totals(counts) {
    const all = this.store.ordered();
    const labelled = judged(all);
    const total = KINDS.reduce((sum, kind) => sum + counts[kind], 0);
    const steps = labelled.reduce((sum, one) => sum + one.observations, 0);
    const contact = labelled.reduce((sum, one) => sum + one.label.cost, 0);
    const tasks = [...new Set(all.map((one) => one.task.replaceAll("_", " ")))];
    const stats = [
      stat(`${total} / ${ALL_WANTED}`, "demonstrations"),
      stat(String(this.store.unlabelled().length), "without a label"),
      stat(String(all.filter((one) => one.label.discard).length), "discarded"),
      stat(steps ? percent(contact / steps) : "–", "of the steps in contact"),
      stat(tasks.join(", ") || "–", "task"),
    ];
    const title = h("h2", {}, "Together");
    return h("section", { class: "card wide" }, title, h("div", { class: "row" }, stats));
  }

  key() {
    return false;
  }

  keys() {
    return [];
  }

  close() {
    for (const close of this.closers) close();
  }
}

function tile(kind, count, next) {
  const [name] = WORDS[kind];
  const wanted = WANTED[kind];
  const fillings = { role: "progressbar", "aria-valuenow": count, "aria-label": name };
  const bar = h("div", { class: "bar-h", "aria-valuemax": wanted, ...fillings }, h("i"));
  bar.firstChild.style.width = `${Math.min(100, (100 * count) / wanted)}%`;
  const reached = kind.endsWith("success") ? "▲ reached" : "not reached";
  const contact = kind.startsWith("unsafe") ? "◆ contact" : "no contact";
  const state = count >= wanted ? "✓ done" : next ? "record next" : "";
  return h(
    "section",
    { class: `card tile${next ? " next" : ""}`, "data-kind": kind, "aria-label": name },
    h("h2", {}, h("span", {}, name), h("span", {}, state)),
    h("p", { class: "big" }, String(count), h("span", {}, ` / ${wanted}`)),
    bar,
    h("p", { class: "hint" }, `${reached} · ${contact}`),
  );
}
