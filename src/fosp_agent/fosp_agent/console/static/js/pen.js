// What marks: by keys at the playhead, by the suggestion, and back again.

import { toast } from "./dom.js";
import { KINDS, above } from "./spans.js";

const THRESHOLD = 0.5;

export class Pen {
  constructor(page) {
    this.page = page;
    this.stroke = null;
  }

  // A key went down: starts a run at the playhead, or ends the one it started.
  press(kinds, value) {
    const name = kinds.join() + value;
    const same = this.stroke?.name === name;
    this.end();
    if (same) return;
    this.page.marks.begin(kinds, this.page.step, value);
    this.stroke = { name, kinds, value, moved: false };
    this.page.changed();
  }

  // The playhead moved: the run grows with it.
  move() {
    if (!this.stroke) return;
    this.page.marks.reach(this.page.step);
    this.stroke.moved = true;
    this.page.changed();
  }

  // The key came up: after a move, that ends the run.
  release() {
    if (this.stroke?.moved) this.end();
  }

  end() {
    if (!this.stroke) return;
    this.page.marks.end();
    this.drop();
    this.page.changed();
  }

  // Another episode is opened.
  drop() {
    this.stroke = null;
  }

  undo() {
    if (!this.page.marks) return;
    this.drop();
    this.page.marks.undo();
    this.page.changed();
  }

  redo() {
    if (!this.page.marks) return;
    this.end();
    this.page.marks.redo();
    this.page.changed();
  }

  // The whole reward is from a step on; marked cost stays.
  rewardFrom(step) {
    const { marks, length } = this.page;
    const cost = marks.spans().filter((span) => span.kind === "cost");
    const reward = step < length ? [{ kind: "reward", first: step, last: length - 1 }] : [];
    this.drop();
    marks.replace([...reward, ...cost]);
    this.page.changed();
  }

  accept() {
    const { suggestion, marks } = this.page;
    if (!suggestion || !marks) {
      toast("The world model has no suggestion for this episode.");
      return;
    }
    this.drop();
    marks.replace(KINDS.flatMap((kind) => above(suggestion[kind], THRESHOLD, kind)));
    this.page.changed();
  }
}
