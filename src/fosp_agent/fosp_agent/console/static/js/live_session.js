// What the session does and waits for, and which nodes live.

import { fill, h, kbd, text } from "./dom.js";
import { phaseInWords } from "./store.js";

const HOLD_HINT = "Hold vetoes every motion until you let go; the episode goes on standing still.";

export function showSession(parts, store, site) {
  const { session, nodes = [], held } = store.live;
  const phase = session ? session.phase : "";
  const words = phaseInWords(phase);
  parts.state.dataset.phase = phase;
  text(parts.state, session ? words[0].toUpperCase() + words.slice(1) : "No session");
  text(parts.waiting, session ? waits(session) : "Start a stack: ./safereach launch finetune");
  parts.bar.style.width = `${Math.round(100 * progress(store))}%`;
  text(parts.facts, session?.episode_id ? facts(session) : "");
  fill(parts.nodes, nodes.map(badge));
  const hold = document.getElementById("do-hold");
  hold.setAttribute("aria-pressed", String(Boolean(held)));
  text(parts.holdWords, held ? "Let go" : "Hold");
  if (phase === "AWAITING_LABEL") fill(parts.next, labelLink(session.episode_id, site), kbd("L"));
  else fill(parts.next, HOLD_HINT);
}

function waits(session) {
  if (session.waits_for === "start") return "Waits for you to start an episode";
  const words = session.waiting_for.replace(/: \/\w+$/, "");
  return words ? `Waits for ${words}` : "Waits for nothing";
}

function progress({ live: { session, progress: lesson }, steps }) {
  if (session?.phase === "RUNNING") return Math.max(0, ...steps.rows.keys()) / session.max_steps;
  if (session?.phase === "TRAINING" && lesson) return lesson.done / Math.max(lesson.total, 1);
  return 0;
}

function facts(session) {
  const task = session.task.replaceAll("_", " ");
  const test = session.learn ? "" : " · a test, not learned from";
  const number = `episode ${session.index + 1}`;
  return `${session.episode_id} · ${number} · task ${task} · seed ${session.seed}${test}`;
}

function badge({ name, alive, starting }) {
  const state = alive ? "" : starting ? "starting" : "silent";
  const title = { "": "alive", starting: "not heard yet", silent: "silent for more than 1.5 s" };
  const look = { "": "node", starting: "node starting", silent: "node dead" };
  const words = `${name.replace(/_node$/, "")} ${state}`.trim();
  return h("span", { class: look[state], title: title[state] }, words);
}

function labelLink(id, site) {
  const go = (event) => {
    event.preventDefault();
    site.go(`/label#${id}`);
  };
  return h("a", { href: "/label", onclick: go }, "Label this episode");
}
