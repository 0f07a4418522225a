// What a person asks of a real arm: back to its start pose, the scene is set, recover.

import { text, toast } from "./dom.js";

const WAITS_FOR_SCENE = "/scene_ready";
const SERVICES = { reset: "/reset", ready: "/scene_ready", recover: "/recover" };

// Why a button does nothing now; empty: it may be pressed.
function obstacle(what, { services = {}, session }) {
  if (!services[what]) return `nobody offers ${SERVICES[what]}`;
  if (what === "reset" && session?.phase === "RUNNING") return "an episode runs";
  if (what === "ready" && !session?.waiting_for.includes(WAITS_FOR_SCENE)) {
    return "the session does not wait for the scene";
  }
  return "";
}

// Nothing of it is shown where nobody offers any, as beside a simulated robot without a reset.
export function showRobot(parts, store) {
  const { live, link } = store;
  const offered = Object.keys(SERVICES).some((what) => live.services?.[what]);
  parts.arm.hidden = parts.armWhy.hidden = !offered;
  for (const what of Object.keys(SERVICES)) {
    const why = link.state === "connected" ? obstacle(what, live) : "the console is not reachable";
    const button = document.getElementById(`do-${what}`);
    button.disabled = Boolean(why);
    button.title = why;
    text(parts[`${what}Why`], why ? `${button.textContent}: ${why}.` : "");
  }
  const reason = live.services?.recover ? live.recovery || "" : "";
  document.getElementById("do-recover").classList.toggle("urgent", Boolean(reason));
  text(parts.recovery, reason);
}

// A reset moves the robot: only after a second, deliberate press. Enter and Escape cancel.
export function confirmed() {
  const dialog = document.getElementById("sure");
  dialog.returnValue = "";
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "move"), { once: true });
    dialog.showModal();
  });
}

export async function askRobot(store, what) {
  if (what === "reset" && !(await confirmed())) return;
  const why = obstacle(what, store.live);
  if (why) {
    toast(why, true);
    return;
  }
  try {
    const answer = await store.link.ask("command", { what });
    toast(answer.message || "Done", !answer.ok);
  } catch (problem) {
    toast(problem.message, true);
  }
}
