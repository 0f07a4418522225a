// Starts the page: tabs, keys, the state of the connection, and one view at a time.

import { showAlarms } from "./alarms.js";
import { fill, h, kbd, text, toast } from "./dom.js";
import { phaseInWords, Store } from "./store.js";
import { LivePage } from "./live.js";
import { LabelPage } from "./label.js";
import { HistoryPage } from "./history.js";
import { DatasetPage } from "./dataset.js";

const PAGES = { live: LivePage, label: LabelPage, history: HistoryPage, dataset: DatasetPage };
const store = new Store();
const main = document.getElementById("main");
let view = null;

function go(path, push = true) {
  const [, name = "", argument = ""] = path.match(/^\/?(\w*)(?:#(.*))?$/) || [];
  const page = PAGES[name] ? name : "live";
  if (push) history.pushState(null, "", `/${page}${argument ? `#${argument}` : ""}`);
  if (view) view.close();
  main.replaceChildren(h("h1", { class: "unseen" }, page));
  view = new PAGES[page](main, store, { go, argument: decodeURIComponent(argument) });
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `SafeReach · ${page}`;
  store.link.ask("watch", { live: page === "live" }).catch(() => {});
}

function showKeys() {
  const dialog = document.getElementById("keys");
  const rows = [
    ...view.keys(),
    [["1", "2", "3", "4"], "live, label, history, dataset"],
    [["?"], "this list"],
  ];
  fill(
    dialog,
    h("h2", {}, "Keys of this page"),
    h(
      "dl",
      {},
      rows.flatMap(([keys, what]) => [h("dt", {}, keys.map(kbd)), h("dd", {}, what)]),
    ),
    h("form", { method: "dialog" }, h("button", { class: "primary" }, "Close", kbd("Esc"))),
  );
  dialog.showModal();
}

function showLink() {
  const words = { connected: "connected", lost: "console not reachable", connecting: "connecting" };
  const badge = document.getElementById("link");
  badge.dataset.state = store.link.state;
  text(badge, words[store.link.state]);
  if (store.link.state === "connected" && view) {
    store.link.ask("watch", { live: view instanceof LivePage }).catch(() => {});
  }

  showAlarms(store);
}

function showSession() {
  const { session } = store.live;
  const pill = document.getElementById("phase");
  pill.dataset.phase = session ? session.phase : "";
  text(pill, session ? phaseInWords(session.phase) : "no session");
  showAlarms(store);
}

function showTodo() {
  const count = store.unlabelled().length;
  const badge = document.getElementById("todo");
  badge.hidden = count === 0;
  text(badge, count);
  badge.title = `${count} episodes without a label`;
}

function onKey(event) {
  const typing = event.target.closest("input, select, textarea");
  if (document.querySelector("dialog[open]")) return;
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "?") {
    showKeys();
    event.preventDefault();
    return;
  }
  // Enter and Space press what has the focus.
  if ([" ", "Enter"].includes(event.key) && event.target.closest("a, button")) return;
  const page = Object.keys(PAGES)[Number(event.key) - 1];
  if (page && !event.ctrlKey && !event.altKey && !event.metaKey) {
    go(`/${page}`);
    return;
  }
  if (view.key(event)) event.preventDefault();
}

document.getElementById("tabs").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(`/${link.dataset.page}`);
});
document.getElementById("help").addEventListener("click", showKeys);
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});
addEventListener("keydown", onKey);
addEventListener("keyup", (event) => view.keyUp?.(event));
addEventListener("popstate", () => go(location.pathname + location.hash, false));
store.on("link", showLink);
store.on("live", showSession);
store.on("episodes", showTodo);
store.on("hello", () => text(document.getElementById("run"), store.hello.run || ""));
store.addEventListener("event", ({ detail }) => {
  if (detail.kind === "LEARNED") toast(`Learned from ${detail.episode_id}`);
  const lost = detail.kind === "DISCARDED" && detail.detail;
  if (lost) toast(`${detail.episode_id}: ${lost}`, true);
});
go(location.pathname + location.hash, false);
