// Arrays of the page: base64 of deflated bytes, the first byte of every number first, then the second of every one, ….
"use strict";

const ARRAY_TYPES = {
  f4: Float32Array, f8: Float64Array, i1: Int8Array, i2: Int16Array, i4: Int32Array,
  u1: Uint8Array, u2: Uint16Array, u4: Uint32Array,
};

async function unpackArray(text, dtype) {
  const letters = atob(text);
  const packed = new Uint8Array(letters.length);
  for (let i = 0; i < packed.length; i += 1) packed[i] = letters.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const shuffled = new Uint8Array(await new Response(stream).arrayBuffer());
  const Type = ARRAY_TYPES[dtype];
  const width = Type.BYTES_PER_ELEMENT;
  const count = shuffled.length / width;
  const bytes = new Uint8Array(shuffled.length);
  for (let byte = 0; byte < width; byte += 1) {
    for (let i = 0; i < count; i += 1) bytes[i * width + byte] = shuffled[byte * count + i];
  }
  return new Type(bytes.buffer);
}

// The shortest decimal that reads back as the same number of the same precision.
function numberText(value, dtype) {
  if (dtype !== "f4" || !Number.isFinite(value)) return String(value);
  for (let digits = 1; digits <= 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

// The next level of a pyramid: of four numbers the one furthest from zero, so that no peak vanishes; NaN only if all are.
function halved(level) {
  const rows = Math.ceil(level.rows / 2);
  const columns = Math.ceil(level.columns / 2);
  const data = new level.data.constructor(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let furthest = NaN;
      for (let y = 2 * row; y < Math.min(2 * row + 2, level.rows); y += 1) {
        for (let x = 2 * column; x < Math.min(2 * column + 2, level.columns); x += 1) {
          const value = level.data[y * level.columns + x];
          if (Number.isNaN(furthest) || Math.abs(value) > Math.abs(furthest)) furthest = value;
        }
      }
      data[row * columns + column] = furthest;
    }
  }
  return { rows, columns, data, cell: level.cell * 2 };
}
