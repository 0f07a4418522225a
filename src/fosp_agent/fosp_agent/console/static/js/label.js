// The label page: which episode is open, and giving it its label.

import { Drafts } from "./drafts.js";
import { onActs, place, text, toast } from "./dom.js";
import { Surface } from "./draw.js";
import { bindings, hints, nameOf } from "./label_keys.js";
import { loadSheet, paintFrame } from "./label_frames.js";
import { inWords, show, showEmpty, showQueue } from "./label_view.js";
import { Pen } from "./pen.js";
import { Player } from "./player.js";
import { Marks } from "./spans.js";
import { Track } from "./track.js";

const SURE = 3000;
const LOADING = 180_000; // the first suggestion loads the world model
let drafts = null;

export class LabelPage {
  constructor(root, store, site) {
    const nothing = { id: "", marks: null, step: 0, rows: [], sheet: null, suggestion: null };
    Object.assign(this, nothing, { store, site, revision: 0, sure: 0, last: "", closers: [] });
    drafts ||= new Drafts(store);
    this.parts = place(root, "label");
    this.pen = new Pen(this);
    this.player = new Player(this);
    this.screen = new Surface(this.parts.player, (brush, width) => paintFrame(brush, width, this));
    this.track = new Track(this.parts.track, this);
    this.parts.how.append(...hints());
    this.parts.labeller.addEventListener("change", () =>
      localStorage.setItem("labeller", this.parts.labeller.value),
    );
    this.bindings = bindings(this);
    onActs(this.parts.page, this.acts());
    onActs(this.parts.empty, { back: () => this.back() });
    this.listen();
    if (site.argument) this.open(site.argument);
    else this.openNext();
  }

  get length() {
    return this.marks ? this.marks.length : 1;
  }

  acts() {
    return {
      previous: () => this.seek(this.step - 1),
      next: () => this.seek(this.step + 1),
      play: () => this.player.toggle(),
      success: () => this.succeed(),
      fail: () => this.fail(),
      save: () => this.save(),
      discard: () => this.discard(),
      undo: () => this.pen.undo(),
      redo: () => this.pen.redo(),
      accept: () => this.pen.accept(),
      zoomIn: () => this.track.zoomBy(1.6),
      zoomOut: () => this.track.zoomBy(0.625),
      run: (chip) => this.seek(Number(chip.dataset.first)),
      open: (entry) => this.open(entry.dataset.id),
    };
  }

  listen() {
    const { store } = this;
    const other = (event) => {
      if (event.detail.episode_id !== this.id) return;
      text(this.parts.other, "Also being marked in another window.");
    };
    this.closers.push(
      store.on("episodes", () => this.episodesChanged()),
      store.on("live", () => this.id || showEmpty(this)),
      store.on("link", () => store.link.state === "connected" && drafts.flush()),
      store.on("draft", other),
    );
  }

  // -- which episode ------------------------------------------------------------------------

  openNext() {
    const { session } = this.store.live;
    const awaited = session?.phase === "AWAITING_LABEL" ? session.episode_id : "";
    const known = this.store.episodes.get(awaited);
    const first = known && known.label.revision === 0 && awaited !== this.id ? known : null;
    const next = first || this.store.nextUnlabelled(this.id);
    if (next) this.open(next.id);
    else showEmpty(this);
  }

  // New episodes may be what was waited for; another's label of this one must be seen.
  episodesChanged() {
    showQueue(this);
    if (!this.id) {
      const { argument } = this.site;
      if (argument && this.store.episodes.has(argument)) this.open(argument);
      else this.openNext();
      return;
    }
    const label = this.store.episodes.get(this.id)?.label;
    if (!label || label.revision === this.revision || this.saving) return;
    const who = label.labeller || "somebody else";
    text(this.parts.other, `Meanwhile labelled by ${who} (revision ${label.revision}).`);
  }

  async open(id) {
    drafts.flush();
    this.player.stop();
    this.pen.drop();
    Object.assign(this, { id, marks: null, suggestion: null, mute: "", sheet: null, sure: 0 });
    let reply = null;
    try {
      reply = await this.store.link.ask("episode", { episode_id: id });
    } catch {
      this.id = "";
      return;
    }
    if (this.id !== id || this.closed) return;
    if (reply.ok) this.begin(reply.episode);
    else {
      toast(reply.message, true);
      this.id = "";
      showEmpty(this);
    }
  }

  begin({ summary, spans, rows, columns, revisions, draft, contact }) {
    const found = drafts.find(summary.id, draft);
    const mine = found && found.revision === summary.label.revision ? found : null;
    Object.assign(this, { rows, columns, contact, revision: summary.label.revision });
    this.marks = new Marks(summary.observations, mine ? mine.spans : spans);
    this.step = Math.min(mine?.step || 0, summary.observations - 1);
    inWords(this, summary, revisions, mine, found);
    history.replaceState(null, "", `/label#${summary.id}`);
    this.track.fit();
    this.show();
    loadSheet(this);
    this.loadSuggestion(summary.id);
  }

  async loadSuggestion(id) {
    try {
      const reply = await this.store.link.ask("suggest", { episode_id: id }, LOADING);
      if (this.id !== id) return;
      if (reply.ok) this.suggestion = reply;
      else this.mute = reply.message;
      this.show();
    } catch (problem) {
      if (this.id !== id) return;
      this.mute = `no suggestion: ${problem.message}`;
      this.show();
    }
  }

  // -- moving and marking -------------------------------------------------------------------

  seek(step, follow = true) {
    if (!this.marks) return;
    this.step = Math.max(0, Math.min(this.length - 1, step));
    if (follow) {
      this.pen.move();
      this.track.follow();
    }
    this.show();
  }

  changed() {
    drafts.keep(this.id, { revision: this.revision, spans: this.marks.spans(), step: this.step });
    this.sure = 0;
    this.show();
  }

  show() {
    if (!this.closed) show(this);
  }

  // -- giving the label ---------------------------------------------------------------------

  succeed() {
    if (!this.marks) return;
    if (this.step === 0) {
      toast("Go to the first frame in which the target is touched, then press S.", true, 5);
      return;
    }
    this.pen.rewardFrom(this.step);
    this.save();
  }

  fail() {
    if (!this.marks) return;
    this.pen.rewardFrom(this.length);
    this.save();
  }

  discard() {
    if (performance.now() - this.sure <= SURE) {
      this.save(true);
      return;
    }
    this.sure = performance.now();
    toast("Press D once more to discard this episode: it is never learned from.", true, 3);
  }

  async save(discard = false) {
    if (!this.marks || this.saving) return;
    this.pen.end();
    this.saving = true;
    const started = performance.now();
    try {
      const reply = await this.store.link.ask("label", this.label(discard));
      performance.measure("label", { start: started });
      if (reply.ok) this.saved(reply);
      else this.refused(reply);
    } catch (problem) {
      toast(problem.message, true);
    } finally {
      this.saving = false;
    }
  }

  label(discard) {
    const { labeller, note } = this.parts;
    const spans = discard ? [] : this.marks.spans();
    const about = { episode_id: this.id, revision: this.revision, labeller: labeller.value };
    return { ...about, spans, discard, note: note.value };
  }

  saved(reply) {
    drafts.drop(this.id);
    toast(`${reply.message} · B goes back to correct it`);
    this.revision = reply.revision;
    this.last = this.id;
    this.openNext();
  }

  // Somebody may have been quicker: then ours stays as a draft for a correction of theirs.
  refused(reply) {
    toast(reply.message, true);
    if (!reply.conflict) return;
    this.revision = reply.revision;
    this.changed();
    drafts.flush();
    const words = "Your marks are shown; saving them makes a new revision.";
    text(this.parts.other, `Somebody else labelled it first. ${words}`);
  }

  back() {
    if (this.last) this.open(this.last);
  }

  // -- keys ---------------------------------------------------------------------------------

  key(event) {
    const act = this.bindings[nameOf(event)];
    if (!act || (event.repeat && !act.repeats)) return Boolean(act);
    if (!this.marks && !act.always) return false;
    act.run();
    return true;
  }

  keyUp(event) {
    if (["r", "c", "x"].includes(event.key.toLowerCase())) this.pen.release();
  }

  keys() {
    return Object.values(this.bindings)
      .filter((one) => one.keys)
      .map((one) => [one.keys, one.what]);
  }

  close() {
    this.closed = true;
    drafts.flush();
    this.player.stop();
    this.track.close();
    this.screen.close();
    for (const close of this.closers) close();
  }
}
