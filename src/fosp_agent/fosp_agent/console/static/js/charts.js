// The history's drawings.

import { block, colours, curve, write } from "./draw.js";

const LEFT = 34;
const MOST_TRAILS = 150;
const SMOOTHED = 5;

const known = (one) => one.label.revision > 0 && !one.label.discard;

// Return upwards and cost downwards, a bar each, over the episodes in the order recorded.
export function drawCurves(brush, width, height, episodes, picked) {
  const middle = height * 0.6;
  const wide = width - LEFT - 6;
  const labelled = episodes.filter(known);
  const most = {
    return: Math.max(1, ...labelled.map((one) => one.label.return)),
    cost: Math.max(1, ...labelled.map((one) => one.label.cost)),
  };
  const each = wide / Math.max(episodes.length, 1);
  const bar = Math.max(1, Math.min(14, each - 1));
  brush.fillStyle = colours.line;
  brush.fillRect(LEFT, middle, wide, 1);
  write(brush, most.return.toFixed(0), LEFT - 6, 24, colours.quiet, "11px", "right");
  write(brush, most.cost.toFixed(0), LEFT - 6, height - 22, colours.quiet, "11px", "right");
  const points = [];
  episodes.forEach((one, at) => {
    const x = LEFT + at * each;
    if (one.id === picked) {
      brush.fillStyle = colours.raised;
      brush.fillRect(x - 1, 0, Math.max(each, 3), height);
    }
    if (!known(one)) return;
    const up = (middle - 22) * (one.label.return / most.return);
    const down = (height - middle - 20) * (one.label.cost / most.cost);
    if (up > 0) block(brush, "reward", x, middle - up, bar, up);
    if (down > 0) block(brush, "cost", x, middle + 1, bar, down);
    points.push([x + bar / 2, middle - up]);
  });
  if (points.length >= SMOOTHED) curve(brush, smooth(points), colours.text, 1.5, [4, 3]);
  write(brush, "▲ return; dashed: mean of five", LEFT + 4, 8, colours.quiet, "11px");
  write(brush, "◆ cost, downwards", LEFT + 4, height - 7, colours.quiet, "11px");
  if (points.length) return;
  const words = "no labelled episode here";
  write(brush, words, LEFT + wide / 2, middle - 14, colours.quiet, "13px", "center");
}

function smooth(points) {
  return points.map(([x], at) => {
    const near = points.slice(Math.max(0, at + 1 - SMOOTHED), at + 1);
    return [x, near.reduce((sum, [, y]) => sum + y, 0) / near.length];
  });
}

// The way of the end effector, seen from above with the robot's base below: x goes up, y left.
export function drawTrails(brush, width, height, episodes, picked, workspace) {
  const trails = episodes.filter((one) => one.trail.length >= 6).slice(0, MOST_TRAILS);
  if (!trails.length) {
    write(brush, "no poses recorded", width / 2, height / 2, colours.quiet, "13px", "center");
    return;
  }
  const position = placing(width, height, extent(trails, workspace));
  if (workspace.low) drawBox(brush, position, workspace);
  for (const one of trails) if (one.id !== picked) drawTrail(brush, one, position);
  const chosen = episodes.find((one) => one.id === picked);
  if (chosen && chosen.trail.length >= 6) drawChosen(brush, chosen, position);
  write(brush, "from above, robot below", 0, height - 6, colours.quiet, "11px");
  const key = "― reached   ┄ with contact   ― (grey) neither";
  write(brush, key, width, height - 6, colours.quiet, "11px", "right");
}

function placing(width, height, box) {
  const [tall, wide] = [box.high[0] - box.low[0], box.high[1] - box.low[1]];
  const scale = Math.min((width - 90) / wide, (height - 34) / tall);
  const middle = (width + 40) / 2;
  const centre = (box.low[1] + box.high[1]) / 2;
  return (x, y) => [middle - (y - centre) * scale, height - 22 - (x - box.low[0]) * scale];
}

function drawBox(brush, position, { low, high }) {
  const [x0, y0] = position(low[0] * 1000, high[1] * 1000);
  const [x1, y1] = position(high[0] * 1000, low[1] * 1000);
  brush.fillStyle = colours.raised;
  brush.fillRect(x0, y1, x1 - x0, y0 - y1);
  brush.strokeStyle = colours.edge;
  brush.strokeRect(x0, y1, x1 - x0, y0 - y1);
}

function drawTrail(brush, one, position) {
  const colour = one.label.success ? colours.reward : colours.quiet;
  brush.globalAlpha = 0.75;
  if (one.label.violation) curve(brush, way(one, position), colours.cost, 1.1, [5, 3]);
  else curve(brush, way(one, position), colour, 1.1);
  brush.globalAlpha = 1;
}

function drawChosen(brush, one, position) {
  curve(brush, way(one, position), colours.text, 3);
  const [x, y] = position(one.trail[0], one.trail[1]);
  brush.fillStyle = colours.text;
  brush.beginPath();
  brush.arc(x, y, 5, 0, 7);
  brush.fill();
}

function way(one, position) {
  const points = [];
  for (let at = 0; at < one.trail.length; at += 3) {
    points.push(position(one.trail[at], one.trail[at + 1]));
  }

  return points;
}

function extent(trails, workspace) {
  if (workspace.low) {
    const around = (values, margin) => values.map((value) => value * 1000 + margin);
    return { low: around(workspace.low, -8), high: around(workspace.high, 8) };
  }
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const { trail } of trails) {
    trail.forEach((value, at) => {
      low[at % 3] = Math.min(low[at % 3], value);
      high[at % 3] = Math.max(high[at % 3], value);
    });
  }
  return { low: low.map((value) => value - 10), high: high.map((value) => value + 10) };
}
