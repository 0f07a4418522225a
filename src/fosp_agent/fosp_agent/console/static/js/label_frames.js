// The frames of the open episode: one sheet of them all, and the one under the playhead.

import { write } from "./draw.js";

export function loadSheet(page) {
  const { id, columns } = page;
  const image = new Image();
  image.addEventListener("load", () => {
    if (page.id !== id || page.closed) return;
    const rows = Math.ceil(page.length / columns);
    page.frame = { width: image.naturalWidth / columns, height: image.naturalHeight / rows };
    page.sheet = image;
    page.show();
  });
  image.src = `/media/sheet/${encodeURIComponent(id)}.jpg`;
}

// Where the frame of a step lies on the sheet: left, top.
export function frameAt({ columns, frame }, step) {
  return [(step % columns) * frame.width, Math.floor(step / columns) * frame.height];
}

export function paintFrame(brush, width, page) {
  if (!page.sheet || !page.marks) {
    write(brush, "loading", width / 2, width / 2, "#c3ced8", "13px", "center");
    return;
  }
  const { frame } = page;
  const [left, top] = frameAt(page, page.step);
  const tall = width * Math.min(1, frame.height / frame.width);
  brush.imageSmoothingQuality = "high";
  brush.drawImage(page.sheet, left, top, frame.width, frame.height, 0, 0, width, tall);
}
