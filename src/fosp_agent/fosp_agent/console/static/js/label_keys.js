// The label page's keys: what each does, said once for the hand and for the eye.

import { h, kbd } from "./dom.js";
import { event as eventAfter } from "./events.js";
import { KINDS } from "./spans.js";

const moving = { repeats: true };
const key = (run, keys, what, more = {}) => ({ run, keys, what, ...more });
const also = (run, more = moving) => key(run, null, "", more);

export function bindings(page) {
  return { ...moves(page), ...marks(page), ...labels(page) };
}

function moves(page) {
  const by = (steps) => () => page.seek(page.step + steps);
  const to = (direction) => () => page.seek(eventAfter(page, direction));
  return {
    ArrowRight: key(by(1), ["←", "→"], "one frame", moving),
    ArrowLeft: also(by(-1)),
    "Shift+ArrowRight": key(by(10), ["Shift", "←", "→"], "ten frames", moving),
    "Shift+ArrowLeft": also(by(-10)),
    ".": key(to(1), [",", "."], "to the last, next place where something begins or ends", moving),
    ",": also(to(-1)),
    Home: key(() => page.seek(0), ["Home", "End"], "first, last frame"),
    End: also(() => page.seek(page.length - 1)),
    " ": key(() => page.player.toggle(), ["Space"], "play, pause"),
    "+": key(() => page.track.zoomBy(1.6), ["+", "−", "0"], "zoom in, out, all", moving),
    "=": also(() => page.track.zoomBy(1.6)),
    "-": also(() => page.track.zoomBy(0.625)),
    0: also(() => page.track.fit(), {}),
  };
}

function marks({ pen }) {
  const undo = () => pen.undo();
  const redo = () => pen.redo();
  const twice = "hold it while moving, or press it at both ends";
  return {
    r: key(() => pen.press(["reward"], 1), ["R"], `mark reward: ${twice}`),
    c: key(() => pen.press(["cost"], 1), ["C"], "mark cost, likewise"),
    x: key(() => pen.press(KINDS, 0), ["X"], "erase, likewise"),
    z: key(undo, ["Z"], "undo", moving),
    "Ctrl+z": also(undo),
    y: key(redo, ["Y"], "redo", moving),
    "Ctrl+y": also(redo),
    "Shift+z": also(redo),
    "Ctrl+Shift+z": also(redo),
    t: key(() => pen.accept(), ["T"], "take what the world model suggests"),
  };
}

function labels(page) {
  const always = { always: true };
  return {
    s: key(() => page.succeed(), ["S"], "success: reward from here to the end; saved"),
    f: key(() => page.fail(), ["F"], "fail: no reward; saved"),
    Enter: key(() => page.save(), ["Enter"], "save the marks, next unlabelled episode"),
    d: key(() => page.discard(), ["D", "D"], "discard: never learned from"),
    n: key(() => page.openNext(), ["N"], "next unlabelled episode, this one later", always),
    b: key(() => page.back(), ["B"], "back to the one labelled last", always),
  };
}

// The name of a key in the table above.
export function nameOf(event) {
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const letter = event.key.toLowerCase();
  if (event.key.length > 1) return `${control}${event.shiftKey ? "Shift+" : ""}${event.key}`;
  return `${control}${event.shiftKey && letter === "z" ? "Shift+" : ""}${letter}`;
}

export function hints() {
  return [
    "Move with ",
    kbd("←"),
    kbd("→"),
    " (",
    kbd("Shift"),
    " ten; ",
    kbd(","),
    kbd("."),
    " to where a contact, a mark or the suggestion begins or ends). At the first frame with reward press ",
    kbd("R"),
    ", move to the last, press ",
    kbd("R"),
    " again; cost likewise with ",
    kbd("C"),
    ". ",
    kbd("Enter"),
    " saves and opens the next. Or drag in the lanes; ",
    h("b", {}, "Shift"),
    " and drag erases; ends of a run can be dragged. ",
    kbd("?"),
    " lists all keys.",
  ];
}
