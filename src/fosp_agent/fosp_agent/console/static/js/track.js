// The label page's track: ruler and frames, reward above, cost below, marks of the gate, one playhead.

import { Surface, block, colours, curve, write } from "./draw.js";
import { drawGate } from "./timeline.js";

const LEFT = 78;
const LANES = { ruler: [0, 22], film: [24, 76], reward: [108, 76], cost: [192, 76], gate: [276, 22] };
const EDGE = 7;

export class Track {
  constructor(canvas, page) {
    Object.assign(this, { canvas, page, zoom: 1, offset: 0, drag: null });
    this.surface = new Surface(canvas, (context, w, h) => this.paint(context, w, h));
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => { this.page.marks?.cancel(); this.drag = null; this.page.changed(); });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  redraw() { this.surface.redraw(); }
  close() { this.surface.close(); }

  get wide() { return this.canvas.clientWidth - LEFT - 6; }
  get visible() { return this.page.length / this.zoom; }
  x(step) { return LEFT + (this.wide * (step - this.offset)) / this.visible; }
  step(x) { return Math.max(0, Math.min(this.page.length - 1, Math.floor(this.offset + ((x - LEFT) * this.visible) / this.wide))); }

  zoomBy(factor, around = this.page.step) {
    const share = (around - this.offset) / this.visible;
    this.zoom = Math.max(1, Math.min(this.zoom * factor, this.page.length / 8));
    this.offset = around - share * this.visible;
    this.keepInside();
  }

  fit() { this.zoom = 1; this.keepInside(); }

  // Scroll so that the playhead is seen.
  follow() {
    if (this.page.step < this.offset) this.offset = this.page.step;
    if (this.page.step + 1 > this.offset + this.visible) this.offset = this.page.step + 1 - this.visible;
    this.keepInside();
  }

  keepInside() {
    this.offset = Math.max(0, Math.min(this.offset, this.page.length - this.visible));
    this.redraw();
  }

  lane(y) {
    return Object.keys(LANES).find((name) => y >= LANES[name][0] && y < LANES[name][0] + LANES[name][1] + 4) || "";
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event) {
    if (!this.page.marks || event.button > 0) return;
    const { x, y } = this.at(event), lane = this.lane(y);
    this.canvas.setPointerCapture(event.pointerId);
    if (lane !== "reward" && lane !== "cost") { this.drag = { scrub: true }; this.page.seek(this.step(x)); return; }
    const edge = this.edge(lane, x), step = this.step(x);
    const value = event.shiftKey || event.altKey ? 0 : 1;
    this.drag = { lane };
    if (edge) {
      this.page.marks.paint([lane], edge.first, edge.last, 0); // one stroke: the span is drawn anew
      this.page.marks.begin([lane], edge.anchor, 1);
      this.page.marks.reach(edge.moving);
    } else this.page.marks.begin([lane], step, value);
    this.page.seek(step, false);
    this.page.changed();
  }

  // The end of a span within a few pixels, to drag it.
  edge(lane, x) {
    for (const { kind, first, last } of this.page.marks.spans()) {
      if (kind !== lane) continue;
      if (last > first && Math.abs(this.x(last + 1) - x) < EDGE) return { first, last, anchor: first, moving: last };
      if (last > first && Math.abs(this.x(first) - x) < EDGE) return { first, last, anchor: last, moving: first };
    }
    return null;
  }

  move(event) {
    const { x, y } = this.at(event);
    if (!this.drag) {
      const lane = this.lane(y), marking = lane === "reward" || lane === "cost";
      this.canvas.style.cursor = !marking ? "pointer" : this.page.marks && this.edge(lane, x) ? "ew-resize" : "crosshair";
      return;
    }
    const step = this.step(x);
    this.page.seek(step, false);
    if (this.drag.lane) { this.page.marks.reach(step); this.page.changed(); }
  }

  up() {
    if (this.drag?.lane) { this.page.marks.end(); this.page.changed(); }
    this.drag = null;
  }

  wheel(event) {
    if (!this.page.marks) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || Math.abs(event.deltaY) > Math.abs(event.deltaX)) {
      this.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, this.step(this.at(event).x));
    } else { this.offset += event.deltaX / 40; this.keepInside(); }
  }

  paint(context, width) {
    const { page } = this;
    if (!page.marks) return;
    const one = this.x(1) - this.x(0);
    const first = Math.floor(this.offset), last = Math.min(page.length - 1, Math.ceil(this.offset + this.visible));
    context.save();
    for (const name of ["reward", "cost", "gate"]) {
      context.fillStyle = colours.raised;
      context.fillRect(LEFT, LANES[name][0], this.wide, LANES[name][1]);
    }
    this.names(context);
    context.beginPath(); context.rect(LEFT, 0, this.wide + 1, 400); context.clip();
    this.paintRuler(context, first, last, one);
    this.paintFilm(context, first, last, one);
    for (const { kind, first: from, last: to } of page.marks.spans()) {
      const [top, tall] = LANES[kind];
      block(context, kind, this.x(from), top + 3, this.x(to + 1) - this.x(from), tall - 6);
    }
    this.paintSuggestion(context);
    for (const row of page.rows) if (row.step >= first && row.step <= last) drawGate(context, row, this.x(row.step), LANES.gate[0] + 2, one, LANES.gate[1] - 4);
    this.paintPlayhead(context, one);
    context.restore();
  }

  names(context) {
    const label = (lane, words, hint) => {
      const [top, tall] = LANES[lane];
      write(context, words, 0, top + tall / 2 - (hint ? 8 : 0), colours.text, "600 13px");
      if (hint) write(context, hint, 0, top + tall / 2 + 9, colours.quiet, "11px");
    };
    label("film", "frames", "drag: scrub");
    label("reward", "▲ reward", "R, or drag");
    label("cost", "◆ cost", "C, or drag");
    label("gate", "gate", "");
  }

  paintRuler(context, first, last, one) {
    const every = [1, 2, 5, 10, 20, 50].find((steps) => steps * one >= 34) || 100;
    for (let step = first - (first % every); step <= last; step += every) {
      write(context, String(step), this.x(step) + one / 2, 10, colours.quiet, "11px", "center");
    }
  }

  paintFilm(context, first, last, one) {
    const { sheet, columns, frame } = this.page;
    if (!sheet) return;
    const [top, tall] = LANES.film, every = Math.max(1, Math.ceil((tall * 0.62) / one));
    for (let step = first - (first % every); step <= last; step += every) {
      const left = this.x(step), wide = Math.min(one * every, tall), crop = Math.min(1, (one * every) / tall);
      const sx = (step % columns) * frame.width, sy = Math.floor(step / columns) * frame.height;
      const cut = frame.width * (1 - crop) / 2;
      context.drawImage(sheet, sx + cut, sy, frame.width * crop, frame.height, left, top, Math.max(wide - 1, 1), tall);
    }
  }

  paintSuggestion(context) {
    const { suggestion } = this.page;
    if (!suggestion) return;
    for (const kind of ["reward", "cost"]) {
      const [top, tall] = LANES[kind], y = (value) => top + tall - 4 - (tall - 8) * Math.max(0, Math.min(1, value));
      const points = suggestion[kind].map((value, step) => [this.x(step + 0.5), y(value)]);
      curve(context, points, colours.card, 5);
      curve(context, points, colours.text, 2, kind === "cost" ? [5, 3] : []);
    }
  }

  paintPlayhead(context, one) {
    const left = this.x(this.page.step);
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.16;
    context.fillRect(left, 0, Math.max(one, 2), 300);
    context.globalAlpha = 1;
    context.fillRect(left + one / 2 - 1, 20, 2, 280);
    context.beginPath();
    context.moveTo(left + one / 2 - 6, 18); context.lineTo(left + one / 2 + 6, 18); context.lineTo(left + one / 2, 26);
    context.fill();
  }
}
