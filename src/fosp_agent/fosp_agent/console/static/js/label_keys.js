// The label page's keys: what each does, said once for the hand and for the eye.

import { h, kbd } from "./dom.js";
import { KINDS } from "./spans.js";

export function bindings(page) {
  const by = (steps) => () => page.seek(page.step + steps);
  const key = (run, keys, what, more = {}) => ({ run, keys, what, ...more });
  const moving = { repeats: true };
  return {
    ArrowRight: key(by(1), ["←", "→"], "one frame", moving),
    ArrowLeft: key(by(-1), null, "", moving),
    "Shift+ArrowRight": key(by(10), ["Shift", "←", "→"], "ten frames", moving),
    "Shift+ArrowLeft": key(by(-10), null, "", moving),
    Home: key(() => page.seek(0), ["Home", "End"], "first, last frame"),
    End: key(() => page.seek(page.length - 1), null, ""),
    " ": key(() => page.play(), ["Space"], "play, pause"),
    r: key(() => page.paint(["reward"], 1), ["R"], "mark reward: hold it while moving, or press it at both ends"),
    c: key(() => page.paint(["cost"], 1), ["C"], "mark cost, likewise"),
    x: key(() => page.paint(KINDS, 0), ["X"], "erase, likewise"),
    z: key(() => page.undo(), ["Z"], "undo", moving),
    "Ctrl+z": key(() => page.undo(), null, "", moving),
    y: key(() => page.redo(), ["Y"], "redo", moving),
    "Ctrl+y": key(() => page.redo(), null, "", moving),
    t: key(() => page.accept(), ["T"], "take what the world model suggests"),
    "+": key(() => page.track.zoomBy(1.6), ["+", "−", "0"], "zoom in, out, all", moving),
    "=": key(() => page.track.zoomBy(1.6), null, "", moving),
    "-": key(() => page.track.zoomBy(0.625), null, "", moving),
    0: key(() => page.track.fit(), null, ""),
    s: key(() => page.succeed(), ["S"], "success: reward from here to the end; saved"),
    f: key(() => page.fail(), ["F"], "fail: no reward; saved"),
    Enter: key(() => page.save(), ["Enter"], "save the marks, next unlabelled episode"),
    d: key(() => page.discard(), ["D", "D"], "discard: never learned from"),
    n: key(() => page.openNext(), ["N"], "next unlabelled episode, this one later", { always: true }),
    b: key(() => page.back(), ["B"], "back to the one labelled last", { always: true }),
  };
}

export function hints() {
  return ["Move with ", kbd("←"), kbd("→"), " (", kbd("Shift"), " ten). At the first frame with reward press ", kbd("R"),
    ", move to the last, press ", kbd("R"), " again; cost likewise with ", kbd("C"), ". ", kbd("Enter"), " saves and opens the next. Or drag in the lanes; ",
    h("b", {}, "Shift"), " and drag erases; ends of a run can be dragged. ", kbd("?"), " lists all keys."];
}
