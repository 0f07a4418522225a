// Drawings of the live page: the episode so far, and what the world model expects.

import { block, colours, curve, write } from "./draw.js";

const LEFT = 96;
const LANES = { acts: [6, 22], u: [36, 40], cost: [84, 36], gate: [126, 16] };
const NAMES = { acts: "who acts", u: "feasibility u", cost: "Q cost", gate: "gate" };
const EMPTY =
  "The reconstruction and the next 15 imagined steps appear here while an episode runs.";

export function drawTimeline(brush, width, height, store) {
  const rows = [...store.steps.rows.values()].toSorted((a, b) => a.step - b.step);
  const last = rows.length ? rows[rows.length - 1].step + 1 : 1;
  const steps = Math.max(store.live.session?.max_steps || 80, last);
  const wide = width - LEFT - 8;
  const x = (step) => LEFT + (wide * step) / steps;
  for (const [name, [top, tall]] of Object.entries(LANES)) {
    write(brush, NAMES[name], 0, top + tall / 2, colours.quiet);
    brush.fillStyle = colours.raised;
    brush.fillRect(LEFT, top, wide, tall);
  }
  drawActs(brush, rows, x);
  drawFeasibility(brush, rows, x, wide);
  drawCost(brush, rows, x);
  for (const row of rows) {
    drawGate(brush, row, x(row.step), LANES.gate[0], x(1) - x(0), LANES.gate[1]);
  }
  if (!rows.length) write(brush, "an episode has not begun", LEFT + 12, LANES.u[0] + 20);
  for (let step = 0; step <= steps; step += 20) {
    write(brush, String(step), x(step), height - 3, colours.quiet, "10px", "center");
  }
}

function drawActs(brush, rows, x) {
  const [top, tall] = LANES.acts;
  for (const [policy, first, last] of runs(rows, (row) => row.policy)) {
    block(brush, policy, x(first), top, Math.max(x(last + 1) - x(first), 1), tall);
  }
}

function drawFeasibility(brush, rows, x, wide) {
  const [top, tall] = LANES.u;
  brush.strokeStyle = colours.line;
  brush.strokeRect(LEFT, top + tall / 2, wide, 0.5);
  const y = (u) => (u === null || u === undefined ? null : top + tall * (1 - u));
  curve(
    brush,
    rows.map((row) => [x(row.step + 0.5), y(row.u)]),
    colours.good,
    2,
  );
}

function drawCost(brush, rows, x) {
  const [top, tall] = LANES.cost;
  const costs = rows.map((row) => row.candidates?.[row.chosen]?.[2] ?? null);
  const known = costs.filter((value) => value !== null);
  const most = Math.max(0.1, ...known);
  const least = Math.min(0, ...known);
  const y = (value) => top + 2 + (tall - 4) * (1 - (value - least) / (most - least));
  const points = rows.map((row, at) => [
    x(row.step + 0.5),
    costs[at] === null ? null : y(costs[at]),
  ]);
  curve(brush, points, colours.cost, 2, [6, 3]);
  if (known.length) {
    write(brush, most.toFixed(2), LEFT - 6, top + 7, colours.quiet, "11px", "right");
  }
}

// A veto is a cross over the whole lane, a clipped motion half a bar, a passed one a dot.
export function drawGate(brush, row, left, top, width, height) {
  const middle = left + width / 2;
  if (row.accepted === false) {
    const reach = Math.min(5, height / 2 - 1);
    const y = top + height / 2;
    brush.strokeStyle = colours.bad;
    brush.lineWidth = 2;
    brush.beginPath();
    brush.moveTo(middle - reach, y - reach);
    brush.lineTo(middle + reach, y + reach);
    brush.moveTo(middle + reach, y - reach);
    brush.lineTo(middle - reach, y + reach);
    brush.stroke();
  } else if (row.accepted && row.detail) {
    brush.fillStyle = colours.quiet;
    brush.fillRect(left + 0.5, top + height / 2, Math.max(width - 1, 1), height / 2);
  } else if (row.accepted) {
    brush.fillStyle = colours.edge;
    brush.fillRect(middle - 1, top + height - 4, 2, 3);
  }
}

// Runs of steps with the same value: [value, first, last].
export function runs(rows, value) {
  const found = [];
  for (const row of rows) {
    const now = value(row);
    const last = found[found.length - 1];
    if (now === undefined) continue;
    if (last && last[0] === now && last[2] === row.step - 1) last[2] = row.step;
    else found.push([now, row.step, row.step]);
  }
  return found;
}

export function drawAhead(brush, width, height, vision, blind) {
  if (!vision) {
    write(brush, blind || EMPTY, 0, 20, colours.quiet, "14px");
    return;
  }
  const frame = vision.bitmap.height;
  const count = vision.reward.length;
  const gap = 5;
  const size = Math.min(height - 62, (width - 14 - gap * count) / count);
  const under = 16 + size;
  for (let at = 0; at < count; at += 1) {
    const left = at * (size + gap) + (at ? 14 : 0);
    const [colour, font] = at ? [colours.quiet, "11px"] : [colours.text, "bold 11px"];
    brush.drawImage(vision.bitmap, at * frame, 0, frame, frame, left, 16, size, size);
    write(brush, at ? `+${at}` : "now", left + size / 2, 7, colour, font, "center");
    bar(brush, "reward", left, under + 4, size, vision.reward[at]);
    bar(brush, "cost", left, under + 14, size, vision.cost[at]);
  }
  const who = `step ${vision.step}, as policy “${vision.policy}” of weights v${vision.version} would go on`;
  const key = "blue solid: reward, orange hatched: probability of cost";
  write(brush, `${who}; ${key}`, 0, height - 9, colours.quiet, "11px");
}

function bar(brush, kind, left, top, width, value) {
  brush.fillStyle = colours.raised;
  brush.fillRect(left, top, width, 8);
  const reach = width * Math.min(1, Math.max(0, value));
  if (reach > 1) block(brush, kind, left, top, reach, 8);
}
