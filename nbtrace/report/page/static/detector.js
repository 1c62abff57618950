// Where the pixels of a detector are, seen from the sample: resolution, h k l, radius, rings. Lengths in pixels and Å.
"use strict";

class DetectorGeometry {
  static RING_POINTS = 360;

  constructor({ corner, slow, fast, beam, pixel, wavelength, cell, rings }) {
    Object.assign(this, { corner, slow, fast, beam, pixel, wavelength, cell, rings });
    this.normal = DetectorGeometry.cross(fast, slow);
    this.beamPoint = this.onDetector(beam);
  }

  static dot(a, b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }

  static cross(a, b) {
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  }

  static unit(a) {
    const length = Math.hypot(...a);
    return a.map((part) => part / length);
  }

  at(slow, fast) {
    return this.corner.map((part, k) => part + slow * this.slow[k] + fast * this.fast[k]);
  }

  // q = (d − s₀)/λ, in 1/Å.
  scattering(slow, fast) {
    return DetectorGeometry.unit(this.at(slow, fast)).map((part, k) => (part - this.beam[k]) / this.wavelength);
  }

  resolution(slow, fast) {
    return 1 / Math.hypot(...this.scattering(slow, fast));
  }

  indices(slow, fast) {
    const q = this.scattering(slow, fast);
    return this.cell && this.cell.map((axis) => DetectorGeometry.dot(axis, q));
  }

  // Distance from the direct beam on the detector, in pixels; null where the beam does not meet it.
  radius(slow, fast) {
    if (this.beamPoint === null) return null;
    const beam = this.at(...this.beamPoint);
    return Math.hypot(...this.at(slow, fast).map((part, k) => part - beam[k]));
  }

  // [slow, fast] where a direction meets the plane of the detector; null where it does not.
  onDetector(direction) {
    const { dot } = DetectorGeometry;
    const far = dot(this.corner, this.normal) / dot(direction, this.normal);
    if (!(far > 0 && Number.isFinite(far))) return null;
    const within = direction.map((part, k) => far * part - this.corner[k]);
    const [s, f, both] = [dot(within, this.slow), dot(within, this.fast), dot(this.slow, this.fast)];
    return [(s - both * f) / (1 - both * both), (f - both * s) / (1 - both * both)];
  }

  // Points [slow, fast] of equal resolution around the beam, null where the cone misses the detector.
  ring(d) {
    const sine = this.wavelength / (2 * d);
    if (!(sine < 1)) return [];
    const angle = 2 * Math.asin(sine);
    const aside = Math.abs(this.beam[0]) < 0.7 ? [1, 0, 0] : [0, 1, 0];
    const u = DetectorGeometry.unit(DetectorGeometry.cross(this.beam, aside));
    const v = DetectorGeometry.cross(this.beam, u);
    return Array.from({ length: DetectorGeometry.RING_POINTS + 1 }, (_, number) => {
      const turn = (2 * Math.PI * number) / DetectorGeometry.RING_POINTS;
      const direction = this.beam.map((part, k) => Math.cos(angle) * part
        + Math.sin(angle) * (Math.cos(turn) * u[k] + Math.sin(turn) * v[k]));
      return this.onDetector(direction);
    });
  }
}
