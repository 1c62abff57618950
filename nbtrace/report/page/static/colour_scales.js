// How values become colours, and the colour bar that says so in numbers.
"use strict";

class ColourScale {
  static NAN = [190, 24, 150];
  static NO_RATIO = [150, 154, 160];

  // `place` gives a value its place from 0 to 1, `value` undoes that; `none` is the colour of NaN.
  constructor(colours, place, value, words, none = ColourScale.NAN) {
    Object.assign(this, { colours, place, value, words, none });
  }

  static image({ low, high, positive }, logarithmic, colours) {
    if (logarithmic && positive > 0) {
      const span = Math.log(high / positive);
      return new ColourScale(colours, (v) => (v > positive ? Math.log(v / positive) / span : 0),
        (part) => positive * Math.exp(part * span), "logarithmic");
    }
    const span = high - low;
    return new ColourScale(colours, (v) => (span > 0 ? (v - low) / span : 0.5 + Math.sign(v - low) / 2),
      (part) => low + part * span, "linear");
  }

  // Symmetric about 0; a logarithmic one is linear below a thousandth of the limit.
  static difference(limit, logarithmic, colours) {
    if (!logarithmic) {
      return new ColourScale(colours, (v) => 0.5 + v / (2 * limit), (part) => (2 * part - 1) * limit, "linear");
    }
    const knee = limit / 1000;
    const span = Math.log1p(limit / knee);
    return new ColourScale(colours, (v) => 0.5 + (Math.sign(v) * Math.log1p(Math.abs(v) / knee)) / span / 2,
      (part) => Math.sign(part - 0.5) * knee * Math.expm1(Math.abs(2 * part - 1) * span), "logarithmic about 0");
  }

  // Of logarithms of ratios; 2 is as far from 1 as ½.
  static ratio(limit, colours) {
    return new ColourScale(colours, (v) => 0.5 + v / (2 * limit), (part) => (2 * part - 1) * limit,
      "logarithmic", ColourScale.NO_RATIO);
  }

  paint(values, bytes) {
    const { colours, none } = this;
    for (let i = 0; i < values.length; i += 1) {
      const known = !Number.isNaN(values[i]);
      const place = known ? 3 * Math.min(Math.max(Math.round(this.place(values[i]) * 255), 0), 255) : 0;
      for (let k = 0; k < 3; k += 1) bytes[4 * i + k] = known ? colours[place + k] : none[k];
      bytes[4 * i + 3] = 255;
    }
  }
}

const TICKS = [0, 0.25, 0.5, 0.75, 1];

function shortNumber(value) {
  if (value === 0) return "0";
  const text = value.toPrecision(3);
  return (text.includes("e") || Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3
    ? value.toExponential(2).replace(/\.?0+e/, "e") : String(Number(text))).replace("-", "−");
}

// The numbers under a colour bar; those of a ratio close to 1 are what it lacks to 1.
function tickTexts(scale, isRatio) {
  const values = TICKS.map((part) => scale.value(part));
  if (!isRatio) return values.map(shortNumber);
  const close = Math.abs(values.at(-1)) < 0.05;
  return values.map((log) => (close ? (log > 0 ? "+" : "") + shortNumber(Math.expm1(log)) : shortNumber(Math.exp(log))));
}

class ColourBar {
  constructor(box) {
    this.box = box;
    this.strip = box.querySelector("canvas");
    this.strip.width = 256;
    this.strip.height = 1;
  }

  tell(scale, name, { isRatio = false } = {}) {
    const context = this.strip.getContext("2d");
    const image = context.createImageData(256, 1);
    for (let i = 0; i < 256; i += 1) {
      for (let k = 0; k < 3; k += 1) image.data[4 * i + k] = scale.colours[3 * i + k];
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    const texts = tickTexts(scale, isRatio);
    const close = isRatio && Math.abs(scale.value(1)) < 0.05;
    const title = `${name}${close ? " − 1" : ""}, ${scale.words}`;
    this.box.querySelector(".bar-title").textContent = title;
    this.box.querySelector(".ticks").replaceChildren(...texts.map((text) => {
      const tick = document.createElement("span");
      tick.textContent = text;
      return tick;
    }));
    this.strip.setAttribute("aria-label", `Colour bar of ${title}: from ${texts[0]} to ${texts.at(-1)}`);
  }
}
