// What a person asks of a real arm: back to its start pose, the scene is set, recover.

import { text, toast } from "./dom.js";

// The verbs that have a button.
export const robotVerbs = (parts) =>
  [...parts.arm.querySelectorAll("[data-act]")].map((button) => button.dataset.act);

// Why a button does nothing now; empty: it may be pressed.
function obstacle(what, { services = {}, session }) {
  if (!services[what]?.offered) return `nobody offers ${services[what]?.call || what}`;
  if (what === "reset" && session?.phase === "RUNNING") return "an episode runs";
  if (what === "ready" && session?.waits_for !== "ready") {
    return "the session does not wait for the scene";
  }
  return "";
}

// Nothing of it is shown where nobody offers any, as beside a simulated robot without a reset.
export function showRobot(parts, store) {
  const { live, link } = store;
  const verbs = robotVerbs(parts);
  const offered = verbs.some((what) => live.services?.[what]?.offered);
  parts.arm.hidden = parts.armWhy.hidden = !offered;
  for (const what of verbs) {
    const why = link.state === "connected" ? obstacle(what, live) : "the console is not reachable";
    const button = document.getElementById(`do-${what}`);
    button.disabled = Boolean(why);
    button.title = why;
    text(parts[`${what}Why`], why ? `${button.textContent}: ${why}.` : "");
  }
  const reason = live.services?.recover?.offered ? live.recovery || "" : "";
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
