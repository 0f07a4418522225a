// The one socket: numbered requests, messages by type, and coming back after a loss.

const LONGEST_PAUSE = 2000;
const PATIENCE = 15000;

export class Link extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
    this.state = "connecting";
    this.waiting = new Map();
    this.number = 0;
    this.pause = 150;
    this.connect();
  }

  connect() {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.pause = 150;
    });
    socket.addEventListener("message", (event) => this.take(event.data));
    socket.addEventListener("close", () => this.lost());
  }

  lost() {
    this.change("lost");
    for (const { reject } of this.waiting.values()) {
      reject(new Error("the console is not reachable; nothing was stored"));
    }
    this.waiting.clear();
    setTimeout(() => this.connect(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  change(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  take(data) {
    if (typeof data !== "string") return this.takePicture(data);
    const message = JSON.parse(data);
    if (message.type === "reply") {
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (waiting) waiting.resolve(message);
      return undefined;
    }
    if (message.type === "hello") this.change("connected");
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
    return undefined;
  }

  takePicture(data) {
    const bytes = new DataView(data);
    const kind = bytes.getUint8(0);
    const size = bytes.getUint32(1, true);
    const about = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 5, size)));
    const blob = new Blob([new Uint8Array(data, 5 + size)], { type: "image/jpeg" });
    createImageBitmap(blob).then((bitmap) => {
      this.dispatchEvent(new CustomEvent(`picture${kind}`, { detail: { ...about, bitmap } }));
    });
  }

  // Resolves with the reply, refusals included; rejects when the connection is lost.
  ask(type, fields = {}, patience = PATIENCE) {
    if (this.state !== "connected") {
      return Promise.reject(new Error("not connected; nothing was stored"));
    }
    this.number += 1;
    const id = this.number;
    const reply = new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      setTimeout(() => {
        if (this.waiting.delete(id)) reject(new Error("no answer from the console"));
      }, patience);
    });
    this.socket.send(JSON.stringify({ id, type, ...fields }));
    return reply;
  }

  on(type, listener) {
    this.addEventListener(type, (event) => listener(event.detail));
  }
}
