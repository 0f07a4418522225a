// The history's list: only the entries in sight exist, however many episodes there are.

import { clock, h, number, percent } from "./dom.js";
import { share } from "./store.js";

const TALL = 72;
const BEYOND = 4;

export class EpisodeList {
  constructor(parts, page) {
    Object.assign(this, { parts, page, rows: [], entries: new Map() });
    parts.scroller.addEventListener("scroll", () => this.place(), { passive: true });
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(parts.scroller);
  }

  show(rows) {
    this.rows = rows;
    this.parts.tall.style.height = `${rows.length * TALL}px`;
    for (const entry of this.entries.values()) entry.remove();
    this.entries.clear();
    this.place();
  }

  place() {
    const { scroller, tall } = this.parts;
    const first = Math.max(0, Math.floor(scroller.scrollTop / TALL) - BEYOND);
    const end = Math.ceil((scroller.scrollTop + scroller.clientHeight) / TALL) + BEYOND;
    const last = Math.min(this.rows.length - 1, end);
    for (const [at, entry] of this.entries) {
      if (at >= first && at <= last) continue;
      entry.remove();
      this.entries.delete(at);
    }
    for (let at = first; at <= last; at += 1) {
      if (this.entries.has(at)) continue;
      const entry = this.entry(this.rows[at], at);
      entry.style.top = `${at * TALL}px`;
      this.entries.set(at, entry);
      tall.append(entry);
    }
  }

  // Scroll until a row is in sight.
  reveal(at) {
    const { scroller } = this.parts;
    const [top, bottom] = [at * TALL, (at + 1) * TALL];
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    if (bottom > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = bottom - scroller.clientHeight;
    }

    this.place();
  }

  select(id) {
    for (const [at, entry] of this.entries) {
      entry.setAttribute("aria-current", String(this.rows[at].id === id));
    }
  }

  entry(one, at) {
    return h(
      "div",
      {
        class: "entry",
        role: "listitem",
        "aria-current": String(one.id === this.page.picked),
        "aria-posinset": at + 1,
        "aria-setsize": this.rows.length,
        onclick: () => this.page.pick(one.id),
        ondblclick: () => this.page.label(one.id),
      },
      picture(one),
      h("div", {}, h("div", { class: "name" }, one.id), facts(one), actions(one)),
      h("div", { class: "row" }, badges(one), this.button(one)),
    );
  }

  button(one) {
    if (one.damage) return null;
    const words = one.label.revision ? "Correct" : "Label";
    const go = () => this.page.label(one.id);
    const attributes = { class: "icon", "aria-label": `${words} ${one.id}`, onclick: go };
    return h("button", attributes, words);
  }

  close() {
    this.observer.disconnect();
  }
}

function picture(one) {
  if (one.damage) return h("span");
  const src = `/media/thumb/${encodeURIComponent(one.id)}.jpg`;
  return h("img", { src, alt: "", loading: "lazy", width: 60, height: 60 });
}

function facts(one) {
  const { label } = one;
  if (one.damage) return h("div", { class: "facts" }, one.damage);
  const known = label.revision && !label.discard;
  const gain = known ? ` · return ${number(label.return, 0)}` : "";
  const when = `${clock(one.recorded_ms)} · weights v${one.version}${gain}`;
  return h("div", { class: "facts" }, when);
}

// Who acted: the share of the policy expansion's new policy, or the source.
function actions(one) {
  if (one.damage) return null;
  const pex = share(one);
  const rest = ` · u ${number(one.feasibility)}${one.vetoes ? ` · ${one.vetoes} vetoes` : ""}`;
  if (pex === null) {
    return h(
      "div",
      { class: "facts" },
      `by ${Object.keys(one.acted).join(", ") || "nobody"}`,
      rest,
    );
  }
  const title = "share of the steps that the new policy gave";
  const bar = h("i", { class: "share", title }, h("i"));
  bar.firstChild.style.width = `${100 * pex}%`;
  return h("div", { class: "facts" }, bar, ` new ${percent(pex)}`, rest);
}

function badges({ label, damage }) {
  const badge = (look, words) => h("span", { class: `badge ${look}` }, words);
  if (damage) return [badge("violation", "damaged")];
  if (!label.revision) return [badge("none", "unlabelled")];
  if (label.discard) return [badge("fail", "discarded")];
  const found = [label.success ? badge("success", "▲ success") : badge("fail", "no success")];
  if (label.violation) found.push(badge("violation", `◆ cost ${number(label.cost, 0)}`));
  return found;
}
