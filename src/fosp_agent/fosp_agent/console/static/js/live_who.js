// Both candidates of the newest step, feasibility, and the vetoes of this episode with their reasons.

import { fill, h, number, percent, swatch } from "./dom.js";

const SHOWN = 5;
const MOST_VETOES = 40;

export function showWho(parts, store) {
  const row = store.row();
  if (!row) {
    fill(parts.candidates, h("p", { class: "quiet" }, "Nobody has acted yet."));
    fill(parts.feasible);
    fill(parts.vetoes);
    return;
  }
  const candidates = row.candidates || [];
  const name = row.policy || row.source || "";
  fill(
    parts.candidates,
    candidates.length ? table(candidates, row.chosen) : h("p", { class: "big" }, name),
  );
  fill(parts.feasible, gauge(row.u ?? null));
  fill(parts.vetoes, vetoes([...store.steps.rows.values()]));
}

function table(candidates, chosen) {
  const planned = candidates.some((one) => one[4] !== null);
  const names = ["policy", "Q reward", "Q cost", "probability"];
  if (planned) names.push("predicted violation");
  const rows = candidates
    .map((one, index) => ({ one, index }))
    .filter(({ index }) => index < SHOWN || index === chosen);
  const line = ({ one: [policy, reward, cost, probability, violation], index }) =>
    h(
      "tr",
      { class: index === chosen ? "acts" : "" },
      h("td", {}, swatch(policy), policy),
      h("td", {}, number(reward)),
      h("td", {}, number(cost)),
      h("td", {}, percent(probability)),
      planned ? h("td", {}, percent(violation)) : null,
    );
  const head = names.map((name) => h("th", { scope: "col" }, name));
  return h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows.map(line)));
}

function gauge(u) {
  const bar = h("i");
  if (u !== null) bar.style.width = `${Math.round(100 * u)}%`;
  const meter = h(
    "div",
    {
      class: "gauge",
      "data-low": u !== null && u < 0.5,
      role: "meter",
      "aria-valuenow": u ?? 0,
      "aria-valuemin": "0",
      "aria-valuemax": "1",
      "aria-label": "feasibility u",
    },
    bar,
  );
  return [h("span", {}, "Feasibility u"), meter, h("b", {}, number(u))];
}

function vetoes(rows) {
  const found = rows.filter((one) => one.accepted === false || one.shield).toReversed();
  if (!found.length) return [h("li", { class: "quiet" }, "No veto in this episode.")];
  return found.slice(0, MOST_VETOES).map((one) => {
    const vetoed = one.accepted === false;
    const what = vetoed ? `✕ step ${one.step}: ${one.reason}` : `◇ step ${one.step}: shield`;
    return h("li", {}, h("b", {}, what), ` ${vetoed ? one.detail : one.shield}`);
  });
}
