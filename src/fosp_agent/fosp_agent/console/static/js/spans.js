// Marks on an episode's steps: reward and cost, with undo and redo. No document, no network.

export const KINDS = ["reward", "cost"];
const DEEPEST = 200;

export class Marks {
  constructor(length, spans = []) {
    this.length = length;
    this.masks = { reward: new Uint8Array(length), cost: new Uint8Array(length) };
    for (const span of spans) this.masks[span.kind].fill(1, Math.max(0, span.first), span.last + 1);
    this.past = [];
    this.future = [];
    this.stroke = null;
  }

  copy() {
    return { reward: this.masks.reward.slice(), cost: this.masks.cost.slice() };
  }

  // A stroke is one step of undo, however often it moves.
  begin(kinds, anchor, value) {
    this.end();
    const before = this.copy();
    this.stroke = { kinds, anchor, value, before, base: before };
    this.reach(anchor);
  }

  // Take a run by one end, to draw it anew from the other.
  grasp({ kind, first, last }, anchor, moving) {
    this.end();
    const before = this.copy();
    const base = this.copy();
    base[kind].fill(0, first, last + 1);
    this.stroke = { kinds: [kind], anchor, value: 1, before, base };
    this.reach(moving);
  }

  reach(step) {
    const { kinds, anchor, value, base } = this.stroke;
    const first = Math.max(0, Math.min(anchor, step));
    const last = Math.min(this.length - 1, Math.max(anchor, step));
    for (const kind of KINDS) this.masks[kind].set(base[kind]);
    for (const kind of kinds) this.masks[kind].fill(value, first, last + 1);
  }

  end() {
    if (!this.stroke) return;
    this.remember(this.stroke.before);
    this.stroke = null;
  }

  cancel() {
    if (!this.stroke) return;
    this.masks = this.stroke.before;
    this.stroke = null;
  }

  paint(kinds, first, last, value) {
    this.begin(kinds, first, value);
    this.reach(last);
    this.end();
  }

  replace(spans) {
    this.end();
    const before = this.copy();
    for (const kind of KINDS) this.masks[kind].fill(0);
    for (const span of spans) {
      this.masks[span.kind].fill(1, Math.max(0, span.first), Math.min(this.length, span.last + 1));
    }
    this.remember(before);
  }

  remember(before) {
    if (
      KINDS.every((kind) => before[kind].every((value, step) => value === this.masks[kind][step]))
    ) {
      return;
    }
    this.past.push(before);
    if (this.past.length > DEEPEST) this.past.shift();
    this.future = [];
  }

  undo() {
    if (this.stroke) {
      this.cancel();
      return;
    }
    if (!this.past.length) return;
    this.future.push(this.masks);
    this.masks = this.past.pop();
  }

  redo() {
    if (!this.future.length) return;
    this.past.push(this.masks);
    this.masks = this.future.pop();
  }

  spans() {
    const found = [];
    for (const kind of KINDS) {
      const mask = this.masks[kind];
      for (let step = 0; step < this.length; step += 1) {
        if (!mask[step]) continue;
        const first = step;
        while (step + 1 < this.length && mask[step + 1]) step += 1;
        found.push({ kind, first, last: step });
      }
    }
    return found;
  }

  total(kind) {
    return this.masks[kind].reduce((sum, value) => sum + value, 0);
  }
}

// Runs where a curve is above a threshold; gaps of one step are closed.
export function above(values, threshold, kind) {
  const mask = values.map((value) => value > threshold);
  for (let step = 1; step + 1 < mask.length; step += 1) {
    if (mask[step - 1] && mask[step + 1]) mask[step] = true;
  }
  const marks = new Marks(values.length);
  mask.forEach((marked, step) => {
    if (marked) marks.masks[kind][step] = 1;
  });
  return marks.spans();
}
