// Plays the episode at the rate it was decided at.

const FRAMES_PER_SECOND = 10;

export class Player {
  constructor(page) {
    this.page = page;
    this.timer = 0;
  }

  get playing() {
    return Boolean(this.timer);
  }

  toggle() {
    const { page } = this;
    if (this.playing) {
      this.stop();
      return;
    }
    if (page.step >= page.length - 1) page.seek(0);
    this.timer = setInterval(() => this.advance(), 1000 / FRAMES_PER_SECOND);
    page.show();
  }

  advance() {
    if (this.page.step >= this.page.length - 1) this.stop();
    else this.page.seek(this.page.step + 1);
  }

  stop() {
    if (!this.playing) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.page.show();
  }
}
