// Which episodes the history shows.

import { fill, h } from "./dom.js";

const judged = (label) => label.revision > 0 && !label.discard;
const LABELS = {
  all: () => true,
  none: (label) => label.revision === 0,
  success: (label) => judged(label) && label.success,
  fail: (label) => judged(label) && !label.success,
  violation: (label) => judged(label) && label.violation,
  discard: (label) => Boolean(label.discard),
};

export class Filters {
  constructor(parts, changed) {
    Object.assign(this, { parts, wanted: { text: "", label: "all", task: "", version: "" } });
    for (const control of parts.page.querySelectorAll("[data-filter]")) {
      control.addEventListener("input", () => {
        this.wanted[control.dataset.filter] = control.value;
        changed();
      });
    }
  }

  of(episodes) {
    const { wanted } = this;
    return episodes.filter(
      (one) =>
        LABELS[wanted.label](one.label) &&
        one.id.includes(wanted.text) &&
        (!wanted.task || one.task === wanted.task) &&
        (!wanted.version || String(one.version) === wanted.version),
    );
  }

  // The tasks and versions that there are.
  offer(episodes) {
    const tasks = [...new Set(episodes.map((one) => one.task))].toSorted();
    const versions = [...new Set(episodes.map((one) => one.version))].toSorted((a, b) => a - b);
    this.fill("task", tasks, (task) => task.replaceAll("_", " "), "all tasks");
    this.fill("version", versions, (version) => `weights v${version}`, "all weights");
  }

  fill(name, values, words, all) {
    const select = this.parts[name];
    const known = values.join("\n");
    if (select.dataset.known === known) return;
    select.dataset.known = known;
    const option = (value) => {
      const selected = String(value) === this.wanted[name];
      return h("option", { value, selected }, words(value));
    };
    fill(select, h("option", { value: "" }, all), values.map(option));
  }
}
