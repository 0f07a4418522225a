// Drawings of the live page: the episode so far, and what the world model expects.

import { block, colours, curve, write } from "./draw.js";

const LEFT = 96;

export function drawTimeline(context, width, height, store) {
  const rows = [...store.steps.rows.values()].sort((a, b) => a.step - b.step);
  const steps = Math.max(store.live.session?.max_steps || 80, rows.length ? rows[rows.length - 1].step + 1 : 1);
  const x = (step) => LEFT + ((width - LEFT - 8) * step) / steps, one = x(1) - x(0);
  const lanes = [["who acts", 6, 22], ["feasibility u", 36, 40], ["Q cost", 84, 36], ["gate", 126, 16]];
  for (const [name, top, tall] of lanes) {
    write(context, name, 0, top + tall / 2, colours.quiet);
    context.fillStyle = colours.raised;
    context.fillRect(LEFT, top, width - LEFT - 8, tall);
  }
  runs(rows, (row) => row.policy).forEach(([policy, first, last]) => {
    block(context, policy, x(first), lanes[0][1], Math.max(x(last + 1) - x(first), 1), lanes[0][2]);
  });
  const [, uTop, uTall] = lanes[1], [, qTop, qTall] = lanes[2], [, gTop, gTall] = lanes[3];
  context.strokeStyle = colours.line;
  context.strokeRect(LEFT, uTop + uTall / 2, width - LEFT - 8, 0.5);
  curve(context, rows.map((row) => [x(row.step + 0.5), row.u === null || row.u === undefined ? null : uTop + uTall * (1 - row.u)]), colours.good, 2);
  const costs = rows.map((row) => (row.candidates && row.candidates[row.chosen] ? row.candidates[row.chosen][2] : null));
  const top = Math.max(0.1, ...costs.filter((value) => value !== null)), low = Math.min(0, ...costs.filter((value) => value !== null));
  curve(context, rows.map((row, at) => [x(row.step + 0.5), costs[at] === null ? null : qTop + 2 + (qTall - 4) * (1 - (costs[at] - low) / (top - low))]), colours.cost, 2, [6, 3]);
  if (rows.length) write(context, top.toFixed(2), LEFT - 6, qTop + 7, colours.quiet, "11px", "right");
  for (const row of rows) drawGate(context, row, x(row.step), gTop, one, gTall);
  if (!rows.length) write(context, "an episode has not begun", LEFT + 12, uTop + 20, colours.quiet);
  for (let step = 0; step <= steps; step += 20) write(context, String(step), x(step), height - 3, colours.quiet, "10px", "center");
}

// A veto is a cross over the whole lane, a clipped motion half a bar, a passed one a dot.
export function drawGate(context, row, left, top, width, height) {
  const middle = left + width / 2;
  if (row.accepted === false) {
    context.strokeStyle = colours.bad;
    context.lineWidth = 2;
    context.beginPath();
    const reach = Math.min(5, height / 2 - 1);
    context.moveTo(middle - reach, top + height / 2 - reach); context.lineTo(middle + reach, top + height / 2 + reach);
    context.moveTo(middle + reach, top + height / 2 - reach); context.lineTo(middle - reach, top + height / 2 + reach);
    context.stroke();
  } else if (row.accepted && row.detail) {
    context.fillStyle = colours.quiet;
    context.fillRect(left + 0.5, top + height / 2, Math.max(width - 1, 1), height / 2);
  } else if (row.accepted) {
    context.fillStyle = colours.edge;
    context.fillRect(middle - 1, top + height - 4, 2, 3);
  }
}

export function runs(rows, value) {
  const found = [];
  for (const row of rows) {
    const now = value(row), last = found[found.length - 1];
    if (now === undefined) continue;
    if (last && last[0] === now && last[2] === row.step - 1) last[2] = row.step;
    else found.push([now, row.step, row.step]);
  }
  return found;
}

export function drawAhead(context, width, height, vision, blind) {
  if (!vision) {
    write(context, blind || "The reconstruction and the next 15 imagined steps appear here while an episode runs.", 0, 20, colours.quiet, "14px");
    return;
  }
  const frame = vision.bitmap.height, count = vision.reward.length;
  const gap = 5, size = Math.min(height - 62, (width - 14 - gap * count) / count);
  for (let at = 0; at < count; at += 1) {
    const left = at * (size + gap) + (at ? 14 : 0);
    context.drawImage(vision.bitmap, at * frame, 0, frame, frame, left, 16, size, size);
    write(context, at ? `+${at}` : "now", left + size / 2, 7, at ? colours.quiet : colours.text, at ? "11px" : "bold 11px", "center");
    bar(context, "reward", left, 16 + size + 4, size, vision.reward[at]);
    bar(context, "cost", left, 16 + size + 14, size, vision.cost[at]);
  }
  write(context, `step ${vision.step}, as policy “${vision.policy}” of weights v${vision.version} would go on; blue solid: reward, orange hatched: probability of cost`, 0, height - 9, colours.quiet, "11px");
}

function bar(context, kind, left, top, width, value) {
  context.fillStyle = colours.raised;
  context.fillRect(left, top, width, 8);
  const reach = width * Math.min(1, Math.max(0, value));
  if (reach > 1) block(context, kind, left, top, reach, 8);
}
