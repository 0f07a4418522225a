// What must not be overlooked, above every page.

import { fill, h } from "./dom.js";

const LOST =
  "The console is not reachable: what you see is old. Your marks are kept in this browser.";
const ALL_DEAD = "No node of the stack answers. Is it running, and in the same ROS_DOMAIN_ID?";
const HELD =
  "The robot is held still: every motion is vetoed until you let go (Space on the live page).";

export function showAlarms(store) {
  const alarms = store.link.state === "lost" ? [LOST] : found(store.live);
  const box = document.getElementById("alarms");
  if (box.textContent === alarms.join("")) return;
  fill(
    box,
    alarms.map((alarm) => h("div", {}, alarm)),
  );
}

function found({ nodes = [], held }) {
  const alarms = [];
  const dead = nodes.filter((node) => !node.alive && !node.starting).map((node) => node.name);
  const are = dead.length > 1 ? "are" : "is";
  if (dead.length && dead.length === nodes.length) alarms.push(ALL_DEAD);
  else if (dead.length) alarms.push(`${dead.join(", ")} ${are} silent: not running, or hanging.`);
  if (held) alarms.push(HELD);
  return alarms;
}
