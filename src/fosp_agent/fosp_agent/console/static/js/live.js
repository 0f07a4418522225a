// The live page: what the robot sees, who acts and why, and the buttons that stop it.

import { onActs, place, toast } from "./dom.js";
import { Surface } from "./draw.js";
import { Eye } from "./eye.js";
import { askRobot, robotVerbs, showRobot } from "./live_robot.js";
import { showSession } from "./live_session.js";
import { showTotals } from "./live_totals.js";
import { showWho } from "./live_who.js";
import { drawAhead, drawTimeline } from "./timeline.js";

const COMMANDS = {
  start: { key: "S", what: "start an episode", phases: ["IDLE"] },
  stop: { key: "E", what: "stop the episode", phases: ["RUNNING"] },
  abort: { key: "A", what: "abort the episode", phases: ["RUNNING", "TRAINING"] },
};
const PICTURES = { seen: 1, vision: 2, camera: 3 };

export class LivePage {
  constructor(root, store, site) {
    Object.assign(this, { store, site, vision: null, blind: "", closers: [] });
    this.parts = place(root, "live");
    this.eye = new Eye(this.parts);
    this.surfaces = {
      ahead: new Surface(this.parts.ahead, (brush, width, height) =>
        drawAhead(brush, width, height, this.vision, this.blind),
      ),
      time: new Surface(this.parts.time, (brush, width, height) =>
        drawTimeline(brush, width, height, store),
      ),
    };
    onActs(this.parts.page, {
      start: () => this.command("start"),
      stop: () => this.command("stop"),
      abort: () => this.command("abort"),
      hold: () => this.hold(),
      ...Object.fromEntries(
        robotVerbs(this.parts).map((what) => [what, () => askRobot(store, what)]),
      ),
    });
    this.listen();
    this.show();
  }

  listen() {
    const { store, closers } = this;
    for (const type of ["live", "steps", "episodes", "link"]) {
      closers.push(store.on(type, () => this.show()));
    }

    closers.push(store.on("blind", (event) => this.goBlind(event.detail.message)));
    for (const [name, kind] of Object.entries(PICTURES)) {
      const listener = (event) => this.take(name, event.detail);
      store.link.addEventListener(`picture${kind}`, listener);
      closers.push(() => store.link.removeEventListener(`picture${kind}`, listener));
    }
  }

  take(name, picture) {
    this.eye.take(name, picture);
    if (name !== "vision") return;
    this.vision = picture;
    this.blind = "";
    this.surfaces.ahead.redraw();
  }

  goBlind(message) {
    this.blind = message;
    this.surfaces.ahead.redraw();
  }

  // What was expected in an episode says nothing of the next one.
  forget(session) {
    const other = this.vision && this.vision.episode_id !== session?.episode_id;
    if (session?.phase !== "RUNNING" || !other) return;
    this.vision = null;
    this.eye.forget("vision");
    this.surfaces.ahead.redraw();
  }

  show() {
    this.forget(this.store.live.session);
    const phase = this.store.live.session?.phase || "";
    for (const [what, { phases }] of Object.entries(COMMANDS)) {
      document.getElementById(`do-${what}`).disabled = !phases.includes(phase);
    }

    showSession(this.parts, this.store, this.site);
    showRobot(this.parts, this.store);
    showWho(this.parts, this.store);
    showTotals(this.parts, this.store);
    this.surfaces.time.redraw();
  }

  async command(what) {
    if (document.getElementById(`do-${what}`)?.disabled) return;
    try {
      const answer = await this.store.link.ask("command", { what });
      if (!answer.ok) toast(answer.message, true);
      else if (what === "abort") toast("Aborted");
    } catch (problem) {
      toast(problem.message, true);
    }
  }

  hold() {
    this.command(this.store.live.held ? "release" : "hold");
  }

  key(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === " ") {
      this.hold();
      return true;
    }
    const letter = event.key.toUpperCase();
    const found = Object.keys(COMMANDS).find((what) => COMMANDS[what].key === letter);
    if (found) this.command(found);
    else if (letter === "L") this.site.go(`/label#${this.store.live.session?.episode_id || ""}`);
    else return false;
    return true;
  }

  keys() {
    return [
      ...Object.values(COMMANDS).map(({ key, what }) => [[key], what]),
      [["Space"], "hold the robot still, and let go"],
      [["L"], "label the episode"],
    ];
  }

  close() {
    for (const close of this.closers) close();
    for (const surface of Object.values(this.surfaces)) surface.close();
    this.eye.close();
  }
}
