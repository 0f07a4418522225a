// The session so far: success, violations, budget, weights.

import { fill, number, percent, stat } from "./dom.js";
import { interval, judged } from "./store.js";

export function showTotals(parts, store) {
  const done = judged(store.ordered());
  const { session, acting, announced } = store.live;
  const reached = done.filter((one) => one.label.success).length;
  const touched = done.filter((one) => one.label.violation).length;
  const [low, high] = interval(reached, done.length);
  const range = low === null ? "" : ` (${percent(low)} to ${percent(high)})`;
  fill(
    parts.stats,
    stat(done.length ? percent(reached / done.length) : "–", `success rate${range}`),
    stat(String(touched), `of ${done.length} with a violation`),
    budget(session),
    stat(acting?.loaded ? `v${acting.version}` : "none", "weights that act"),
    stat(String(announced ? announced.updates : 0), "gradient steps"),
    stat(String(store.unlabelled().length), "episodes without a label"),
  );
}

function budget(session) {
  const whole = session ? session.cost_budget : 0;
  const spent = session ? session.cost_spent : 0;
  if (!whole) return stat("no limit", `cost budget; spent ${number(spent, 0)}`);
  const left = number(Math.max(0, whole - spent), 0);
  return stat(left, `cost budget left of ${number(whole, 0)}`);
}
