// History: every episode, what came of it, and how the weights changed it.

import { drawCurves, drawTrails } from "./charts.js";
import { Comparison } from "./compare.js";
import { place, text } from "./dom.js";
import { Surface } from "./draw.js";
import { EpisodeList } from "./episode_list.js";
import { Filters } from "./filters.js";
import { Weights } from "./weights.js";

const MOVES = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

export class HistoryPage {
  constructor(root, store, site) {
    Object.assign(this, { store, site, picked: "", rows: [], closers: [] });
    this.parts = place(root, "history");
    this.filters = new Filters(this.parts, () => this.refresh());
    this.list = new EpisodeList(this.parts, this);
    this.comparison = new Comparison(this.parts, store);
    this.weights = new Weights(this.parts.weights, store);
    this.surfaces = [
      new Surface(this.parts.curves, (brush, width, height) =>
        drawCurves(brush, width, height, this.rows.toReversed(), this.picked),
      ),
      new Surface(this.parts.trails, (brush, width, height) =>
        drawTrails(brush, width, height, this.rows, this.picked, store.workspace),
      ),
    ];
    for (const type of ["episodes", "hello"]) {
      this.closers.push(store.on(type, () => this.refresh()));
    }
    for (const type of ["weights", "live"]) {
      this.closers.push(store.on(type, () => this.weights.show()));
    }

    this.refresh();
  }

  refresh() {
    const all = this.store.ordered();
    this.filters.offer(all);
    this.rows = this.filters.of(all).toReversed();
    text(this.parts.count, `${this.rows.length} of ${all.length}`);
    this.list.show(this.rows);
    this.redraw();
    this.comparison.refresh();
    this.weights.show();
  }

  redraw() {
    for (const surface of this.surfaces) surface.redraw();
  }

  pick(id) {
    this.picked = id;
    this.list.select(id);
    text(this.parts.trailHint, this.store.episodes.has(id) ? id : "");
    this.redraw();
  }

  label(id) {
    this.site.go(`/label#${id}`);
  }

  key(event) {
    if (event.key === "Enter" && this.picked) {
      this.label(this.picked);
      return true;
    }
    const move = MOVES[event.key];
    if (!move || !this.rows.length) return false;
    const at = this.rows.findIndex((one) => one.id === this.picked);
    const next = Math.max(0, Math.min(this.rows.length - 1, at < 0 ? 0 : at + move));
    this.list.reveal(next);
    this.pick(this.rows[next].id);
    return true;
  }

  keys() {
    return [
      [["↑", "↓"], "move through the episodes"],
      [["PageUp", "PageDown"], "eight at a time"],
      [["Enter"], "label or correct the episode"],
    ];
  }

  close() {
    for (const close of this.closers) close();
    for (const surface of this.surfaces) surface.close();
    this.list.close();
  }
}
