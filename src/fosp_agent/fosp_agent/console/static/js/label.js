// The label page: scrub, mark, give the label, next.

import { fill, h, kbd, number, swatch, text, toast } from "./dom.js";
import { Surface, write } from "./draw.js";
import { Drafts } from "./drafts.js";
import { bindings, hints } from "./label_keys.js";
import { KINDS, Marks, above } from "./spans.js";
import { Track } from "./track.js";

const FRAMES_PER_SECOND = 10;
let drafts = null;

export class LabelPage {
  constructor(root, store, site) {
    Object.assign(this, { root, store, site, id: "", marks: null, step: 0, rows: [], sheet: null, columns: 9, frame: { width: 64, height: 64 }, suggestion: null, painting: null, playing: 0, sure: 0, revision: 0, closers: [] });
    drafts = drafts || new Drafts(store);
    this.build();
    this.closers.push(store.on("episodes", () => this.episodesChanged()));
    this.closers.push(store.on("link", () => { if (store.link.state === "connected") drafts.flush(); }));
    this.closers.push(store.on("draft", (event) => {
      if (event.detail.episode_id === this.id) text(this.parts.other, "Also being marked in another window.");
    }));
    if (site.argument) this.open(site.argument); else this.openNext();
  }

  get length() { return this.marks ? this.marks.length : 1; }

  build() {
    this.parts = {};
    const part = (name, tag = "div", attributes = {}, ...inside) => (this.parts[name] = h(tag, attributes, ...inside));
    const button = (name, words, key, look, act) => part(name, "button", { id: `label-${name}`, class: look, onclick: act }, words, kbd(key));
    const player = h("canvas", { role: "img", "aria-label": "The frame under the playhead" });
    const track = h("canvas", { class: "track", id: "track", tabIndex: 0, role: "slider", "aria-label": "Playhead", "aria-valuemin": 0 });
    part("desk", "div", { class: "label" },
      h("section", { class: "card view", "aria-label": "Frame" }, player,
        h("div", { class: "row" }, part("where", "b", { class: "big" }), part("truth", "span", { class: "painting" }), h("span", { class: "grow" }),
          h("button", { class: "icon", "aria-label": "Back one frame", onclick: () => this.seek(this.step - 1) }, "◀"),
          part("play", "button", { class: "icon", id: "label-play", "aria-label": "Play or pause", onclick: () => this.play() }, "▶▶"),
          h("button", { class: "icon", "aria-label": "On one frame", onclick: () => this.seek(this.step + 1) }, "▶")),
        part("facts", "p", { class: "quiet" }), part("gate", "p", { class: "hint" }),
        h("div", { class: "row" }, button("success", "Success: from here on", "S", "", () => this.succeed()), button("fail", "Fail", "F", "", () => this.fail())),
        h("p", { class: "hint" }, "S and F give the whole label in one key: reward from this frame to the end, or none. Marked cost stays."),
        h("div", { class: "row" }, button("save", "Save, next", "Enter", "primary", () => this.save()), button("discard", "Discard", "D", "danger", () => this.discard()))),
      h("section", { class: "card track-card", "aria-label": "Marks" }, track,
        h("div", { class: "row" }, button("undo", "Undo", "Z", "", () => this.undo()), button("redo", "Redo", "Y", "", () => this.redo()), button("accept", "Take the suggestion", "T", "", () => this.accept()),
          h("button", { "aria-label": "Zoom in", onclick: () => this.track.zoomBy(1.6) }, "+"), h("button", { "aria-label": "Zoom out", onclick: () => this.track.zoomBy(0.625) }, "−"),
          h("span", { class: "hint" }, swatch("reward"), "reward 1", " ", swatch("cost"), "cost 1; the thin lines are what the world model expects")),
        part("chips", "div", { class: "chips", "aria-label": "Marked runs" })),
      h("div", { class: "under" },
        h("section", { class: "card", "aria-label": "How" }, h("h2", {}, "How"), h("p", { class: "hint" }, hints()), part("other", "p", { class: "painting" }),
          h("div", { class: "row" }, h("label", {}, "Your name ", part("labeller", "input", { type: "text", size: 10, maxLength: 60 })), h("label", { class: "grow" }, "Note ", part("note", "input", { type: "text", size: 24, maxLength: 400 }))), part("revisions", "p", { class: "hint" })),
        h("section", { class: "card", "aria-label": "Episodes" }, h("h2", {}, h("span", {}, "To label"), part("left", "span")), part("queue", "ul", { class: "queue" }))));
    part("empty", "div", { class: "card empty", hidden: true });
    this.root.append(this.parts.empty, this.parts.desk);
    this.player = new Surface(player, (context, w, hh) => this.paintFrame(context, w, hh));
    this.track = new Track(track, this);
    this.parts.labeller.addEventListener("change", () => localStorage.setItem("labeller", this.parts.labeller.value));
    this.bindings = bindings(this);
  }

  // -- which episode ------------------------------------------------------------------------

  openNext() {
    const awaited = this.store.live.session?.phase === "AWAITING_LABEL" ? this.store.live.session.episode_id : "";
    const known = this.store.episodes.get(awaited);
    const next = known && known.label.revision === 0 && awaited !== this.id ? known : this.store.nextUnlabelled(this.id);
    if (next) this.open(next.id); else this.showEmpty();
  }

  // New episodes may be what was waited for; another's label of this one must be seen.
  episodesChanged() {
    this.showQueue();
    if (!this.id) { if (this.site.argument && this.store.episodes.has(this.site.argument)) this.open(this.site.argument); else this.openNext(); return; }
    const label = this.store.episodes.get(this.id)?.label;
    if (label && label.revision !== this.revision && !this.saving) {
      text(this.parts.other, `Meanwhile labelled by ${label.labeller || "somebody else"} (revision ${label.revision}).`);
    }
  }

  async open(id) {
    drafts.flush();
    this.stop();
    Object.assign(this, { id, marks: null, suggestion: null, sheet: null, painting: null, sure: 0 });
    const asked = id;
    let reply;
    try { reply = await this.store.link.ask("episode", { episode_id: id }); } catch { this.id = ""; return; }
    if (this.id !== asked || this.closed) return;
    if (!reply.ok) { toast(reply.message, true); this.id = ""; this.showEmpty(); return; }
    const { summary, spans, rows, columns, revisions, draft } = reply.episode;
    const found = drafts.find(id, draft);
    const mine = found && found.revision === summary.label.revision ? found : null;
    Object.assign(this, { rows, columns, revision: summary.label.revision, saved: JSON.stringify(spans) });
    this.marks = new Marks(summary.observations, mine ? mine.spans : spans);
    this.step = Math.min(mine?.step || 0, summary.observations - 1);
    this.parts.desk.hidden = false; this.parts.empty.hidden = true;
    this.parts.note.value = "";
    this.parts.labeller.value = localStorage.getItem("labeller") || this.store.hello.labeller || "";
    text(this.parts.other, mine ? "Your marks are back; nothing is stored before you save." : found ? "There are older marks for an earlier label; they were left aside." : "");
    text(this.parts.revisions, revisions.length ? `Labelled before: ${revisions.map((one) => `revision ${one.revision} by ${one.labeller || "?"} (return ${one.return}, cost ${one.cost}${one.discard ? ", discarded" : ""})`).join("; ")}. Every revision is kept.` : "");
    text(this.parts.facts, `${summary.id} · ${summary.task.replaceAll("_", " ")}${summary.version ? ` · weights v${summary.version}` : ""}`);
    history.replaceState(null, "", `/label#${id}`);
    this.track.fit();
    this.show();
    this.loadSheet(id);
    this.loadSuggestion(id);
  }

  loadSheet(id) {
    const image = new Image();
    image.addEventListener("load", () => {
      if (this.id !== id) return;
      this.sheet = image;
      this.frame = { width: image.naturalWidth / this.columns, height: image.naturalHeight / Math.ceil(this.length / this.columns) };
      this.player.redraw(); this.track.redraw();
    });
    image.src = `/media/sheet/${encodeURIComponent(id)}.jpg`;
  }

  async loadSuggestion(id) {
    try {
      const reply = await this.store.link.ask("suggest", { episode_id: id });
      if (this.id !== id || !reply.ok) return;
      this.suggestion = reply;
      this.parts.accept.disabled = false;
      this.track.redraw();
    } catch { /* without a suggestion one labels all the same */ }
  }

  // -- moving and marking ---------------------------------------------------------------------

  seek(step, follow = true) {
    if (!this.marks) return;
    this.step = Math.max(0, Math.min(this.length - 1, step));
    if (this.painting && follow) { this.marks.reach(this.step); this.painting.moved = true; this.changed(); }
    if (follow) this.track.follow();
    this.show();
  }

  play() {
    if (this.playing) { this.stop(); return; }
    if (this.step >= this.length - 1) this.seek(0);
    this.playing = setInterval(() => { if (this.step >= this.length - 1) this.stop(); else this.seek(this.step + 1); }, 1000 / FRAMES_PER_SECOND);
    this.show();
  }

  stop() { clearInterval(this.playing); this.playing = 0; this.show(); }

  // Down starts a run at the playhead; moving makes it longer; up after a move, or the key again, ends it.
  paint(kinds, value) {
    const name = kinds.join() + value;
    if (this.painting) { const same = this.painting.name === name; this.endPainting(); if (same) return; }
    this.marks.begin(kinds, this.step, value);
    this.painting = { name, kinds, value, moved: false };
    this.changed();
  }

  release() { if (this.painting?.moved) this.endPainting(); }

  endPainting() { this.marks.end(); this.painting = null; this.changed(); }

  undo() { this.painting = null; this.marks?.undo(); this.changed(); }
  redo() { this.endPainting(); this.marks.redo(); this.changed(); }

  accept() {
    if (!this.suggestion) { toast("The world model has no suggestion for this episode."); return; }
    this.painting = null;
    this.marks.replace(KINDS.flatMap((kind) => above(this.suggestion[kind], 0.5, kind)));
    this.changed();
  }

  changed() {
    drafts.keep(this.id, { revision: this.revision, spans: this.marks.spans(), step: this.step });
    this.sure = 0;
    this.show();
  }

  // -- giving the label -----------------------------------------------------------------------

  succeed() { if (!this.marks) return; this.painting = null; this.marks.end(); this.marks.paint(["reward"], 0, this.length - 1, 0); this.marks.paint(["reward"], this.step, this.length - 1, 1); this.changed(); this.save(); }
  fail() { if (!this.marks) return; this.painting = null; this.marks.end(); this.marks.paint(["reward"], 0, this.length - 1, 0); this.changed(); this.save(); }

  discard() {
    if (performance.now() - this.sure > 3000) { this.sure = performance.now(); toast("Press D once more to discard this episode: it is never learned from.", true, 3); return; }
    this.save(true);
  }

  async save(discard = false) {
    if (!this.marks || this.saving) return;
    if (this.painting) this.endPainting();
    const { id } = this, spans = discard ? [] : this.marks.spans();
    this.saving = true;
    const started = performance.now();
    try {
      const reply = await this.store.link.ask("label", { episode_id: id, revision: this.revision, spans, discard, labeller: this.parts.labeller.value, note: this.parts.note.value });
      performance.measure("label", { start: started });
      if (!reply.ok) { toast(reply.message, true); if (reply.conflict) await this.conflict(reply); return; }
      drafts.drop(id);
      toast(`${reply.message} · B goes back to correct it`);
      this.revision = reply.revision;
      this.last = id;
      this.openNext();
    } catch (problem) { toast(problem.message, true); } finally { this.saving = false; }
  }

  // Somebody was quicker: their label is shown, ours stays as a draft of it.
  async conflict(reply) {
    const spans = this.marks.spans();
    this.revision = reply.revision;
    drafts.keep(this.id, { revision: reply.revision, spans, step: this.step });
    drafts.flush();
    text(this.parts.other, "Somebody else labelled it first. Your marks are shown; saving them makes a new revision.");
  }

  back() { if (this.last) this.open(this.last); }

  // -- showing --------------------------------------------------------------------------------

  show() {
    if (this.closed) return;
    const { parts, marks } = this;
    this.player.redraw(); this.track.redraw(); this.showQueue();
    if (!marks) return;
    text(parts.where, `${this.step} / ${this.length - 1}`);
    const here = KINDS.filter((kind) => marks.masks[kind][this.step]);
    parts.truth.dataset.kind = this.painting ? this.painting.kinds[0] : here[0] || "";
    text(parts.truth, this.painting ? (this.painting.value ? `marking ${this.painting.kinds[0]} …` : "erasing …") : here.map((kind) => (kind === "reward" ? "▲ reward" : "◆ cost")).join("  "));
    const row = this.rows.find((one) => one.step === this.step);
    text(parts.gate, row ? `acted: ${row.policy || "nobody"}${row.accepted === false ? ` · vetoed: ${row.reason}, ${row.detail}` : row.detail ? ` · ${row.detail}` : ""}` : "");
    const canvas = this.track.canvas;
    canvas.setAttribute("aria-valuemax", this.length - 1); canvas.setAttribute("aria-valuenow", this.step);
    canvas.setAttribute("aria-valuetext", `frame ${this.step}${here.length ? `, ${here.join(" and ")}` : ""}`);
    fill(parts.chips, marks.spans().map(({ kind, first, last }) => h("button", { class: `chip ${kind}`, title: "Go there; Delete removes it", "data-span": `${kind} ${first}-${last}`, onclick: () => this.seek(first),
      onkeydown: (event) => { if (event.key === "Delete" || event.key === "Backspace") { event.stopPropagation(); marks.paint([kind], first, last, 0); this.changed(); } } }, `${kind === "reward" ? "▲" : "◆"} ${kind} ${first}–${last}`)),
      h("span", { class: "hint" }, `return ${number(marks.total("reward"), 0)}, cost ${number(marks.total("cost"), 0)}`));
    parts.undo.disabled = !marks.past.length && !marks.stroke; parts.redo.disabled = !marks.future.length; parts.accept.disabled = !this.suggestion;
    text(parts.play, this.playing ? "❚❚" : "▶▶");
  }

  showQueue() {
    const todo = this.store.unlabelled();
    text(this.parts.left, todo.length ? `${todo.length} left` : "none left");
    const shown = todo.slice(0, 30).map((one) => one.id).join() + this.id;
    if (shown === this.shownQueue) return;
    this.shownQueue = shown;
    fill(this.parts.queue, todo.slice(0, 30).map((one) => h("li", {}, h("button", { "aria-current": one.id === this.id ? "true" : false, onclick: () => this.open(one.id) }, one.id))));
  }

  showEmpty() {
    Object.assign(this, { id: "", marks: null });
    this.parts.desk.hidden = true; this.parts.empty.hidden = false;
    const any = this.store.episodes.size;
    fill(this.parts.empty, h("b", {}, any ? "Every episode has its label" : "No episode yet"),
      any ? "The next one opens here as soon as it is recorded. To correct an earlier label, open it from the history (3)." : "Start one on the live page (1); it opens here when it is recorded.",
      this.last ? [" ", h("button", { onclick: () => this.back() }, "Correct the last", kbd("B"))] : null);
  }

  paintFrame(context, width, height) {
    if (!this.sheet || !this.marks) { write(context, "loading", width / 2, height / 2, "#b8c4ce", "13px", "center"); return; }
    context.imageSmoothingQuality = "high";
    const { frame, columns, step } = this;
    context.drawImage(this.sheet, (step % columns) * frame.width, Math.floor(step / columns) * frame.height, frame.width, frame.height, 0, 0, width, height * Math.min(1, frame.height / frame.width));
  }

  key(event) {
    const name = `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.shiftKey && event.key.length > 1 ? "Shift+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
    if (event.target.tagName === "BUTTON" && (event.key === "Enter" || event.key === " ")) return false;
    const act = this.bindings[name === "z" && event.shiftKey ? "y" : name];
    if (!act || (event.repeat && !act.repeats)) return Boolean(act);
    if (!this.marks && !act.always) return false;
    act.run();
    return true;
  }

  keyUp(event) { if (["r", "c", "x"].includes(event.key.toLowerCase())) this.release(); }

  keys() { return Object.values(this.bindings).filter((one) => one.keys).map((one) => [one.keys, one.what]); }

  close() { this.closed = true; drafts.flush(); clearInterval(this.playing); this.track.close(); this.player.close(); this.closers.forEach((close) => close()); }
}
