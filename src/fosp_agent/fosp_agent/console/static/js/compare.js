// Two versions of the weights side by side, over the labelled episodes that each acted in.

import { fill, h, number, percent } from "./dom.js";
import { interval, judged, share } from "./store.js";

const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null);

export function comparison(store) {
  const select = (name) => h("select", { "aria-label": name, onchange: () => show() });
  const before = select("Before"), after = select("After"), table = h("div");
  const element = h("div", {}, h("div", { class: "row" }, before, " → ", after), table);

  function versions() {
    return [...new Set(judged(store.ordered()).map((one) => one.version))].sort((a, b) => a - b);
  }

  function refresh() {
    const all = versions(), known = all.join();
    if (element.dataset.known !== known || !all.length) {
      element.dataset.known = known;
      const options = (chosen) => all.map((version) => h("option", { value: version, selected: version === chosen }, `weights v${version}`));
      fill(before, options(Number(before.value) || all[0]));
      fill(after, options(all[all.length - 1]));
    }
    show();
  }

  function rate(episodes, holds) {
    if (!episodes.length) return "–";
    const count = episodes.filter(holds).length, [low, high] = interval(count, episodes.length);
    return `${percent(count / episodes.length)} (${percent(low)}–${percent(high)})`;
  }

  function show() {
    const sides = [before, after].map((side) => judged(store.ordered()).filter((one) => String(one.version) === side.value));
    if (!versions().length) { fill(table, h("p", { class: "quiet" }, "Nothing labelled yet.")); return; }
    const rows = [
      ["episodes", (side) => String(side.length)],
      ["▲ success", (side) => rate(side, (one) => one.label.success)],
      ["◆ violation", (side) => rate(side, (one) => one.label.violation)],
      ["safe success", (side) => rate(side, (one) => one.label.success && !one.label.violation)],
      ["mean return", (side) => number(mean(side.map((one) => one.label.return)), 1)],
      ["mean cost", (side) => number(mean(side.map((one) => one.label.cost)), 1)],
      ["steps by the new policy", (side) => percent(mean(side.map(share).filter((value) => value !== null)))],
      ["mean feasibility u", (side) => number(mean(side.map((one) => one.feasibility).filter((value) => value !== null)))],
      ["vetoes an episode", (side) => number(mean(side.map((one) => one.vetoes)), 1)],
    ];
    fill(table, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "95 % intervals"), h("th", {}, "before"), h("th", {}, "after"))),
      h("tbody", {}, rows.map(([name, value]) => h("tr", {}, h("td", {}, name), sides.map((side) => h("td", {}, value(side))))))));
  }

  return { element, refresh };
}
