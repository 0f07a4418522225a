// Two versions of the weights side by side, over the labelled episodes that each acted in.

import { fill, h, number, percent } from "./dom.js";
import { interval, judged, share } from "./store.js";

const present = (values) => values.filter((value) => value !== null);
const mean = (values) =>
  values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;

const ROWS = [
  ["episodes", (side) => String(side.length)],
  ["▲ success", (side) => rate(side, (one) => one.label.success)],
  ["◆ violation", (side) => rate(side, (one) => one.label.violation)],
  ["safe success", (side) => rate(side, (one) => one.label.success && !one.label.violation)],
  ["mean return", (side) => number(mean(side.map((one) => one.label.return)), 1)],
  ["mean cost", (side) => number(mean(side.map((one) => one.label.cost)), 1)],
  ["steps by the new policy", (side) => percent(mean(present(side.map(share))))],
  ["mean feasibility u", (side) => number(mean(present(side.map((one) => one.feasibility))))],
  ["vetoes an episode", (side) => number(mean(side.map((one) => one.vetoes)), 1)],
];

function rate(episodes, holds) {
  if (!episodes.length) return "–";
  const count = episodes.filter(holds).length;
  const [low, high] = interval(count, episodes.length);
  return `${percent(count / episodes.length)} (${percent(low)}–${percent(high)})`;
}

export class Comparison {
  constructor(parts, store) {
    Object.assign(this, { parts, store, known: "" });
    for (const side of [parts.before, parts.after]) {
      side.addEventListener("change", () => this.show());
    }
  }

  refresh() {
    const found = judged(this.store.ordered()).map((one) => one.version);
    const all = [...new Set(found)].toSorted((a, b) => a - b);
    if (this.known !== all.join()) {
      this.known = all.join();
      const { before, after } = this.parts;
      this.offer(before, all, all.includes(Number(before.value)) ? Number(before.value) : all[0]);
      this.offer(after, all, all[all.length - 1]);
    }
    this.show();
  }

  offer(select, versions, chosen) {
    const option = (value) =>
      h("option", { value, selected: value === chosen }, `weights v${value}`);
    fill(select, versions.map(option));
  }

  show() {
    const { before, after, compared } = this.parts;
    if (!this.known) {
      fill(compared, h("p", { class: "quiet" }, "Nothing labelled yet."));
      return;
    }
    const labelled = judged(this.store.ordered());
    const sides = [before, after].map((side) =>
      labelled.filter((one) => String(one.version) === side.value),
    );
    const names = ["95 % intervals", "before", "after"];
    const head = names.map((name) => h("th", { scope: "col" }, name));
    const line = ([name, value]) =>
      h(
        "tr",
        {},
        h("td", {}, name),
        sides.map((side) => h("td", {}, value(side))),
      );
    fill(
      compared,
      h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, ROWS.map(line))),
    );
  }
}
