// History: every episode, what came of it, and how the weights changed it.

import { clock, fill, h, number, percent, text, toast } from "./dom.js";
import { Surface } from "./draw.js";
import { drawCurves, drawTrails } from "./charts.js";
import { comparison } from "./compare.js";
import { share } from "./store.js";

const TALL = 72;

export class HistoryPage {
  constructor(root, store, site) {
    Object.assign(this, { root, store, site, picked: "", rows: [], entries: new Map(), closers: [], sure: 0 });
    this.filters = { text: "", label: "all", task: "", version: "" };
    this.build();
    for (const type of ["episodes", "weights", "hello", "live"]) this.closers.push(store.on(type, () => this.refresh(type)));
    this.refresh();
  }

  build() {
    this.parts = {};
    const part = (name, tag = "div", attributes = {}, ...inside) => (this.parts[name] = h(tag, attributes, ...inside));
    const pick = (name, label, options) => part(name, "select", { "aria-label": label, onchange: (event) => { this.filters[name] = event.target.value; this.refresh(); } }, options.map(([value, words]) => h("option", { value }, words)));
    const canvas = (name, label, look) => part(name, "canvas", { class: look, role: "img", "aria-label": label });
    this.root.append(h("div", { class: "history" },
      h("section", { class: "card list", "aria-label": "Episodes" },
        h("div", { class: "row" },
          h("input", { type: "search", placeholder: "Find an id", "aria-label": "Find an id", size: 12, oninput: (event) => { this.filters.text = event.target.value; this.refresh(); } }),
          pick("label", "Label", [["all", "all labels"], ["none", "unlabelled"], ["success", "success"], ["fail", "no success"], ["violation", "violation"], ["discard", "discarded"]]),
          pick("task", "Task", [["", "all tasks"]]), pick("version", "Weights", [["", "all weights"]]), h("span", { class: "grow" }), part("count", "span", { class: "quiet" })),
        part("scroller", "div", { class: "scroller", tabIndex: 0, role: "listbox", "aria-label": "Episodes, newest first", onscroll: () => this.place() }, part("tall"))),
      h("div", { class: "side" },
        h("section", { class: "card", "aria-label": "Return and cost" }, h("h2", {}, "Return and cost an episode"), canvas("curves", "Return and cost of every episode shown", "chart")),
        h("section", { class: "card", "aria-label": "Trails" }, h("h2", {}, h("span", {}, "Way of the end effector"), part("trailHint", "span", { class: "mono" })), canvas("trails", "Trails of the end effector over the workspace", "trail")),
        h("section", { class: "card", "aria-label": "Compare" }, h("h2", {}, "Before and after"), part("compare")),
        h("section", { class: "card", "aria-label": "Roll back" }, h("h2", {}, "Weights"), part("weights")))));
    this.curves = new Surface(this.parts.curves, (context, w, hh) => drawCurves(context, w, hh, this.shown(), this.picked));
    this.trails = new Surface(this.parts.trails, (context, w, hh) => drawTrails(context, w, hh, this.rows, this.picked, this.store.workspace));
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(this.parts.scroller);
    this.closers.push(() => this.curves.close(), () => this.trails.close(), () => this.observer.disconnect());
  }

  shown() { return [...this.rows].reverse(); }

  refresh(type = "") {
    if (type === "live") { this.showWeights(); return; }
    const all = this.store.ordered(), { filters } = this;
    const matches = {
      all: () => true, none: (one) => one.label.revision === 0, discard: (one) => one.label.discard,
      success: (one) => one.label.success && !one.label.discard, fail: (one) => one.label.revision > 0 && !one.label.success && !one.label.discard,
      violation: (one) => one.label.violation && !one.label.discard,
    }[filters.label];
    this.rows = all.filter((one) => matches(one) && one.id.includes(filters.text) && (!filters.task || one.task === filters.task) && (!filters.version || String(one.version) === filters.version)).reverse();
    this.options("task", [...new Set(all.map((one) => one.task))].sort(), (task) => task.replaceAll("_", " "), "all tasks");
    this.options("version", [...new Set(all.map((one) => String(one.version)))].sort((a, b) => a - b), (version) => `weights v${version}`, "all weights");
    text(this.parts.count, `${this.rows.length} of ${all.length}`);
    this.parts.tall.style.height = `${this.rows.length * TALL}px`;
    for (const entry of this.entries.values()) entry.remove();
    this.entries.clear();
    this.place();
    this.curves.redraw(); this.trails.redraw();
    if (!this.compare) { this.compare = comparison(this.store); this.parts.compare.append(this.compare.element); }
    this.compare.refresh();
    this.showWeights();
  }

  options(name, values, words, all) {
    const select = this.parts[name], known = values.join("\n");
    if (select.dataset.known === known) return;
    select.dataset.known = known;
    fill(select, h("option", { value: "" }, all), values.map((value) => h("option", { value, selected: value === this.filters[name] }, words(value))));
  }

  // Only the entries in sight exist.
  place() {
    const { scroller, tall } = this.parts, first = Math.max(0, Math.floor(scroller.scrollTop / TALL) - 4);
    const last = Math.min(this.rows.length - 1, Math.ceil((scroller.scrollTop + scroller.clientHeight) / TALL) + 4);
    for (const [at, entry] of this.entries) if (at < first || at > last) { entry.remove(); this.entries.delete(at); }
    for (let at = first; at <= last; at += 1) {
      if (this.entries.has(at)) continue;
      const entry = this.entry(this.rows[at]);
      entry.style.top = `${at * TALL}px`;
      this.entries.set(at, entry);
      tall.append(entry);
    }
  }

  entry(one) {
    const { label } = one, badges = [];
    const badge = (look, words) => badges.push(h("span", { class: `badge ${look}` }, words));
    if (one.damage) badge("violation", "damaged");
    else if (!label.revision) badge("none", "unlabelled");
    else if (label.discard) badge("fail", "discarded");
    else { badge(label.success ? "success" : "fail", label.success ? "▲ success" : "no success"); if (label.violation) badge("violation", `◆ cost ${number(label.cost, 0)}`); }
    const pex = share(one), bar = h("i", { class: "share", title: "share of the steps that the new policy gave" }, h("i"));
    if (pex !== null) bar.firstChild.style.width = `${100 * pex}%`;
    return h("div", { class: "entry", role: "option", "aria-selected": String(one.id === this.picked), onclick: () => this.pick(one.id), ondblclick: () => this.site.go(`/label#${one.id}`) },
      one.damage ? h("span") : h("img", { src: `/media/thumb/${encodeURIComponent(one.id)}.jpg`, alt: "", loading: "lazy", width: 60, height: 60 }),
      h("div", {}, h("div", { class: "name" }, one.id),
        h("div", { class: "facts" }, one.damage || `${clock(one.recorded_ms)} · weights v${one.version}${label.revision && !label.discard ? ` · return ${number(label.return, 0)}` : ""}`),
        one.damage ? null : h("div", { class: "facts" }, pex === null ? `by ${Object.keys(one.acted).join(", ") || "nobody"}` : [bar, ` new ${percent(pex)}`], ` · u ${number(one.feasibility)}${one.vetoes ? ` · ${one.vetoes} vetoes` : ""}`)),
      h("div", { class: "row" }, badges, one.damage ? null : h("button", { class: "icon", "aria-label": `${label.revision ? "Correct" : "Label"} ${one.id}`, onclick: () => this.site.go(`/label#${one.id}`) }, label.revision ? "Correct" : "Label")));
  }

  pick(id) {
    this.picked = id;
    for (const [at, entry] of this.entries) entry.setAttribute("aria-selected", String(this.rows[at].id === id));
    const one = this.store.episodes.get(id);
    text(this.parts.trailHint, one ? one.id : "");
    this.curves.redraw(); this.trails.redraw();
  }

  showWeights() {
    const { acting } = this.store.live, versions = [...this.store.versions].reverse();
    const state = JSON.stringify([acting?.version, versions.map((one) => one.version)]);
    if (state === this.weightsShown) return;
    this.weightsShown = state;
    if (!versions.length) { fill(this.parts.weights, h("p", { class: "quiet" }, "No trainer runs in this stack, so there are no versions to go back to.")); return; }
    fill(this.parts.weights, h("p", { class: "hint" }, "One click lets an earlier version act and learn on; it becomes a new version, nothing is deleted."),
      h("table", {}, h("thead", {}, h("tr", {}, ["version", "steps", "made", ""].map((name) => h("th", {}, name)))),
        h("tbody", {}, versions.slice(0, 30).map((one) => h("tr", { class: acting?.version === one.version ? "acts" : "" }, h("td", {}, `v${one.version}`), h("td", {}, one.updates), h("td", {}, clock(one.made_ms)),
          h("td", {}, acting?.version === one.version ? null : h("button", { class: "icon", "data-rollback": one.version, onclick: (event) => this.rollBack(one.version, event.target) }, "Go back to it")))))));
  }

  async rollBack(version, button) {
    button.disabled = true;
    try {
      const answer = await this.store.link.ask("rollback", { version });
      toast(answer.message, !answer.ok);
    } catch (problem) { toast(problem.message, true); } finally { button.disabled = false; }
  }

  key(event) {
    const at = this.rows.findIndex((one) => one.id === this.picked), move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (event.target.tagName === "BUTTON" && event.key === "Enter") return false;
    if (move && this.rows.length) {
      const next = Math.max(0, Math.min(this.rows.length - 1, at < 0 ? 0 : at + move)), { scroller } = this.parts;
      if (next * TALL < scroller.scrollTop) scroller.scrollTop = next * TALL;
      if ((next + 1) * TALL > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = (next + 1) * TALL - scroller.clientHeight;
      this.place();
      this.pick(this.rows[next].id);
      return true;
    }
    if (event.key === "Enter" && this.picked) { this.site.go(`/label#${this.picked}`); return true; }
    return false;
  }

  keys() { return [[["↑", "↓"], "move through the episodes"], [["PageUp", "PageDown"], "eight at a time"], [["Enter"], "label or correct the episode"]]; }

  close() { this.closers.forEach((close) => close()); }
}

