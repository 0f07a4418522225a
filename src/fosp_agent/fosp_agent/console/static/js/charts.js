// The history's drawings.

import { block, colours, curve, write } from "./draw.js";

export function drawCurves(context, width, height, episodes, picked) {
  const left = 34, middle = height * 0.6, wide = width - left - 6, count = Math.max(episodes.length, 1);
  const known = (one) => one.label.revision > 0 && !one.label.discard;
  const mostReturn = Math.max(1, ...episodes.filter(known).map((one) => one.label.return));
  const mostCost = Math.max(1, ...episodes.filter(known).map((one) => one.label.cost));
  const each = wide / count, bar = Math.max(1, Math.min(14, each - 1));
  context.fillStyle = colours.line;
  context.fillRect(left, middle, wide, 1);
  write(context, mostReturn.toFixed(0), left - 6, 10, colours.quiet, "11px", "right");
  write(context, mostCost.toFixed(0), left - 6, height - 8, colours.quiet, "11px", "right");
  const points = [];
  episodes.forEach((one, at) => {
    const x = left + at * each;
    if (one.id === picked) { context.fillStyle = colours.raised; context.fillRect(x - 1, 0, Math.max(each, 3), height); }
    if (!known(one)) return;
    const up = (middle - 8) * (one.label.return / mostReturn), down = (height - middle - 8) * (one.label.cost / mostCost);
    if (up > 0) block(context, "reward", x, middle - up, bar, up);
    if (down > 0) block(context, "cost", x, middle + 1, bar, down);
    points.push([x + bar / 2, one.label.return]);
  });
  if (points.length > 4) {
    const smooth = points.map(([x], at) => {
      const near = points.slice(Math.max(0, at - 4), at + 1);
      return [x, middle - (middle - 8) * (near.reduce((sum, [, value]) => sum + value, 0) / near.length / mostReturn)];
    });
    curve(context, smooth, colours.text, 1.5, [4, 3]);
  }
  write(context, "▲ return; dashed: mean of five", left + 4, 8, colours.quiet, "11px");
  write(context, "◆ cost, downwards", left + 4, height - 7, colours.quiet, "11px");
  if (!points.length) write(context, "no labelled episode here", left + wide / 2, middle - 14, colours.quiet, "13px", "center");
}

export function drawTrails(context, width, height, episodes, picked, workspace) {
  const trails = episodes.filter((one) => one.trail.length >= 6).slice(0, 150);
  if (!trails.length) { write(context, "no poses recorded", width / 2, height / 2, colours.quiet, "13px", "center"); return; }
  const box = extent(trails, workspace);
  const scale = Math.min((width - 90) / (box.high[1] - box.low[1]), (height - 34) / (box.high[0] - box.low[0]));
  // Seen from above, the robot's base below: x goes up, y goes left.
  const middle = (width + 40) / 2;
  const place = (x, y) => [middle - (y - (box.low[1] + box.high[1]) / 2) * scale, height - 22 - (x - box.low[0]) * scale];
  if (workspace.low) {
    const [x0, y0] = place(workspace.low[0] * 1000, workspace.high[1] * 1000), [x1, y1] = place(workspace.high[0] * 1000, workspace.low[1] * 1000);
    context.fillStyle = colours.raised; context.fillRect(x0, y1, x1 - x0, y0 - y1);
    context.strokeStyle = colours.edge; context.strokeRect(x0, y1, x1 - x0, y0 - y1);
  }
  for (const one of trails) if (one.id !== picked) trail(context, one, place, one.label.violation ? colours.cost : one.label.success ? colours.reward : colours.quiet, 1.1, one.label.violation ? [5, 3] : []);
  const chosen = episodes.find((one) => one.id === picked);
  if (chosen && chosen.trail.length >= 6) {
    trail(context, chosen, place, colours.text, 3, []);
    const [x, y] = place(chosen.trail[0], chosen.trail[1]);
    context.fillStyle = colours.text; context.beginPath(); context.arc(x, y, 5, 0, 7); context.fill();
  }
  write(context, "from above, robot below", 0, height - 6, colours.quiet, "11px");
  write(context, "― reached   ┄ with contact   ― (grey) neither", width, height - 6, colours.quiet, "11px", "right");
}

function trail(context, one, place, colour, wide, dash) {
  const points = [];
  for (let at = 0; at < one.trail.length; at += 3) points.push(place(one.trail[at], one.trail[at + 1]));
  context.globalAlpha = wide > 2 ? 1 : 0.75;
  curve(context, points, colour, wide, dash);
  context.globalAlpha = 1;
}

function extent(trails, workspace) {
  if (workspace.low) return { low: workspace.low.map((value) => value * 1000 - 8), high: workspace.high.map((value) => value * 1000 + 8) };
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (const { trail: values } of trails) values.forEach((value, at) => { low[at % 3] = Math.min(low[at % 3], value); high[at % 3] = Math.max(high[at % 3], value); });
  return { low: low.map((value) => value - 10), high: high.map((value) => value + 10) };
}
