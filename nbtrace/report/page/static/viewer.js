// The image viewer: both images, their difference and their ratio; pan, zoom, split, what is under the pointer.
"use strict";

class Viewer {
  static FLICKER_MS = matchMedia("(prefers-reduced-motion: reduce)").matches ? 2000 : 700;

  static async open(box) {
    const id = box.dataset.viewer;
    const head = JSON.parse(document.getElementById(id).textContent);
    const regions = [];
    for (const region of head.regions) {
      const arrays = {};
      for (const [side, { name, dtype }] of Object.entries(region.arrays)) {
        const data = await unpackArray(document.getElementById(`${id}-${name}`).textContent, dtype);
        arrays[side] = { rows: region.rows, columns: region.columns, data, cell: region.block, dtype };
      }
      arrays.diff ??= { ...arrays.c, data: Viewer.difference(arrays), dtype: "f8" };
      arrays.ratio ??= { ...arrays.c, data: Viewer.logRatio(arrays), dtype: "f4" };
      const levels = Object.fromEntries(Object.entries(arrays).map(([side, level]) => [side, [level]]));
      regions.push({ ...region, levels, painted: new Map() });
    }
    return new Viewer(box, head, regions);
  }

  static difference({ c, py }) {
    const data = new Float64Array(c.data.length);
    for (let i = 0; i < data.length; i += 1) data[i] = py.data[i] - c.data[i];
    return data;
  }

  // The logarithm of the ratio; NaN where there is none above 0, infinite where one of the two is 0.
  static logRatio({ c, py }) {
    const data = new Float32Array(c.data.length);
    for (let i = 0; i < data.length; i += 1) data[i] = Math.log(py.data[i] / c.data[i]);
    return data;
  }

  constructor(box, head, regions) {
    this.box = box;
    this.head = head;
    this.regions = regions;
    this.geometry = head.geometry && new DetectorGeometry(head.geometry);
    this.rings = (head.geometry?.rings ?? []).map((d) => ({ d, points: this.geometry.ring(d) }));
    this.showsRings = this.rings.length > 0;
    this.logarithmic = false;
    this.split = 0.5; // where the first image ends and the second begins, as a part of the width
    this.canvas = box.querySelector("canvas.image");
    this.slider = box.querySelector("[data-split]");
    this.colourBar = new ColourBar(box.querySelector(".colour-bar"));
    this.readout = box.querySelector(".readout");
    this.scale = head.scales[box.querySelector("[data-scale]").value];
    this.show = "c";
    this.zoom = 1;
    this.left = 0; // the fast coordinate at the left edge, in pixels of the detector
    this.top = 0;
    this.pixel = head.start;
    this.pointers = new Map();
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    this.resize();
    this.fit();
    this.setSplit(this.split);
    this.tell();
    this.tellScale();
  }

  // --- what is where -----------------------------------------------------------------------------------------------

  // The finest region that holds a pixel; crops stand before the overview.
  regionAt(slow, fast) {
    return this.regions.find((region) => slow >= region.slow && fast >= region.fast
      && slow < region.slow + region.rows * region.block && fast < region.fast + region.columns * region.block);
  }

  numberAt(side, slow, fast) {
    const region = this.regionAt(slow, fast);
    const level = region.levels[side][0];
    const row = Math.floor((slow - region.slow) / region.block);
    const column = Math.floor((fast - region.fast) / region.block);
    return level.data[row * level.columns + column];
  }

  valueAt(side, slow, fast) {
    return numberText(this.numberAt(side, slow, fast), this.regionAt(slow, fast).levels[side][0].dtype);
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    this.draw();
  }

  fit() {
    const { width, height } = this.canvas;
    this.zoom = Math.min(width / this.head.fast, height / this.head.slow);
    this.left = (this.head.fast - width / this.zoom) / 2;
    this.top = (this.head.slow - height / this.zoom) / 2;
    this.draw();
  }

  zoomAt(factor, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const zoom = Math.min(Math.max(this.zoom * factor, 0.02), 256);
    this.left += x / this.zoom - x / zoom;
    this.top += y / this.zoom - y / zoom;
    this.zoom = zoom;
    this.draw();
  }

  // The level of a region whose cells are no smaller than a dot of the screen.
  levelOf(region, side) {
    const levels = region.levels[side];
    let number = 0;
    while (levels[number].cell * this.zoom < 1 && levels[number].rows * levels[number].columns > 1) {
      number += 1;
      if (number === levels.length) levels.push(halved(levels[number - 1]));
    }
    return number;
  }

  painted(region, side, number) {
    const name = `${side} ${number}`;
    if (!region.painted.has(name)) {
      const level = region.levels[side][number];
      const picture = new OffscreenCanvas(level.columns, level.rows);
      const context = picture.getContext("2d");
      const image = context.createImageData(level.columns, level.rows);
      this.scaleOf(side).paint(level.data, image.data);
      context.putImageData(image, 0, 0);
      region.painted.set(name, picture);
    }
    return region.painted.get(name);
  }

  scaleOf(side) {
    const { image, diff } = this.head.colours;
    if (side === "diff") return ColourScale.difference(this.scale.diff, this.logarithmic, diff);
    if (side === "ratio") return ColourScale.ratio(this.scale.ratio, diff);
    return ColourScale.image(this.scale, this.logarithmic, image);
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.imageSmoothingEnabled = false;
    if (this.show === "split") {
      const edge = Math.round(this.split * this.canvas.width);
      this.paintSide(context, "c", 0, edge);
      this.paintSide(context, "py", edge, this.canvas.width);
    } else {
      this.paintSide(context, this.show, 0, this.canvas.width);
    }
    if (this.showsRings) this.drawRings(context);
    this.drawMarks(context);
    if (this.show === "split") this.drawSplit(context);
  }

  // Paint one image between two columns of the canvas.
  paintSide(context, side, from, to) {
    context.save();
    for (const frame of [[from, 0, to - from, this.canvas.height],
      [...this.toScreen(0, 0), this.head.fast * this.zoom, this.head.slow * this.zoom]]) {
      context.beginPath();
      context.rect(...frame);
      context.clip();
    }
    for (const region of [...this.regions].reverse()) {
      const number = this.levelOf(region, side);
      const level = region.levels[side][number];
      const [x, y] = this.toScreen(region.slow, region.fast);
      const size = level.cell * this.zoom;
      // The last cells of a level may reach beyond the region.
      const within = region.block * this.zoom;
      context.save();
      context.beginPath();
      context.rect(x, y, region.columns * within, region.rows * within);
      context.clip();
      context.drawImage(this.painted(region, side, number), x, y, level.columns * size, level.rows * size);
      context.restore();
    }
    context.restore();
  }

  toScreen(slow, fast) {
    return [(fast - this.left) * this.zoom, (slow - this.top) * this.zoom];
  }

  // --- words -------------------------------------------------------------------------------------------------------

  tell(politely = true) {
    const [slow, fast] = this.pixel;
    const region = this.regionAt(slow, fast);
    const [c, py] = [this.valueAt("c", slow, fast), this.valueAt("py", slow, fast)];
    const { names } = this.head;
    const words = this.titles();
    const pieces = [[`slow ${slow} fast ${fast}`, "where"], [`${names.c} ${c}`, "c"], [`${names.py} ${py}`, "py"],
      [`${words.diff} ${this.valueAt("diff", slow, fast)}`, "diff"]];
    if (region.block === 1) {
      // Of the numbers themselves: their shortest decimals have fewer digits than a ratio close to 1 needs.
      const numbers = [this.numberAt("py", slow, fast), this.numberAt("c", slow, fast)];
      pieces.push([`${words.ratio} ${ratioText(...numbers)}`, "ratio"]);
    }
    if (this.geometry) pieces.push(...this.placeWords(slow + 0.5, fast + 0.5));
    if (region.block > 1) {
      const end = (first, size, limit) => Math.min(first + size, limit) - 1;
      const top = slow - ((slow - region.slow) % region.block);
      const left = fast - ((fast - region.fast) % region.block);
      pieces.push([`overview: the values furthest from 0 of slow ${top}–${end(top, region.block, this.head.slow)}, `
        + `fast ${left}–${end(left, region.block, this.head.fast)}`, "state"]);
    }
    this.readout.setAttribute("aria-live", politely ? "polite" : "off");
    this.readout.replaceChildren(...pieces.map(([text, name]) => {
      const span = document.createElement("span");
      span.className = name;
      span.textContent = text;
      return span;
    }));
  }

  titles() {
    const { names } = this.head;
    return { ...names, diff: `${names.py} − ${names.c}`, ratio: `${names.py}/${names.c}`,
      split: `${names.c} and ${names.py}` };
  }

  placeWords(slow, fast) {
    const d = this.geometry.resolution(slow, fast);
    const radius = this.geometry.radius(slow, fast);
    const indices = this.geometry.indices(slow, fast);
    const pieces = [[Number.isFinite(d) ? `resolution ${d.toPrecision(5)} Å` : "direct beam", "resolution"]];
    if (indices) pieces.push([`h k l ${indices.map((index) => index.toFixed(2)).join(" ")}`, "hkl"]);
    if (radius !== null) {
      const millimetres = (radius * this.geometry.pixel).toPrecision(5);
      pieces.push([`radius ${radius.toFixed(1)} pixels, ${millimetres} mm`, "radius"]);
    }
    return pieces;
  }

  tellScale() {
    const side = this.show === "split" ? "c" : this.show;
    this.colourBar.tell(this.scaleOf(side), this.titles()[this.show], { isRatio: side === "ratio" });
  }

  // --- doing -------------------------------------------------------------------------------------------------------

  choose(slow, fast, politely = true) {
    const within = (value, limit) => Math.min(Math.max(Math.floor(value), 0), limit - 1);
    this.pixel = [within(slow, this.head.slow), within(fast, this.head.fast)];
    this.tell(politely);
    this.draw();
  }

  goTo(slow, fast) {
    this.choose(slow, fast);
    this.zoom = Math.max(this.zoom, 12);
    this.left = this.pixel[1] + 0.5 - this.canvas.width / this.zoom / 2;
    this.top = this.pixel[0] + 0.5 - this.canvas.height / this.zoom / 2;
    this.draw();
  }

  setShow(show) {
    this.show = show;
    for (const button of this.box.querySelectorAll("[data-show]")) {
      button.setAttribute("aria-pressed", String(button.dataset.show === show));
    }
    this.box.querySelector(".split").hidden = show !== "split";
    this.tell(false);
    this.tellScale();
    this.draw();
  }

  setLogarithmic(on) {
    this.logarithmic = on;
    this.press("[data-log]", on);
    this.repaint();
  }

  setRings(on) {
    this.showsRings = on && this.rings.length > 0;
    this.press("[data-rings]", this.showsRings);
    this.draw();
  }

  setSplit(part) {
    this.split = Math.min(Math.max(part, 0), 1);
    const percent = Math.round(100 * this.split);
    this.slider.value = String(percent);
    this.slider.setAttribute("aria-valuetext", `${this.head.names.c} on the left ${percent} % of the width`);
    this.draw();
  }

  press(selector, on) {
    this.box.querySelector(selector)?.setAttribute("aria-pressed", String(on));
  }

  // Colours have changed.
  repaint() {
    for (const region of this.regions) region.painted.clear();
    this.tellScale();
    this.draw();
  }

  flicker(on) {
    clearInterval(this.timer);
    this.press("[data-flicker]", on);
    const order = ["c", "py", "diff"];
    if (on) this.timer = setInterval(() => this.setShow(order[(order.indexOf(this.show) + 1) % 3]), Viewer.FLICKER_MS);
  }

  isFlickering() {
    return this.box.querySelector("[data-flicker]").getAttribute("aria-pressed") === "true";
  }

  listen() {
    const on = (selector, type, act) => this.box.querySelectorAll(selector)
      .forEach((element) => element.addEventListener(type, act));
    on("[data-show]", "click", (event) => {
      this.flicker(false);
      this.setShow(event.currentTarget.dataset.show);
    });
    on("[data-flicker]", "click", () => this.flicker(!this.isFlickering()));
    on("[data-zoom]", "click", (event) => {
      const how = event.currentTarget.dataset.zoom;
      if (how === "fit") this.fit();
      else this.zoomAt(how === "in" ? 2 : 0.5);
    });
    on("[data-scale]", "change", (event) => {
      this.scale = this.head.scales[event.currentTarget.value];
      this.repaint();
    });
    on("[data-log]", "click", () => this.setLogarithmic(!this.logarithmic));
    on("[data-rings]", "click", () => this.setRings(!this.showsRings));
    on("[data-split]", "input", () => this.setSplit(Number(this.slider.value) / 100));
    on("[data-marks]", "change", (event) => {
      if (event.currentTarget.value) this.goTo(...event.currentTarget.value.split(" ").map(Number));
    });
    on("form", "submit", (event) => {
      event.preventDefault();
      const { slow, fast } = event.currentTarget.elements;
      this.goTo(Number(slow.value), Number(fast.value));
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomAt(2 ** (-event.deltaY / 240), ...this.place(event));
    }, { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.place(event));
      this.dragsSplit = this.show === "split" && this.isOnSplit(event);
      if (!this.dragsSplit) this.chooseAt(event);
    });
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const type of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(type, (event) => this.pointers.delete(event.pointerId));
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 10 : 1;
    const [slow, fast] = this.pixel;
    const acts = {
      ArrowUp: () => this.step(slow - step, fast), ArrowDown: () => this.step(slow + step, fast),
      ArrowLeft: () => this.step(slow, fast - step), ArrowRight: () => this.step(slow, fast + step),
      "+": () => this.zoomAt(2, ...this.middle()), "=": () => this.zoomAt(2, ...this.middle()),
      "-": () => this.zoomAt(0.5, ...this.middle()), 0: () => this.fit(),
      c: () => this.setShow("c"), p: () => this.setShow("py"), d: () => this.setShow("diff"),
      r: () => this.setShow("ratio"), s: () => this.setShow("split"), l: () => this.setLogarithmic(!this.logarithmic),
      o: () => this.setRings(!this.showsRings),
      f: () => this.flicker(!this.isFlickering()),
    };
    if (!(event.key in acts)) return;
    event.preventDefault();
    acts[event.key]();
  }

  // Choose a pixel and keep it on the screen.
  step(slow, fast) {
    this.choose(slow, fast);
    const [x, y] = this.middle();
    if (x < 0 || x > this.canvas.width) this.left += (x - this.canvas.width / 2) / this.zoom;
    if (y < 0 || y > this.canvas.height) this.top += (y - this.canvas.height / 2) / this.zoom;
    this.draw();
  }

  // Where the chosen pixel is on the screen.
  middle() {
    return this.toScreen(this.pixel[0] + 0.5, this.pixel[1] + 0.5);
  }

  place(event) {
    const frame = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / frame.width;
    return [(event.clientX - frame.left) * ratio, (event.clientY - frame.top) * ratio];
  }

  chooseAt(event) {
    const [x, y] = this.place(event);
    const [slow, fast] = [y / this.zoom + this.top, x / this.zoom + this.left];
    if (slow >= 0 && fast >= 0 && slow < this.head.slow && fast < this.head.fast) this.choose(slow, fast, false);
  }

  isOnSplit(event) {
    const reach = 9 * (window.devicePixelRatio || 1);
    return Math.abs(this.place(event)[0] - this.split * this.canvas.width) < reach;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    this.canvas.classList.toggle("on-split", this.show === "split" && this.isOnSplit(event));
    if (before === undefined) {
      this.chooseAt(event);
      return;
    }
    const now = this.place(event);
    if (this.dragsSplit) {
      this.setSplit(now[0] / this.canvas.width);
      return;
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const distance = ([x, y]) => Math.hypot(x - other[0], y - other[1]);
      this.zoomAt(distance(now) / Math.max(distance(before), 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    } else {
      this.left -= (now[0] - before[0]) / this.zoom;
      this.top -= (now[1] - before[1]) / this.zoom;
    }
    this.pointers.set(event.pointerId, now);
    this.draw();
  }
}

Object.assign(Viewer.prototype, viewerOverlays);

function ratioText(py, c) {
  if (Number.isNaN(py) || Number.isNaN(c)) return "–";
  return c === 0 ? "not defined" : (py / c).toPrecision(9);
}

for (const box of document.querySelectorAll("[data-viewer]")) {
  Viewer.open(box).then(
    (viewer) => { box.viewer = viewer; },
    (error) => { box.querySelector(".state").textContent = `The images cannot be shown: ${error.message}`; },
  );
}
