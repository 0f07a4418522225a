// Marks that are not a label yet: in this browser at once, at the console a moment later.

const PAUSE = 250;

export class Drafts {
  constructor(store) {
    this.store = store;
    this.author = sessionStorage.getItem("window") || String(Math.random()).slice(2, 10);
    sessionStorage.setItem("window", this.author);
    this.timer = null;
    this.pending = null;
    addEventListener("pagehide", () => this.flush());
  }

  name(id) {
    return `draft:${this.store.hello.run || ""}:${id}`;
  }

  keep(id, draft) {
    const entry = { ...draft, at: Date.now(), author: this.author };
    localStorage.setItem(this.name(id), JSON.stringify(entry));
    if (this.pending && this.pending.id !== id) this.flush();
    this.pending = { id, draft };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PAUSE);
  }

  flush() {
    clearTimeout(this.timer);
    if (!this.pending) return;
    const { id, draft } = this.pending;
    this.pending = null;
    this.store.link
      .ask("draft", {
        episode_id: id,
        revision: draft.revision,
        spans: draft.spans,
        author: this.author,
      })
      .catch(() => {
        this.pending = this.pending || { id, draft };
      });
  }

  drop(id) {
    localStorage.removeItem(this.name(id));
    if (this.pending?.id === id) this.pending = null;
  }

  forget(id) {
    this.drop(id);
    this.store.link
      .ask("draft", { episode_id: id, revision: -1, spans: [], author: this.author })
      .catch(() => {});
  }

  // The newer of what this browser and what the console has kept.
  find(id, kept) {
    let own = null;
    try {
      own = JSON.parse(localStorage.getItem(this.name(id)));
    } catch {
      own = null;
    }
    if (!own) return kept;
    if (!kept || kept.author === own.author || own.at >= kept.at) return own;
    return kept;
  }
}
