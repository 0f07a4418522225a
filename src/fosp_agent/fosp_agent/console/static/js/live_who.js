// Both candidates of the newest step, feasibility, and the vetoes of this episode with their reasons.

import { fill, h, number, percent, swatch } from "./dom.js";

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

// One line a policy: the candidate that acts, else its most probable one; probabilities together.
function table(candidates, chosen) {
  const planned = candidates.some((one) => one[4] !== null);
  const names = ["policy", "Q reward", "Q cost", "probability"];
  if (planned) names.push("predicted violation");
  const policies = [...new Set(candidates.map((one) => one[0]))];
  const rows = policies.map((policy) => line(policy, candidates, chosen, planned));
  const head = names.map((name) => h("th", { scope: "col" }, name));
  return h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
}

function line(policy, candidates, chosen, planned) {
  const own = candidates.filter((one) => one[0] === policy);
  const acts = candidates[chosen]?.[0] === policy;
  const best = own.reduce((most, one) => (one[3] > most[3] ? one : most));
  const [, reward, cost, , violation] = acts ? candidates[chosen] : best;
  const together = own.reduce((sum, one) => sum + (one[3] || 0), 0);
  const words = own.length > 1 ? `${policy} (${own.length})` : policy;
  return h(
    "tr",
    { class: acts ? "acts" : "" },
    h("td", {}, swatch(policy), words),
    h("td", {}, number(reward)),
    h("td", {}, number(cost)),
    h("td", {}, percent(together)),
    planned ? h("td", {}, percent(violation)) : null,
  );
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
