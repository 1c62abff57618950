// What the image viewer draws on top of an image: the chosen pixel, crosses, rings of resolution, the split.
"use strict";

const RING_COLOUR = "#009E73";
const HALO_COLOUR = "rgba(255, 255, 255, 0.8)";

// Methods of the viewer.
const viewerOverlays = {
  drawMarks(context) {
    const ratio = window.devicePixelRatio || 1;
    context.lineWidth = 1.5 * ratio;
    context.strokeStyle = "#0b84ff";
    const [x, y] = this.toScreen(...this.pixel);
    const size = Math.max(this.zoom, 7 * ratio);
    const middle = this.zoom / 2;
    context.strokeRect(x + middle - size / 2, y + middle - size / 2, size, size);
    const arm = Math.max(this.zoom * 0.7, 8 * ratio);
    for (const mark of this.head.marks.filter((item) => item.cross)) {
      const [cx, cy] = this.toScreen(mark.slow + 0.5, mark.fast + 0.5);
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(cx + dx * arm * 0.45, cy + dy * arm * 0.45);
        context.lineTo(cx + dx * arm * 1.5, cy + dy * arm * 1.5);
      }
      context.strokeStyle = "#e11d48";
      context.stroke();
    }
  },

  drawRings(context) {
    const ratio = window.devicePixelRatio || 1;
    const [left, top] = this.toScreen(0, 0).map((edge) => Math.max(edge, 0));
    const [right, bottom] = this.toScreen(this.head.slow, this.head.fast);
    const within = ([x, y]) => x > left + 20 * ratio && y > top + 10 * ratio
      && x < Math.min(right, this.canvas.width) - 20 * ratio && y < Math.min(bottom, this.canvas.height) - 10 * ratio;
    context.save();
    context.beginPath();
    context.rect(...this.toScreen(0, 0), this.head.fast * this.zoom, this.head.slow * this.zoom);
    context.clip();
    context.font = `${12 * ratio}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const { d, points } of this.rings) {
      const places = points.map((point) => point && this.toScreen(...point));
      context.beginPath();
      places.forEach((place, number) => {
        if (place === null) return;
        if (number === 0 || places[number - 1] === null) context.moveTo(...place);
        else context.lineTo(...place);
      });
      this.strokeTwice(context, RING_COLOUR, 1.2 * ratio);
      // From below to the right on: there labels of neighbouring rings stand on one line.
      const turned = [...places.slice(45), ...places.slice(0, 45)];
      const label = turned.find((place) => place !== null && within(place));
      if (label) this.writeTwice(context, `${d} Å`, label, RING_COLOUR, ratio);
    }
    context.restore();
  },

  drawSplit(context) {
    const ratio = window.devicePixelRatio || 1;
    const x = Math.round(this.split * this.canvas.width);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, this.canvas.height);
    this.strokeTwice(context, "#1d5fa8", 2 * ratio);
    context.font = `600 ${13 * ratio}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.textAlign = "right";
    this.writeTwice(context, this.head.names.c, [x - 8 * ratio, 14 * ratio], "#1d5fa8", ratio);
    context.textAlign = "left";
    this.writeTwice(context, this.head.names.py, [x + 8 * ratio, 14 * ratio], "#1d5fa8", ratio);
  },

  // Lines and words have a light edge, so that they are seen on any ground.
  strokeTwice(context, colour, width) {
    context.strokeStyle = HALO_COLOUR;
    context.lineWidth = width * 2.5;
    context.stroke();
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  },

  writeTwice(context, text, [x, y], colour, ratio) {
    context.lineJoin = "round";
    context.lineWidth = 4 * ratio;
    context.strokeStyle = "rgba(255, 255, 255, 0.95)";
    context.strokeText(text, x, y);
    context.fillStyle = colour === RING_COLOUR ? "#00664b" : colour;
    context.fillText(text, x, y);
  },
};
