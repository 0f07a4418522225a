// The label page's track: frames, reward above, cost below, what the record says, one playhead.

import { Surface, block, colours, curve, write } from "./draw.js";
import { frameAt } from "./label_frames.js";
import { drawGate } from "./timeline.js";

const LEFT = 78;
const LANES = {
  ruler: [0, 22],
  film: [24, 76],
  reward: [108, 76],
  cost: [192, 76],
  contact: [276, 30],
  gate: [312, 22],
};
const BOTTOM = 336;
const NAMES = {
  film: ["frames", "drag: scrub"],
  reward: ["▲ reward", "R, or drag"],
  cost: ["◆ cost", "C, or drag"],
  contact: ["▮ contact", ""],
  gate: ["✕ gate", ""],
};
const EDGE = 7;

export class Track {
  constructor(canvas, page) {
    Object.assign(this, { canvas, page, zoom: 1, offset: 0, drag: null });
    this.surface = new Surface(canvas, (brush) => this.paint(brush));
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => {
      this.page.marks?.cancel();
      this.drag = null;
      this.page.changed();
    });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  redraw() {
    this.surface.redraw();
  }
  close() {
    this.surface.close();
  }

  get wide() {
    return this.canvas.clientWidth - LEFT - 6;
  }
  get visible() {
    return this.page.length / this.zoom;
  }
  x(step) {
    return LEFT + (this.wide * (step - this.offset)) / this.visible;
  }
  step(x) {
    const step = Math.floor(this.offset + ((x - LEFT) * this.visible) / this.wide);
    return Math.max(0, Math.min(this.page.length - 1, step));
  }

  zoomBy(factor, around = this.page.step) {
    const share = (around - this.offset) / this.visible;
    this.zoom = Math.max(1, Math.min(this.zoom * factor, this.page.length / 8));
    this.offset = around - share * this.visible;
    this.keepInside();
  }

  fit() {
    this.zoom = 1;
    this.keepInside();
  }

  // Scroll so that the playhead is seen.
  follow() {
    if (this.page.step < this.offset) this.offset = this.page.step;
    if (this.page.step + 1 > this.offset + this.visible) {
      this.offset = this.page.step + 1 - this.visible;
    }
    this.keepInside();
  }

  keepInside() {
    this.offset = Math.max(0, Math.min(this.offset, this.page.length - this.visible));
    this.redraw();
  }

  lane(y) {
    const holds = ([, [top, tall]]) => y >= top && y < top + tall + 4;
    return Object.entries(LANES).find(holds)?.[0] || "";
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event) {
    if (!this.page.marks || event.button > 0) return;
    const { x, y } = this.at(event);
    const lane = this.lane(y);
    this.canvas.setPointerCapture(event.pointerId);
    if (lane !== "reward" && lane !== "cost") {
      this.drag = { scrub: true };
      this.page.seek(this.step(x));
      return;
    }
    const step = this.step(x);
    const edge = this.edge(lane, x);
    const value = event.shiftKey || event.altKey ? 0 : 1;
    this.drag = { lane };
    this.page.pen.end();
    if (edge) this.page.marks.grasp(edge.span, edge.anchor, edge.moving);
    else this.page.marks.begin([lane], step, value);
    this.page.seek(step, false);
    this.page.changed();
  }

  // The end of a span within a few pixels, to drag it.
  edge(lane, x) {
    for (const span of this.page.marks.spans()) {
      const { kind, first, last } = span;
      if (kind !== lane || first === last) continue;
      const near = (edge) => Math.abs(this.x(edge) - x) < EDGE;
      if (near(last + 1)) return { span, anchor: first, moving: last };
      if (near(first)) return { span, anchor: last, moving: first };
    }
    return null;
  }

  move(event) {
    const { x, y } = this.at(event);
    if (!this.drag) {
      const lane = this.lane(y);
      const marking = lane === "reward" || lane === "cost";
      this.canvas.style.cursor = !marking
        ? "pointer"
        : this.page.marks && this.edge(lane, x)
          ? "ew-resize"
          : "crosshair";
      return;
    }
    const step = this.step(x);
    this.page.seek(step, false);
    if (this.drag.lane) {
      this.page.marks.reach(step);
      this.page.changed();
    }
  }

  up() {
    if (this.drag?.lane) {
      this.page.marks.end();
      this.page.changed();
    }
    this.drag = null;
  }

  wheel(event) {
    if (!this.page.marks) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || Math.abs(event.deltaY) > Math.abs(event.deltaX)) {
      this.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, this.step(this.at(event).x));
    } else {
      this.offset += event.deltaX / 40;
      this.keepInside();
    }
  }

  paint(brush) {
    const { page } = this;
    if (!page.marks) return;
    const one = this.x(1) - this.x(0);
    const first = Math.floor(this.offset);
    const last = Math.min(page.length - 1, Math.ceil(this.offset + this.visible));
    brush.save();
    this.paintLanes(brush);
    brush.beginPath();
    brush.rect(LEFT, 0, this.wide + 1, BOTTOM + 4);
    brush.clip();
    this.paintRuler(brush, first, last, one);
    this.paintFilm(brush, first, last, one);
    for (const { kind, first: from, last: to } of page.marks.spans()) {
      const [top, tall] = LANES[kind];
      block(brush, kind, this.x(from), top + 3, this.x(to + 1) - this.x(from), tall - 6);
    }
    this.paintSuggestion(brush);
    this.paintContact(brush, one);
    this.paintGate(brush, first, last, one);
    this.paintPlayhead(brush, one);
    brush.restore();
  }

  paintLanes(brush) {
    for (const [lane, [words, hint]] of Object.entries(NAMES)) {
      const [top, tall] = LANES[lane];
      if (lane !== "film") {
        brush.fillStyle = colours.raised;
        brush.fillRect(LEFT, top, this.wide, tall);
      }
      write(brush, words, 0, top + tall / 2 - (hint ? 8 : 0), colours.text, "600 13px");
      if (hint) write(brush, hint, 0, top + tall / 2 + 9, colours.quiet, "11px");
    }
  }

  paintRuler(brush, first, last, one) {
    const every = [1, 2, 5, 10, 20, 50].find((steps) => steps * one >= 34) || 100;
    for (let step = first - (first % every); step <= last; step += every) {
      write(brush, String(step), this.x(step) + one / 2, 10, colours.quiet, "11px", "center");
    }
  }

  paintFilm(brush, first, last, one) {
    const { sheet, frame } = this.page;
    if (!sheet) return;
    const [top, tall] = LANES.film;
    const every = Math.max(1, Math.ceil((tall * 0.62) / one));
    const wide = Math.max(Math.min(one * every, tall) - 1, 1);
    const shown = frame.width * Math.min(1, (one * every) / tall);
    const cut = (frame.width - shown) / 2;
    for (let step = first - (first % every); step <= last; step += every) {
      const [left, up] = frameAt(this.page, step);
      const from = [left + cut, up, shown, frame.height];
      brush.drawImage(sheet, ...from, this.x(step), top, wide, tall);
    }
  }

  paintSuggestion(brush) {
    const { suggestion, mute } = this.page;
    if (!suggestion) {
      const words = mute || "what the world model expects appears here in a moment";
      write(brush, words, LEFT + 8, LANES.reward[0] + 10, colours.quiet, "11px");
      return;
    }
    for (const kind of ["reward", "cost"]) {
      const [top, tall] = LANES[kind];
      const y = (value) => top + tall - 4 - (tall - 8) * Math.max(0, Math.min(1, value));
      const points = suggestion[kind].map((value, step) => [this.x(step + 0.5), y(value)]);
      curve(brush, points, colours.card, 5);
      curve(brush, points, colours.text, 2, kind === "cost" ? [5, 3] : []);
    }
  }

  // The force that the record tells of: full bars where it is a contact.
  paintContact(brush, one) {
    const { contact } = this.page;
    const [top, tall] = LANES.contact;
    if (!contact) {
      const words = "no force was recorded";
      write(brush, words, LEFT + 8, top + tall / 2, colours.quiet, "11px");
      return;
    }
    const most = Math.max(4 * contact.threshold, ...contact.force);
    contact.force.forEach((force, step) => {
      const touches = force > contact.threshold;
      const high = Math.max((tall - 2) * (force / most), touches ? 7 : 0);
      brush.fillStyle = touches ? colours.text : colours.quiet;
      brush.fillRect(this.x(step) + 0.5, top + tall - high, Math.max(one - 1, 1), high);
    });
  }

  paintGate(brush, first, last, one) {
    const [top, tall] = LANES.gate;
    for (const row of this.page.rows) {
      if (row.step < first || row.step > last) continue;
      drawGate(brush, row, this.x(row.step), top + 2, one, tall - 4);
    }
  }

  paintPlayhead(brush, one) {
    const left = this.x(this.page.step);
    const middle = left + one / 2;
    brush.fillStyle = colours.accent;
    brush.globalAlpha = 0.16;
    brush.fillRect(left, 0, Math.max(one, 2), BOTTOM);
    brush.globalAlpha = 1;
    brush.fillRect(middle - 1, 20, 2, BOTTOM - 20);
    brush.beginPath();
    brush.moveTo(middle - 6, 18);
    brush.lineTo(middle + 6, 18);
    brush.lineTo(middle, 26);
    brush.fill();
  }
}
