// Canvases: sharp on every screen, in the colours of the theme, redrawn when either changes.

export const colours = {};
const surfaces = new Set();

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of [
    "ground",
    "card",
    "raised",
    "line",
    "edge",
    "text",
    "quiet",
    "accent",
    "reward",
    "cost",
    "new",
    "offline",
    "person",
    "good",
    "bad",
  ]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }

  patterns.clear();
}

const patterns = new Map();

export class Surface {
  constructor(canvas, paint) {
    this.canvas = canvas;
    this.paint = paint;
    this.pending = false;
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(canvas);
    surfaces.add(this);
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      const { canvas } = this;
      if (!canvas.isConnected) return;
      const ratio = devicePixelRatio || 1;
      const width = canvas.clientWidth;
      const height = canvas.clientHeight;
      if (
        canvas.width !== Math.round(width * ratio) ||
        canvas.height !== Math.round(height * ratio)
      ) {
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
      }
      const context = canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      this.paint(context, width, height);
    });
  }

  close() {
    this.observer.disconnect();
    surfaces.delete(this);
  }
}

export function recolour() {
  readColours();
  for (const surface of surfaces) surface.redraw();
}

// The fill of each kind: reward solid, cost hatched, offline striped, new solid.
export function pattern(context, kind) {
  const solid = { reward: "reward", new: "new", teleop: "person", person: "person" }[kind];
  if (solid) return colours[solid];
  if (!patterns.has(kind)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const brush = tile.getContext("2d");
    brush.strokeStyle = colours[kind] || colours.quiet;
    brush.lineWidth = 2.6;
    brush.beginPath();
    if (kind === "cost") {
      for (const at of [-8, 0, 8]) {
        brush.moveTo(at - 1, 9);
        brush.lineTo(at + 9, -1);
      }
    } else {
      for (const at of [2, 6]) {
        brush.moveTo(at, 0);
        brush.lineTo(at, 8);
        brush.lineWidth = 1.6;
      }
    }
    brush.stroke();
    patterns.set(kind, tile);
  }
  return context.createPattern(patterns.get(kind), "repeat");
}

export function block(context, kind, x, y, width, height) {
  context.fillStyle = pattern(context, kind);
  context.fillRect(x, y, width, height);
  context.strokeStyle = colours[{ teleop: "person" }[kind] || kind] || colours.quiet;
  context.lineWidth = 1.5;
  context.strokeRect(x + 0.75, y + 0.75, Math.max(width - 1.5, 0.5), height - 1.5);
}

export function write(
  context,
  string,
  x,
  y,
  colour = colours.quiet,
  font = "12px",
  align = "left",
) {
  context.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillText(string, x, y);
}

export function curve(context, points, colour, width = 2, dash = []) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  let drawing = false;
  for (const [x, y] of points) {
    if (y === null || Number.isNaN(y)) {
      drawing = false;
      continue;
    }
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x, y);
    drawing = true;
  }
  context.stroke();
  context.setLineDash([]);
}

readColours();
new MutationObserver(recolour).observe(document.documentElement, {
  attributeFilter: ["data-theme"],
});
