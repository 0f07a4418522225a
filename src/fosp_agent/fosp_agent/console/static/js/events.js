// Steps at which something begins or ends: marks, contacts, vetoes, the suggestion.

import { KINDS } from "./spans.js";

const SUGGESTED = 0.5;

// The next such step in a direction (1 or -1), or the episode's end on that side.
export function event({ marks, rows, contact, suggestion, step, length }, direction) {
  const vetoed = new Set(rows.filter((row) => row.accepted === false).map((row) => row.step));
  const flags = [
    ...KINDS.map((kind) => (at) => Boolean(marks.masks[kind][at])),
    (at) => vetoed.has(at),
  ];
  if (contact) flags.push((at) => contact.force[at] > contact.threshold);
  if (suggestion) flags.push(...KINDS.map((kind) => (at) => suggestion[kind][at] > SUGGESTED));
  const begins = (at, flag) => at > 0 && flag(at) && !flag(at - 1);
  const ends = (at, flag) => at + 1 < length && flag(at) && !flag(at + 1);
  const happens = (at) => flags.some((flag) => begins(at, flag) || ends(at, flag));
  let at = step + direction;
  while (at > 0 && at < length - 1 && !happens(at)) at += direction;
  return Math.max(0, Math.min(length - 1, at));
}
