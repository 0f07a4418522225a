// The camera's picture, what the policy sees of it, and what the world model makes of that.

import { text } from "./dom.js";
import { Surface, write } from "./draw.js";

const FRESH = 3000;
const ON_BLACK = "#c3ced8";

export class Eye {
  constructor(parts) {
    this.parts = parts;
    this.pictures = { camera: null, seen: null, vision: null };
    const surface = (name, paint) => new Surface(parts[name], paint);
    this.surfaces = [
      surface("eye", (brush, width, height) => this.paintCamera(brush, width, height)),
      surface("seen", (brush, width, height) =>
        paintFrame(brush, width, height, this.pictures.seen),
      ),
      surface("reconstruction", (brush, width, height) =>
        paintFrame(brush, width, height, this.pictures.vision),
      ),
    ];
    this.clock = setInterval(() => this.tell(), 1000);
    this.tell();
  }

  take(name, picture) {
    this.pictures[name] = { ...picture, at: performance.now() };
    if (name === "camera") this.fit(picture.bitmap);
    for (const surface of this.surfaces) surface.redraw();
    this.tell();
  }

  forget(name) {
    this.pictures[name] = null;
    for (const surface of this.surfaces) surface.redraw();
  }

  fit({ width, height }) {
    const ratio = `${width} / ${height}`;
    if (this.parts.eye.style.aspectRatio !== ratio) this.parts.eye.style.aspectRatio = ratio;
  }

  // How old the picture is, once it stands still.
  tell() {
    const { camera, seen } = this.pictures;
    const age = camera ? performance.now() - camera.at : 0;
    const size = camera ? `${camera.width} × ${camera.height}` : "";
    const other = seen ? "as the policy saw it last" : "";
    text(this.parts.camera, age > FRESH ? `${Math.round(age / 1000)} s old` : size || other);
  }

  paintCamera(brush, width, height) {
    const { camera, seen } = this.pictures;
    const picture = camera || seen;
    if (!picture) {
      const words = "no picture yet: it comes with the first episode";
      write(brush, words, width / 2, height / 2, ON_BLACK, "13px", "center");
      return;
    }
    const { bitmap } = picture;
    const scale = Math.min(width / bitmap.width, height / bitmap.height);
    const wide = bitmap.width * scale;
    const tall = bitmap.height * scale;
    brush.imageSmoothingQuality = "high";
    brush.drawImage(bitmap, (width - wide) / 2, (height - tall) / 2, wide, tall);
  }

  close() {
    clearInterval(this.clock);
    for (const surface of this.surfaces) surface.close();
  }
}

// The first square of a strip of square frames.
function paintFrame(brush, width, height, picture) {
  if (!picture) {
    write(brush, "–", width / 2, height / 2, ON_BLACK, "13px", "center");
    return;
  }
  const { bitmap } = picture;
  const side = Math.min(width, height);
  const left = (width - side) / 2;
  brush.imageSmoothingEnabled = false;
  brush.drawImage(bitmap, 0, 0, bitmap.height, bitmap.height, left, 0, side, side);
}
