// What the page knows. Views listen to "live", "steps", "episodes", "weights", "event".

import { Link } from "./socket.js";

export const KINDS = ["safe_success", "safe_failure", "unsafe_success", "unsafe_failure"];

const PHASES = {
  IDLE: "ready",
  RUNNING: "running",
  AWAITING_LABEL: "awaiting label",
  TRAINING: "training",
  ABORTED: "aborted",
};

export function phaseInWords(phase) {
  return PHASES[phase] || "no session";
}

export class Store extends EventTarget {
  constructor() {
    super();
    this.link = new Link(
      `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`,
    );
    this.live = {};
    this.hello = {};
    this.workspace = {};
    this.steps = { episode_id: "", rows: new Map() };
    this.episodes = new Map();
    this.versions = [];
    this.loaded = false;
    this.listen();
  }

  listen() {
    const { link } = this;
    link.on("hello", (m) => {
      this.hello = m;
      this.workspace = m.workspace || {};
      this.tell("hello");
    });
    link.on("workspace", (m) => {
      this.workspace = m;
      this.tell("hello");
    });
    link.on("live", (m) => {
      Object.assign(this.live, m);
      this.tell("live");
    });
    link.on("steps", (m) => this.takeSteps(m));
    link.on("weights", (m) => {
      this.versions = m.versions;
      this.tell("weights");
    });
    link.on("episodes", (m) => this.takeEpisodes(m));
    for (const type of ["event", "draft", "blind"]) {
      link.on(type, (m) => this.dispatchEvent(new CustomEvent(type, { detail: m })));
    }

    link.addEventListener("state", () => this.tell("link"));
  }

  takeSteps(message) {
    if (message.reset || message.episode_id !== this.steps.episode_id) {
      this.steps = { episode_id: message.episode_id, rows: new Map() };
    }

    for (const row of message.rows) this.steps.rows.set(row.step, row);
    this.tell("steps");
  }

  takeEpisodes(message) {
    if (message.all) {
      this.episodes.clear();
      this.loaded = true;
    }
    for (const row of message.rows) this.episodes.set(row.id, row);
    this.sorted = null;
    this.tell("episodes");
  }

  tell(type) {
    this.dispatchEvent(new Event(type));
  }

  // Listen until the returned function is called.
  on(type, listener) {
    this.addEventListener(type, listener);
    return () => this.removeEventListener(type, listener);
  }

  ordered() {
    if (!this.sorted) {
      this.sorted = [...this.episodes.values()].toSorted(
        (a, b) => a.recorded_ms - b.recorded_ms || (a.id < b.id ? -1 : 1),
      );
    }
    return this.sorted;
  }

  unlabelled() {
    return this.ordered().filter((episode) => episode.label.revision === 0 && !episode.damage);
  }

  nextUnlabelled(after) {
    const all = this.ordered();
    const start = all.findIndex((episode) => episode.id === after);
    const turned = [...all.slice(start + 1), ...all.slice(0, start + 1)];
    return (
      turned.find(
        (episode) => episode.label.revision === 0 && !episode.damage && episode.id !== after,
      ) || null
    );
  }

  row() {
    const steps = [...this.steps.rows.keys()];
    return steps.length ? this.steps.rows.get(Math.max(...steps)) : null;
  }
}

export function share(episode) {
  const acted = Object.values(episode.acted).reduce((sum, count) => sum + count, 0);
  return acted ? (episode.acted.new || 0) / acted : null;
}

export function judged(episodes) {
  return episodes.filter((episode) => episode.label.revision > 0 && !episode.label.discard);
}

export function kindOf(label) {
  if (!label.revision || label.discard) return null;
  return `${label.violation ? "unsafe" : "safe"}_${label.success ? "success" : "failure"}`;
}

// Wilson's 95 % interval of k out of n.
export function interval(k, n) {
  if (!n) return [null, null];
  const z = 1.96;
  const p = k / n;
  const scale = 1 + (z * z) / n;
  const middle = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [(middle - spread) / scale, (middle + spread) / scale];
}
