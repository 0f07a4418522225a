// What the label page shows in words.

import { fill, h, kbd, number, text } from "./dom.js";
import { KINDS } from "./spans.js";

const SIGNS = { reward: "▲ reward", cost: "◆ cost" };
const QUEUED = 30;

export function show(page) {
  const { parts, marks, pen, step } = page;
  page.screen.redraw();
  page.track.redraw();
  showQueue(page);
  if (!marks) return;
  const here = KINDS.filter((kind) => marks.masks[kind][step]);
  text(parts.where, `${step} / ${page.length - 1}`);
  parts.truth.dataset.kind = pen.stroke ? pen.stroke.kinds[0] : here[0] || "";
  text(parts.truth, pen.stroke ? doing(pen.stroke) : here.map((kind) => SIGNS[kind]).join("  "));
  text(parts.gate, acted(page));
  showSlider(page, here);
  showChips(page);
  parts.undo.disabled = !marks.past.length && !marks.stroke;
  parts.redo.disabled = !marks.future.length;
  parts.accept.disabled = !page.suggestion;
  text(parts.play, page.player.playing ? "❚❚" : "▶▶");
}

function doing({ kinds, value }) {
  return value ? `marking ${kinds[0]} …` : "erasing …";
}

function acted({ rows, step, contact }) {
  const row = rows.find((one) => one.step === step);
  const force = contact?.force[step];
  const touch = contact && force > contact.threshold ? ` · contact, ${number(force, 1)} N` : "";
  if (!row) return touch.slice(3);
  const veto = row.accepted === false ? ` · vetoed: ${row.reason}, ${row.detail}` : "";
  return `acted: ${row.policy || "nobody"}${veto || (row.detail ? ` · ${row.detail}` : "")}${touch}`;
}

function showSlider({ parts: { track }, length, step }, here) {
  const words = here.length ? `, ${here.join(" and ")}` : "";
  track.setAttribute("aria-valuemax", length - 1);
  track.setAttribute("aria-valuenow", step);
  track.setAttribute("aria-valuetext", `frame ${step}${words}`);
}

function showChips(page) {
  const { marks, parts } = page;
  const spans = marks.spans();
  const totals = KINDS.map((kind) => number(marks.total(kind), 0));
  const state = JSON.stringify(spans);
  if (state !== parts.chips.dataset.state) {
    parts.chips.dataset.state = state;
    const words = `return ${totals[0]}, cost ${totals[1]}`;
    fill(
      parts.chips,
      spans.map((span) => chip(page, span)),
      h("span", { class: "hint" }, words),
    );
  }
}

// A run: its button goes there, the cross beside it (or Delete) removes it.
function chip(page, { kind, first, last }) {
  const remove = () => {
    page.marks.paint([kind], first, last, 0);
    page.changed();
    page.parts.track.focus();
  };
  const removal = (event) => {
    if (event.key !== "Delete" && event.key !== "Backspace") return;
    event.stopPropagation();
    remove();
  };
  const words = `${SIGNS[kind]} ${first}–${last}`;
  const attributes = {
    class: `chip ${kind}`,
    title: "Go there",
    "data-act": "run",
    "data-first": first,
    "data-span": `${kind} ${first}-${last}`,
    onkeydown: removal,
  };
  const cross = {
    class: "cross",
    "aria-label": `Remove ${words}`,
    title: "Remove",
    onclick: remove,
  };
  return h("span", { class: "run" }, h("button", attributes, words), h("button", cross, "×"));
}

export function showQueue({ parts, store, id }) {
  const todo = store.unlabelled();
  text(parts.left, todo.length ? `${todo.length} left` : "none left");
  const ids = todo.slice(0, QUEUED).map((one) => one.id);
  const state = ids.join() + id;
  if (state === parts.queue.dataset.state) return;
  parts.queue.dataset.state = state;
  const entry = (one) => {
    const open = { "data-act": "open", "data-id": one, "aria-current": one === id && "true" };
    return h("li", {}, h("button", open, one));
  };
  fill(parts.queue, ids.map(entry));
}

// What is known of the episode that has just been opened.
export function inWords({ parts, store }, summary, revisions, mine, found) {
  parts.page.hidden = false;
  parts.empty.hidden = true;
  parts.note.value = "";
  parts.labeller.value = localStorage.getItem("labeller") || store.hello.labeller || "";
  const old = "There are older marks for an earlier label; they were left aside.";
  const back = "Your marks are back; nothing is stored before you save.";
  text(parts.other, mine ? back : found ? old : "");
  const earlier = revisions.map(revisionInWords).join("; ");
  text(parts.revisions, earlier && `Labelled before: ${earlier}. Every revision is kept.`);
  const weights = summary.version ? ` · weights v${summary.version}` : "";
  text(parts.facts, `${summary.id} · ${summary.task.replaceAll("_", " ")}${weights}`);
}

function revisionInWords(one) {
  const sums = `return ${one.return}, cost ${one.cost}${one.discard ? ", discarded" : ""}`;
  return `revision ${one.revision} by ${one.labeller || "?"} (${sums})`;
}

const COMING = {
  RUNNING: "An episode is running; it opens here as soon as it is recorded.",
  AWAITING_LABEL: "The episode is being written; it opens here in a moment.",
  TRAINING: "The trainer is learning; the next episode opens here as soon as it is recorded.",
};
const FIRST = "Start one on the live page (1); it opens here when it is recorded.";
const NEXT = "The next one opens here as soon as it is recorded.";
const EARLIER = " To correct an earlier label, open it from the history (3).";

export function showEmpty(page) {
  const { parts, store, last } = page;
  Object.assign(page, { id: "", marks: null });
  parts.page.hidden = true;
  parts.empty.hidden = false;
  const any = store.episodes.size > 0;
  const title = h("b", {}, any ? "Every episode has its label" : "No episode yet");
  const next = COMING[store.live.session?.phase] || (any ? NEXT : FIRST);
  const back = h("button", { "data-act": "back" }, "Correct the last", kbd("B"));
  fill(parts.empty, title, next, any ? EARLIER : null, last ? [" ", back] : null);
}
