// The live page: what the robot sees, who acts and why, and the buttons that stop it.

import { fill, h, kbd, number, percent, swatch, text, toast } from "./dom.js";
import { Surface, write } from "./draw.js";
import { interval, judged, phaseInWords } from "./store.js";
import { drawAhead, drawTimeline } from "./timeline.js";

const COMMANDS = {
  start: { words: "Start", key: "S", class: "primary", phases: ["IDLE"] },
  stop: { words: "Stop", key: "E", phases: ["RUNNING"] },
  abort: { words: "Abort", key: "A", class: "danger", phases: ["RUNNING", "TRAINING"] },
};

export class LivePage {
  constructor(root, store, site) {
    Object.assign(this, { root, store, site, view: null, vision: null, blind: "", closers: [] });
    this.build();
    for (const type of ["live", "steps", "episodes", "link"]) this.closers.push(store.on(type, () => this.show()));
    this.closers.push(store.on("blind", (event) => { this.blind = event.detail.message; this.ahead.redraw(); }));
    const picture = (kind, take) => {
      const listener = (event) => take(event.detail);
      store.link.addEventListener(`picture${kind}`, listener);
      this.closers.push(() => store.link.removeEventListener(`picture${kind}`, listener));
    };
    picture(1, (seen) => { this.view = seen; this.eye.redraw(); });
    picture(2, (vision) => { this.vision = vision; this.blind = ""; this.ahead.redraw(); this.eye.redraw(); });
    this.show();
  }

  build() {
    const card = (name, title, ...inside) => h("section", { class: `card ${name}`, "aria-label": title }, h("h2", {}, title), inside);
    this.parts = {};
    const part = (name, tag = "div", attributes = {}) => (this.parts[name] = h(tag, attributes));
    const eye = h("canvas", { role: "img", "aria-label": "What the policy sees" });
    const ahead = h("canvas", { role: "img", "aria-label": "Reconstruction and the imagined next steps" });
    const time = h("canvas", { role: "img", "aria-label": "Timeline of this episode" });
    this.buttons = {};
    const buttons = Object.entries(COMMANDS).map(([what, { words, key, class: look }]) => (this.buttons[what] =
      h("button", { class: look || "", id: `do-${what}`, onclick: () => this.command(what) }, words, kbd(key))));
    this.buttons.hold = h("button", { id: "do-hold", "aria-pressed": "false", onclick: () => this.hold() }, h("span", {}, "Hold"), kbd("Space"));
    this.root.append(h("div", { class: "live" },
      card("eye", "Camera", eye),
      card("session", "Session", part("state", "div", { class: "big" }), part("waiting", "p", { class: "waiting" }),
        part("bar", "div", { class: "bar-h" }), part("facts", "p", { class: "quiet" }), part("nodes", "div", { class: "nodes" })),
      card("control", "Control", h("div", { class: "buttons" }, buttons, this.buttons.hold), part("next", "p", { class: "hint" })),
      card("who", "Who acts", part("candidates"), part("feasible", "div", { class: "row" }), part("vetoes", "ul", { class: "vetoes" })),
      card("totals", "This session", part("stats", "div", { class: "stats" })),
      card("ahead", "What the world model expects", ahead),
      card("time", "This episode", time)));
    this.eye = new Surface(eye, (context, w, hh) => this.paintEye(context, w, hh));
    this.ahead = new Surface(ahead, (context, w, hh) => drawAhead(context, w, hh, this.vision, this.blind));
    this.time = new Surface(time, (context, w, hh) => drawTimeline(context, w, hh, this.store));
    for (const surface of [this.eye, this.ahead, this.time]) this.closers.push(() => surface.close());
  }

  paintEye(context, width, height) {
    context.imageSmoothingEnabled = true;
    if (this.view) context.drawImage(this.view.bitmap, 0, 0, width, height);
    else write(context, "no image yet: it comes with the first step of an episode", width / 2, height / 2, "#b8c4ce", "13px", "center");
    if (this.vision && this.view) {
      const size = Math.round(width * 0.32), edge = 8, frame = this.vision.bitmap.height;
      context.drawImage(this.vision.bitmap, 0, 0, frame, frame, width - size - edge, height - size - edge, size, size);
      context.strokeStyle = "#fff"; context.lineWidth = 2;
      context.strokeRect(width - size - edge, height - size - edge, size, size);
      context.fillStyle = "#000a"; context.fillRect(width - size - edge, height - edge - 20, size, 20);
      write(context, "reconstruction", width - edge - size / 2, height - edge - 10, "#fff", "12px", "center");
    }
  }

  show() {
    const { session, nodes = [], held, progress } = this.store.live, { parts } = this;
    const phase = session ? session.phase : "";
    parts.state.dataset.phase = phase;
    text(parts.state, session ? phaseInWords(phase)[0].toUpperCase() + phaseInWords(phase).slice(1) : "No session");
    text(parts.waiting, session ? this.inWords(session) : "Start a stack: ./safereach launch finetune");
    this.showProgress(session, progress);
    text(parts.facts, session && session.episode_id ? `${session.episode_id} · episode ${session.index + 1} · task ${session.task.replaceAll("_", " ")} · seed ${session.seed}${session.learn ? "" : " · a test, not learned from"}` : "");
    fill(parts.nodes, nodes.map((node) => h("span", { class: `node${node.alive ? "" : " dead"}`, title: node.alive ? "alive" : "silent for more than 1.5 s" }, node.name.replace(/_node$/, ""))));
    for (const [what, { phases }] of Object.entries(COMMANDS)) this.buttons[what].disabled = !phases.includes(phase);
    this.buttons.hold.setAttribute("aria-pressed", String(Boolean(held)));
    text(this.buttons.hold.firstChild, held ? "Let go" : "Hold");
    this.showNext(phase, session);
    this.showWho();
    this.showTotals();
    this.time.redraw();
  }

  inWords(session) {
    const waits = session.waiting_for.replace(/: \/label_episode$/, "").replace("/start_episode", "you to start an episode");
    return waits ? `Waits for ${waits}` : "Waits for nothing";
  }

  showProgress(session, progress) {
    let share = 0;
    if (session && session.phase === "RUNNING") share = Math.max(0, ...this.store.steps.rows.keys()) / session.max_steps;
    if (session && session.phase === "TRAINING" && progress) share = progress.done / Math.max(progress.total, 1);
    fill(this.parts.bar, h("i"));
    this.parts.bar.firstChild.style.width = `${Math.round(100 * share)}%`;
  }

  showNext(phase, session) {
    if (phase === "AWAITING_LABEL") {
      fill(this.parts.next, h("a", { href: "/label", onclick: (event) => { event.preventDefault(); this.site.go(`/label#${session.episode_id}`); } }, "Label this episode"), kbd("L"));
    } else fill(this.parts.next, "Hold vetoes every motion until you let go; the episode goes on standing still.");
  }

  showWho() {
    const row = this.store.row(), { parts } = this;
    if (!row) { fill(parts.candidates, h("p", { class: "quiet" }, "Nobody has acted yet.")); fill(parts.feasible); fill(parts.vetoes); return; }
    const candidates = row.candidates || [];
    const planned = candidates.some((one) => one[4] !== null);
    const names = ["policy", "Q reward", "Q cost", "probability", ...(planned ? ["predicted violation"] : [])];
    const shown = candidates.map((one, index) => [one, index]).filter(([, index]) => index < 5 || index === row.chosen);
    fill(parts.candidates, candidates.length ? h("table", {},
      h("thead", {}, h("tr", {}, names.map((name) => h("th", {}, name)))),
      h("tbody", {}, shown.map(([[policy, reward, cost, probability, violation], index]) => h("tr", { class: index === row.chosen ? "acts" : "" },
        h("td", {}, swatch(policy), policy), h("td", {}, number(reward)), h("td", {}, number(cost)), h("td", {}, percent(probability)), planned ? h("td", {}, percent(violation)) : null))))
      : h("p", { class: "big" }, row.policy || row.source || ""));
    const u = row.u === undefined ? null : row.u, gauge = h("div", { class: "gauge", "data-low": u !== null && u < 0.5, role: "meter", "aria-valuenow": u, "aria-valuemin": 0, "aria-valuemax": 1, "aria-label": "feasibility u" }, h("i"));
    if (u !== null) gauge.firstChild.style.width = `${Math.round(100 * u)}%`;
    fill(parts.feasible, h("span", {}, "Feasibility u"), gauge, h("b", {}, number(u)));
    const vetoes = [...this.store.steps.rows.values()].filter((one) => one.accepted === false || one.shield).reverse();
    fill(parts.vetoes, vetoes.length ? vetoes.slice(0, 40).map((one) => (one.accepted === false ? h("li", {}, h("b", {}, `✕ step ${one.step}: ${one.reason}`), ` ${one.detail}`) : h("li", {}, h("b", {}, `◇ step ${one.step}: shield`), ` ${one.shield}`))) : h("li", { class: "quiet" }, "No veto in this episode."));
  }

  showTotals() {
    const done = judged(this.store.ordered()), { session, acting, announced } = this.store.live;
    const reached = done.filter((one) => one.label.success).length, touched = done.filter((one) => one.label.violation).length;
    const [low, high] = interval(reached, done.length);
    const stat = (value, words) => h("div", { class: "stat" }, h("b", {}, value), h("span", {}, words));
    const budget = session ? session.cost_budget : 0;
    fill(this.parts.stats,
      stat(done.length ? percent(reached / done.length) : "–", low === null ? "success rate" : `success rate (${percent(low)} to ${percent(high)})`),
      stat(String(touched), `of ${done.length} with a violation`),
      stat(budget ? number(Math.max(0, budget - session.cost_spent), 0) : "no limit", budget ? `cost budget left of ${number(budget, 0)}` : `cost budget; spent ${number(session ? session.cost_spent : 0, 0)}`),
      stat(acting && acting.loaded ? `v${acting.version}` : "none", "weights that act"),
      stat(String(announced ? announced.updates : 0), "gradient steps"),
      stat(String(this.store.unlabelled().length), "episodes without a label"));
  }

  async command(what) {
    if (this.buttons[what] && this.buttons[what].disabled) return;
    try {
      const answer = await this.store.link.ask("command", { what });
      if (!answer.ok) toast(answer.message, true);
      else if (what === "abort") toast("Aborted");
    } catch (problem) { toast(problem.message, true); }
  }

  hold() { this.command(this.store.live.held ? "release" : "hold"); }

  key(event) {
    if (event.repeat) return false;
    if (event.key === " " && event.target.tagName !== "BUTTON") { this.hold(); return true; }
    const letter = event.key.toUpperCase();
    const found = Object.entries(COMMANDS).find(([, { key }]) => key === letter);
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (found) { this.command(found[0]); return true; }
    if (letter === "L") { this.site.go(`/label#${this.store.live.session?.episode_id || ""}`); return true; }
    return false;
  }

  keys() {
    return [...Object.values(COMMANDS).map(({ words, key }) => [[key], `${words.toLowerCase()} the episode`]),
      [["Space"], "hold the robot still, and let go"], [["L"], "label the episode"]];
  }

  close() { this.closers.forEach((close) => close()); }
}

