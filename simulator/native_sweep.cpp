// The samples of a sweep, added up in one pass: the fast path of simulator/samples.py on a CPU.
//
// simulator/samples.py and what it calls are the statement of the physics; each function here names the Python function
// that it stands for and takes its operations in its order. What is decided by a comparison (the nearest reflection, the
// range of the table, a top-hat spot) is therefore decided by the same bits, if the compiler contracts nothing. Only
// sines, cosines and exponentials differ, by what is written beside them.
//
// Pixels are taken in blocks of a fixed size, the last one filled up, so that a pixel's value depends on nothing but
// itself; samples are taken one after the other in the reference's order. No memory is allocated.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace {

constexpr int BLOCK = 64;
using Lane = int;

enum Shape : std::int32_t { SQUARE, ROUND, GAUSS, TOPHAT };
enum Lookup : std::int32_t { NEAREST, TRICUBIC, RANGE_SCAN };
enum Weighting : std::int32_t { NO_WEIGHT, WEIGHTED, RUNNING };

}  // namespace

// Mirrored by the class SweepArguments in native_sweep.py: eight bytes for each member.
struct SweepArguments {
    std::int64_t pixels;
    const double *scattering[3];   // 1/m, one for each pixel
    const double *basis[9];        // ax ay az bx by bz cx cy cz in m, by rows and domains
    const std::int64_t *rows;      // the row of the basis of each φ step
    std::int64_t row_count;
    std::int64_t domain_count;
    std::int64_t single;           // precision of factors: 1 float, 0 double
    std::int64_t shape;            // a Shape
    std::int64_t lookup;           // a Lookup
    std::int64_t weighting;        // a Weighting
    std::int64_t counts_all;       // water around: no sample is skipped
    std::int64_t far;              // indices beyond what sine_of() reduces without loss
    double cells[3];
    double fudge;
    double of_shape;               // the number in the factor of a round, Gaussian or top-hat crystal
    double reciprocal[9];          // a* b* c* in 1/Å
    double low[3];                 // first indices of the table of structure factors
    double counts[3];              // its sizes, without the border
    double margin;                 // from its edges, within which nothing is interpolated
    const void *table;             // with a border that holds the default; null: the default alone
    double default_F;
    double share;                  // background of each sample
    double source_weight;
    const void *weight;            // factor of every sample, one for each pixel
    const std::uint8_t *used;      // pixels that the source counts in; null: all
    void *intensity;               // in and out, one for each pixel
    std::uint8_t *left_range;      // out, of a RANGE_SCAN: pixels with a counted sample out of range
};

// Mirrored by the class SlopeArguments in native_slopes.py.
struct SlopeArguments {
    const double *upstream;        // the derivative with respect to each pixel's sum
    double *scattering[3];         // out, one for each pixel
    double *basis;                 // added to, nine times basis_size numbers in the order of the basis; null: not wanted
    std::int64_t basis_size;
    double *table;                 // added to, of the size of the table, without one a single number; null: not wanted
    double *reciprocal;            // added to: those of a*, b*, c* of a Gaussian crystal
};

// Mirrored by the class RayArguments.
struct RayArguments {
    std::int64_t count;
    const std::int64_t *pixels;    // slow · n_fast + fast
    std::int64_t n_fast;
    std::int64_t oversample;
    std::int64_t subpixel_slow;
    std::int64_t subpixel_fast;
    double pixel_m;
    double depth_m;
    double fast[3];
    double slow[3];
    double normal[3];
    double pix0[3];
    double *position[3];           // out, m
    double *distance;              // out, m
    double *direction[3];          // out
};

namespace {

using Arguments = SweepArguments;

// What is in work for a block of pixels; real is the precision of factors.
template <typename real>
struct Block {
    alignas(64) double scattering[3][BLOCK];
    alignas(64) double miller[3][BLOCK];
    alignas(64) double nearest[3][BLOCK];
    alignas(64) double sum[BLOCK];
    alignas(64) real weight[BLOCK];
    alignas(64) real lattice[BLOCK];
    alignas(64) real factor[BLOCK];
    alignas(64) std::int32_t place[BLOCK];
    alignas(64) std::int32_t inside[BLOCK];
    alignas(64) std::int32_t left[BLOCK];
};

// ---------------------------------------------------------------------------------------------------------------------
// Sines, cosines, exponentials

constexpr double PI = 3.141592653589793;
constexpr double TO_INTEGER = 6755399441055744.0;  // 1.5 · 2^52: a sum with it has no room for a fraction

inline double rounded(double x) { return (x + TO_INTEGER) - TO_INTEGER; }

// Where the processor fuses a product with a sum, the functions below use it; nothing that is compared does.
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
inline double fused(double x, double y, double z) { return __builtin_fma(x, y, z); }
#else
inline double fused(double x, double y, double z) { return x * y + z; }
#endif

// x - n π, with π in parts whose products with n < 2^26 are exact.
inline double without_half_turns(double x, double n) {
    return fused(n, -0x1.a62633145c06ep-57, fused(n, -0x1.10b461p-29, fused(n, -0x1.921fb54p+1, x)));
}

// sin(r) for |r| ≤ π/2: a minimax polynomial with a relative error of 1.6e-16 before rounding.
inline double short_sine(double r) {
    const double z = r * r;
    double p = fused(z, -0x1.9f1518174bc7dp-41, 0x1.60e6bee1996b2p-33);
    p = fused(p, z, -0x1.ae6355aaae626p-26);
    p = fused(p, z, 0x1.71de3806adf14p-19);
    p = fused(p, z, -0x1.a01a019a659e4p-13);
    p = fused(p, z, 0x1.111111110a573p-7);
    p = fused(p, z, -0x1.55555555554a8p-3);
    return fused(r, z * p, r);
}

// cos(r) for |r| ≤ π/2: a minimax polynomial with an absolute error of 6e-18 before rounding.
inline double short_cosine(double r) {
    const double z = r * r;
    double p = fused(z, 0x1.9fc8d3cca5fd9p-45, -0x1.93573fa221cbfp-37);
    p = fused(p, z, 0x1.1eecfaec8f502p-29);
    p = fused(p, z, -0x1.27e4f9f33e326p-22);
    p = fused(p, z, 0x1.a01a019ba7405p-16);
    p = fused(p, z, -0x1.6c16c16c10218p-10);
    p = fused(p, z, 0x1.55555555554ddp-5);
    return fused(z, z * p, fused(z, -0.5, 1.0));
}

// sin(πr) for |r| ≤ ½ in single precision: the polynomial is off by 5.4e-9 of the value, rounding by some 1e-7.
inline float sine_of_half_turns(float r) {
    const float z = r * r;
    float p = 0.0775603869352f;
    p = p * z - 0.598242126387f;
    p = p * z + 2.55006972633f;
    p = p * z - 5.1677096848f;
    p = p * z + 3.1415926369f;
    return r * p;
}

// 2^n for an integer -1022 ≤ n ≤ 1023.
inline double power_of_two(double n) {
    const double shifted = n + (TO_INTEGER + 1023.0);
    std::uint64_t bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits <<= 52;
    double power;
    std::memcpy(&power, &bits, sizeof power);
    return power;
}

// e^x: x without multiples of ln 2, a Taylor sum to the twelfth power (2e-16 of the value), and a power of two.
inline double exponential(double x) {
    x = x < -1000.0 ? -1000.0 : x;
    x = x > 1000.0 ? 1000.0 : x;
    const double n = rounded(x * 1.4426950408889634);
    const double r = (x - n * 0x1.62e42fefa2p-1) - n * 0x1.9ef35793c7673p-41;
    double p = 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    const double half = rounded(n * 0.5);
    return (p * power_of_two(half)) * power_of_two(n - half);
}

// ---------------------------------------------------------------------------------------------------------------------
// Indices: lattice.miller_indices, lattice.nearest_reflection

template <typename real>
void find_indices(Block<real> &block, const Arguments &a, std::int64_t sample) {
    for (int axis = 0; axis < 3; ++axis) {
        const double x = a.basis[3 * axis][sample];
        const double y = a.basis[3 * axis + 1][sample];
        const double z = a.basis[3 * axis + 2][sample];
        for (Lane i = 0; i < BLOCK; ++i) {
            const double index = (x * block.scattering[0][i] + y * block.scattering[1][i]) + z * block.scattering[2][i];
            block.miller[axis][i] = index;
            block.nearest[axis][i] = std::ceil(index - 0.5);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Lattice factors but for their signs: lattice.lattice_factor

inline double sine_of(double x, double n) { return short_sine(without_half_turns(x, n)); }

inline double nearest_half_turn(double x) { return fused(x, 1.0 / PI, TO_INTEGER) - TO_INTEGER; }

// sin(πNh)/sin(πh) along an axis, multiplied to numerator and denominator: lattice._sine_ratio
inline void multiply_axis(double index, double nearest, double cells, double &numerator, double &denominator) {
    const double x = PI * index;
    const double many = x * cells;
    numerator *= sine_of(many, nearest_half_turn(many));
    denominator *= sine_of(x, nearest);
}

// The same in single precision, from distances to the reflection: lattice.axis_factor
inline void multiply_axis(double index, double nearest, double cells, float &numerator, float &denominator) {
    const double delta = index - nearest;
    const double phase = delta * cells;
    numerator *= sine_of_half_turns(static_cast<float>(phase - rounded(phase)));
    denominator *= sine_of_half_turns(static_cast<float>(delta));
}

// Both for any index: at 0 the ratio is N, and half turns beyond MOST_HALF_TURNS are left to the library.
void multiply_any_axis(double index, double, double cells, double &numerator, double &denominator) {
    const double x = PI * index;
    numerator *= x == 0.0 ? cells : std::sin(x * cells);
    denominator *= x == 0.0 ? 1.0 : std::sin(x);
}

void multiply_any_axis(double index, double nearest, double cells, float &numerator, float &denominator) {
    const double delta = index - nearest;
    const double phase = delta * cells;
    const float up = sine_of_half_turns(static_cast<float>(phase - std::nearbyint(phase)));
    numerator *= delta == 0.0 ? static_cast<float>(cells) : up;
    denominator *= delta == 0.0 ? 1.0f : sine_of_half_turns(static_cast<float>(delta));
}

template <typename real>
void any_square_factor(Block<real> &block, const Arguments &a, Lane i) {
    block.lattice[i] = real(1);
    for (int axis = 0; axis < 3; ++axis) {
        real numerator = real(1), denominator = real(1);
        if (a.cells[axis] > 1.0)
            multiply_any_axis(block.miller[axis][i], block.nearest[axis][i], a.cells[axis], numerator, denominator);
        block.lattice[i] *= numerator / denominator;
    }
}

// A product of sines below this has lost digits, or all.
template <typename real>
constexpr real LEAST_PRODUCT = std::numeric_limits<real>::min() * real(1 << 24);

template <typename real>
inline bool is_lost(real product) {
    return product < LEAST_PRODUCT<real> && -product < LEAST_PRODUCT<real>;
}

// What is no number for a sample at a reflection or lost so close to it, or beyond the reach of the polynomials, is
// found again, axis by axis.
template <typename real>
void square_factor(Block<real> &block, const Arguments &a) {
    alignas(64) real denominators[BLOCK];
    if (a.cells[0] > 1.0 && a.cells[1] > 1.0 && a.cells[2] > 1.0) {
        for (Lane i = 0; i < BLOCK; ++i) {
            real numerator = real(1), denominator = real(1);
            for (int axis = 0; axis < 3; ++axis)
                multiply_axis(block.miller[axis][i], block.nearest[axis][i], a.cells[axis], numerator, denominator);
            block.lattice[i] = numerator / denominator;
            denominators[i] = denominator;
        }
    } else {
        alignas(64) real numerators[BLOCK];
        for (Lane i = 0; i < BLOCK; ++i) numerators[i] = denominators[i] = real(1);
        for (int axis = 0; axis < 3; ++axis) {
            if (a.cells[axis] <= 1.0) continue;
            for (Lane i = 0; i < BLOCK; ++i)
                multiply_axis(block.miller[axis][i], block.nearest[axis][i], a.cells[axis], numerators[i], denominators[i]);
        }
        for (Lane i = 0; i < BLOCK; ++i) block.lattice[i] = numerators[i] / denominators[i];
    }
    std::int32_t again = std::int32_t(a.far != 0);
    for (Lane i = 0; i < BLOCK; ++i) again |= std::int32_t(is_lost(denominators[i]));
    if (!again) return;
    for (Lane i = 0; i < BLOCK; ++i)
        if (a.far || is_lost(denominators[i])) any_square_factor(block, a, i);
}

// What an index is off its reflection, for the shapes without a lattice of their own: in double precision always, so
// that no rounding moves the edge of a spot.
template <typename real>
inline double offset(const Block<real> &block, int axis, Lane i) {
    return block.miller[axis][i] - block.nearest[axis][i];
}

// lattice._round
template <typename real>
void round_factor(Block<real> &block, const Arguments &a) {
    const double Na2 = a.cells[0] * a.cells[0], Nb2 = a.cells[1] * a.cells[1], Nc2 = a.cells[2] * a.cells[2];
    const double height = a.cells[0] * a.cells[1] * a.cells[2] * a.of_shape;
    for (Lane i = 0; i < BLOCK; ++i) {
        const double dx = offset(block, 0, i), dy = offset(block, 1, i), dz = offset(block, 2, i);
        const double squared = ((Na2 * dx * dx + Nb2 * dy * dy) + Nc2 * dz * dz) * a.fudge;
        const bool centre = squared == 0.0;
        const double x = PI * std::sqrt(centre ? 1.0 : squared);
        const double r = without_half_turns(x, nearest_half_turn(x));
        // The signs of both go together, and the factor is squared.
        const double form = 3.0 * (short_sine(r) / x - short_cosine(r)) / (x * x);
        block.lattice[i] = real(height * (centre ? 1.0 : form));
    }
}

// lattice._spot_distance_sqr
template <typename real>
inline double spot_distance_sqr(const Block<real> &block, const Arguments &a, double cells, Lane i) {
    const double dx = offset(block, 0, i), dy = offset(block, 1, i), dz = offset(block, 2, i);
    const double *v = a.reciprocal;
    const double x = (v[0] * dx + v[3] * dy) + v[6] * dz;
    const double y = (v[1] * dx + v[4] * dy) + v[7] * dz;
    const double z = (v[2] * dx + v[5] * dy) + v[8] * dz;
    return ((x * x + y * y) + z * z) * cells * cells;
}

template <typename real>
void gauss_factor(Block<real> &block, const Arguments &a) {
    const double cells = a.cells[0] * a.cells[1] * a.cells[2];
    for (Lane i = 0; i < BLOCK; ++i) {
        const double q = spot_distance_sqr(block, a, cells, i);
        block.lattice[i] = real(cells * exponential(-(q / a.of_shape) * a.fudge));
    }
}

template <typename real>
void tophat_factor(Block<real> &block, const Arguments &a) {
    const double cells = a.cells[0] * a.cells[1] * a.cells[2];
    for (Lane i = 0; i < BLOCK; ++i) {
        const double q = spot_distance_sqr(block, a, cells, i);
        block.lattice[i] = real(q * a.fudge < a.of_shape ? cells : 0.0);
    }
}

template <typename real>
void find_lattice_factor(Block<real> &block, const Arguments &a) {
    switch (a.shape) {
        case SQUARE: square_factor(block, a); break;
        case ROUND: round_factor(block, a); break;
        case GAUSS: gauss_factor(block, a); break;
        default: tophat_factor(block, a);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Structure factors: structure_factors.nearest_F, tricubic_F, in_interpolation_range

// Beyond the table, and of what is no number, the place is on the border, which holds the default.
inline double on_border(double index, double low, double count) {
    const double from = index - (low - 1.0);
    const double most = count + 1.0;
    const double above = from > 0.0 ? from : 0.0;
    return above < most ? above : most;
}

inline std::int32_t place_of(double h, double k, double l, const Arguments &a) {
    const double from_h = on_border(h, a.low[0], a.counts[0]);
    const double from_k = on_border(k, a.low[1], a.counts[1]);
    const double from_l = on_border(l, a.low[2], a.counts[2]);
    return static_cast<std::int32_t>((from_h * (a.counts[1] + 2.0) + from_k) * (a.counts[2] + 2.0) + from_l);
}

template <typename real>
void find_nearest_F(Block<real> &block, const Arguments &a) {
    const real *table = static_cast<const real *>(a.table);
    if (table == nullptr) {
        for (Lane i = 0; i < BLOCK; ++i) block.factor[i] = real(a.default_F);
        return;
    }
    for (Lane i = 0; i < BLOCK; ++i)
        block.place[i] = place_of(block.nearest[0][i], block.nearest[1][i], block.nearest[2][i], a);
    for (Lane i = 0; i < BLOCK; ++i) block.factor[i] = table[block.place[i]];
}

// Returns whether any pixel of the block is in range.
template <typename real>
bool find_range(Block<real> &block, const Arguments &a) {
    for (Lane i = 0; i < BLOCK; ++i) {
        std::int32_t in = 1;
        for (int axis = 0; axis < 3; ++axis) {
            const double index = block.miller[axis][i];
            const double last = a.low[axis] + a.counts[axis] - 1.0;
            in &= std::int32_t(index >= a.low[axis] + a.margin) & std::int32_t(index <= last - a.margin);
        }
        block.inside[i] = in;
    }
    std::int32_t any = 0;
    for (Lane i = 0; i < BLOCK; ++i) any |= block.inside[i];
    return any != 0;
}

template <typename real>
inline void cubic_weights(double t, real *w, int stride) {
    w[0] = real(-t * (t - 1.0) * (t - 2.0) / 6.0);
    w[stride] = real((t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0);
    w[2 * stride] = real(-(t + 1.0) * t * (t - 2.0) / 2.0);
    w[3 * stride] = real((t + 1.0) * t * (t - 1.0) / 6.0);
}

template <typename real>
void interpolate_F(Block<real> &block, const Arguments &a) {
    const real *table = static_cast<const real *>(a.table);
    alignas(64) double base[3][BLOCK];
    alignas(64) real weight[3][4][BLOCK];
    alignas(64) real total[BLOCK];
    for (int axis = 0; axis < 3; ++axis) {
        for (Lane i = 0; i < BLOCK; ++i) {
            // What is out of range takes another way; here it needs only a place in the table.
            const double index = block.inside[i] ? block.miller[axis][i] : a.low[axis] + a.margin;
            base[axis][i] = std::floor(index);
            cubic_weights(index - base[axis][i], &weight[axis][0][i], BLOCK);
        }
    }
    for (Lane i = 0; i < BLOCK; ++i) total[i] = real(0);
    for (int h = 0; h < 4; ++h)
        for (int k = 0; k < 4; ++k)
            for (int l = 0; l < 4; ++l) {
                for (Lane i = 0; i < BLOCK; ++i)
                    block.place[i] = place_of(base[0][i] + (h - 1.0), base[1][i] + (k - 1.0), base[2][i] + (l - 1.0), a);
                for (Lane i = 0; i < BLOCK; ++i)
                    total[i] += weight[0][h][i] * weight[1][k][i] * weight[2][l][i] * table[block.place[i]];
            }
    for (Lane i = 0; i < BLOCK; ++i) block.factor[i] = block.inside[i] ? total[i] : block.factor[i];
}

template <typename real>
void find_structure_factor(Block<real> &block, const Arguments &a) {
    find_nearest_F(block, a);
    if (a.lookup == TRICUBIC && a.table != nullptr && find_range(block, a)) interpolate_F(block, a);
}

// ---------------------------------------------------------------------------------------------------------------------
// Samples: samples._sample, samples._add

// A lattice factor of exactly 0 makes the reference skip a sample. Its sines of a square crystal in double precision
// are never exactly 0, so neither is this one there, though a sine of ours might.
template <typename real>
inline bool is_counted(const Block<real> &block, const Arguments &a, Lane i) {
    const bool never_zero = a.counts_all || (a.shape == SQUARE && sizeof(real) == sizeof(double));
    return never_zero || block.lattice[i] != real(0);
}

template <typename real>
void add_sample(Block<real> &block, const Arguments &a) {
    const real share = real(a.share) * real(a.source_weight);
    const real source = real(a.source_weight);
    switch (a.weighting) {
        case NO_WEIGHT:
            for (Lane i = 0; i < BLOCK; ++i) {
                const real term = block.factor[i] * block.factor[i] * block.lattice[i] * block.lattice[i] * source;
                block.sum[i] += double(term + share);
            }
            break;
        case WEIGHTED:
            for (Lane i = 0; i < BLOCK; ++i) {
                const real term = block.factor[i] * block.factor[i] * block.lattice[i] * block.lattice[i] * source;
                block.sum[i] += double((term + share) * block.weight[i]);
            }
            break;
        default:
            for (Lane i = 0; i < BLOCK; ++i) {
                const real term = block.factor[i] * block.factor[i] * block.lattice[i] * block.lattice[i] * source;
                const double added = (block.sum[i] + double(term)) * double(block.weight[i]);
                block.sum[i] = is_counted(block, a, i) ? added : block.sum[i];
            }
    }
}

// structure_factors.RangeScan
template <typename real>
void note_range(Block<real> &block, const Arguments &a) {
    find_range(block, a);
    for (Lane i = 0; i < BLOCK; ++i) block.left[i] |= std::int32_t(!block.inside[i] && is_counted(block, a, i));
}

template <typename real>
void take_samples(Block<real> &block, const Arguments &a) {
    for (std::int64_t step = 0; step < a.row_count; ++step) {
        for (std::int64_t domain = 0; domain < a.domain_count; ++domain) {
            find_indices(block, a, a.rows[step] * a.domain_count + domain);
            find_lattice_factor(block, a);
            if (a.lookup == RANGE_SCAN) {
                note_range(block, a);
            } else {
                find_structure_factor(block, a);
                add_sample(block, a);
            }
        }
    }
}

template <typename real>
void take_block(const Arguments &a, std::int64_t first) {
    Block<real> block;
    real *intensity = static_cast<real *>(a.intensity);
    const real *weight = static_cast<const real *>(a.weight);
    for (Lane i = 0; i < BLOCK; ++i) {
        const std::int64_t pixel = first + i < a.pixels ? first + i : a.pixels - 1;
        for (int axis = 0; axis < 3; ++axis) block.scattering[axis][i] = a.scattering[axis][pixel];
        block.sum[i] = intensity == nullptr ? 0.0 : double(intensity[pixel]);
        block.weight[i] = weight == nullptr ? real(1) : weight[pixel];
        block.left[i] = 0;
    }
    take_samples(block, a);
    for (Lane i = 0; i < BLOCK && first + i < a.pixels; ++i) {
        const std::int64_t pixel = first + i;
        if (a.used != nullptr && !a.used[pixel]) continue;
        if (a.lookup == RANGE_SCAN) a.left_range[pixel] |= std::uint8_t(block.left[i]);
        else intensity[pixel] = real(block.sum[i]);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Derivatives of the sums of F² F_latt² over samples, in double precision

// Half the derivative of F_latt² with respect to the three indices, and what it is multiplied by, of a block of pixels.
struct Slopes {
    alignas(64) double upstream[BLOCK];  // twice the derivative with respect to the sum
    alignas(64) double squared[BLOCK];   // F_latt²
    alignas(64) double along[3][BLOCK];
    alignas(64) double strength[BLOCK];  // what comes to each index
    alignas(64) double scattering[3][BLOCK];
};

inline double without_sign(double x) { return x < 0.0 ? -x : x; }

// The distance to the reflection along an axis; at a reflection a ratio of sines is N, not 0/0.
inline double distance_along(double index, double nearest) { return (index - nearest) + 1e-30; }

// (sin πNh / sin πh)² and half its derivative with respect to h, from the distance and one over the lower sine. Both
// cosines change sign with the half turns that are taken off, as the sines do, and the product of the two does not.
inline void squared_axis(double delta, double one_below, double cells, double &squared, double &slope) {
    const double phase = delta * cells;
    const double rest = PI * (phase - rounded(phase));
    const double ratio = short_sine(rest) * one_below;
    const double exact = PI * one_below * fused(cells, short_cosine(rest), -ratio * short_cosine(PI * delta));
    // Next to a reflection that difference is lost in rounding; the first term of the series is exact enough there.
    const double series = (1.0 - cells * cells) * cells * (PI * PI / 3.0) * delta;
    squared = ratio * ratio;
    slope = ratio * (without_sign(phase) < 1.0 / 1024.0 ? series : exact);
}

void square_slopes(const Block<double> &block, Slopes &s, const Arguments &a) {
    alignas(64) double squared[3][BLOCK], delta[3][BLOCK], one_below[3][BLOCK];
    for (Lane i = 0; i < BLOCK; ++i) {
        double below[3];
        for (int axis = 0; axis < 3; ++axis) {
            delta[axis][i] = distance_along(block.miller[axis][i], block.nearest[axis][i]);
            below[axis] = short_sine(PI * delta[axis][i]);
        }
        // One division for all three: it takes as long as a sine.
        const double one_below_all = 1.0 / (below[0] * below[1] * below[2]);
        one_below[0][i] = one_below_all * (below[1] * below[2]);
        one_below[1][i] = one_below_all * (below[0] * below[2]);
        one_below[2][i] = one_below_all * (below[0] * below[1]);
    }
    for (int axis = 0; axis < 3; ++axis) {
        const double cells = a.cells[axis];
        if (cells > 1.0) {
            for (Lane i = 0; i < BLOCK; ++i)
                squared_axis(delta[axis][i], one_below[axis][i], cells, squared[axis][i], s.along[axis][i]);
        } else {
            for (Lane i = 0; i < BLOCK; ++i) {
                squared[axis][i] = 1.0;
                s.along[axis][i] = 0.0;
            }
        }
    }
    for (Lane i = 0; i < BLOCK; ++i) {
        s.along[0][i] *= squared[1][i] * squared[2][i];
        s.along[1][i] *= squared[0][i] * squared[2][i];
        s.along[2][i] *= squared[0][i] * squared[1][i];
        s.squared[i] = squared[0][i] * squared[1][i] * squared[2][i];
    }
}

void round_slopes(const Block<double> &block, Slopes &s, const Arguments &a) {
    const double height = a.cells[0] * a.cells[1] * a.cells[2] * a.of_shape;
    for (Lane i = 0; i < BLOCK; ++i) {
        double squared = 0.0;
        for (int axis = 0; axis < 3; ++axis) {
            const double d = offset(block, axis, i) * a.cells[axis];
            squared += d * d;
        }
        const double z = PI * PI * squared * a.fudge;
        const double x = std::sqrt(z < 0.01 ? 1.0 : z);
        const double r = without_half_turns(x, nearest_half_turn(x));
        // Of the form factor f(x) both f and f'/x, but for a sign that they share: near 0 by their series.
        const double far_form = 3.0 * (short_sine(r) / x - short_cosine(r)) / (x * x);
        const double far_slope = 3.0 * (short_sine(r) / x - far_form) / (x * x);
        const double form = z < 0.01 ? 1.0 - z * (1.0 / 10.0 - z * (1.0 / 280.0 - z / 15120.0)) : far_form;
        const double slope = z < 0.01 ? -1.0 / 5.0 + z * (1.0 / 70.0 - z * (1.0 / 2520.0 - z / 166320.0)) : far_slope;
        const double lattice = height * form;
        s.squared[i] = lattice * lattice;
        for (int axis = 0; axis < 3; ++axis)
            s.along[axis][i] =
                lattice * height * slope * PI * PI * a.fudge * a.cells[axis] * a.cells[axis] * offset(block, axis, i);
    }
}

// Σ x y, in eight sums that the processor takes at once.
inline double sum_of_products(const double *x, const double *y) {
    double part[8] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    for (Lane i = 0; i < BLOCK; i += 8)
        for (int j = 0; j < 8; ++j) part[j] = fused(x[i + j], y[i + j], part[j]);
    return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7]));
}

// The spots of a Gaussian crystal follow from a*, b*, c* too.
void gauss_slopes(Block<double> &block, Slopes &s, const Arguments &a, const SlopeArguments &out) {
    gauss_factor(block, a);
    const double cells = a.cells[0] * a.cells[1] * a.cells[2];
    const double scale = -2.0 * cells * cells * a.fudge / a.of_shape;
    alignas(64) double apart[3][BLOCK];
    for (int c = 0; c < 3; ++c)
        for (Lane i = 0; i < BLOCK; ++i)
            apart[c][i] = (a.reciprocal[c] * offset(block, 0, i) + a.reciprocal[3 + c] * offset(block, 1, i)) +
                          a.reciprocal[6 + c] * offset(block, 2, i);
    for (Lane i = 0; i < BLOCK; ++i) s.squared[i] = block.lattice[i] * block.lattice[i];
    for (int axis = 0; axis < 3; ++axis) {
        const double *star = a.reciprocal + 3 * axis;
        alignas(64) double weighted[BLOCK];
        for (Lane i = 0; i < BLOCK; ++i) {
            const double common = scale * s.squared[i];
            s.along[axis][i] = common * ((apart[0][i] * star[0] + apart[1][i] * star[1]) + apart[2][i] * star[2]);
            const double F = block.factor[i];
            weighted[i] = s.upstream[i] * F * F * common * offset(block, axis, i);
        }
        for (int c = 0; c < 3; ++c) out.reciprocal[3 * axis + c] += sum_of_products(weighted, apart[c]);
    }
}

void find_lattice_slopes(Block<double> &block, Slopes &s, const Arguments &a, const SlopeArguments &out) {
    switch (a.shape) {
        case SQUARE: square_slopes(block, s, a); break;
        case ROUND: round_slopes(block, s, a); break;
        case GAUSS: gauss_slopes(block, s, a, out); break;
        default:
            tophat_factor(block, a);
            for (Lane i = 0; i < BLOCK; ++i) s.squared[i] = block.lattice[i] * block.lattice[i];
            for (int axis = 0; axis < 3; ++axis)
                for (Lane i = 0; i < BLOCK; ++i) s.along[axis][i] = 0.0;
    }
}

inline void cubic_slopes(double t, double *w) {
    w[0] = -(3.0 * t * t - 6.0 * t + 2.0) / 6.0;
    w[1] = (3.0 * t * t - 4.0 * t - 1.0) / 2.0;
    w[2] = -(3.0 * t * t - 2.0 * t - 2.0) / 2.0;
    w[3] = (3.0 * t * t - 1.0) / 6.0;
}

// The derivative of an interpolated F with respect to the indices, and that of the sum with respect to the 64 nodes.
void interpolated_slopes(const Block<double> &block, const Arguments &a, double carried, Lane i, double *along, double *out) {
    const double *table = static_cast<const double *>(a.table);
    double base[3], weight[3][4], slope[3][4];
    for (int axis = 0; axis < 3; ++axis) {
        base[axis] = std::floor(block.miller[axis][i]);
        cubic_weights(block.miller[axis][i] - base[axis], weight[axis], 1);
        cubic_slopes(block.miller[axis][i] - base[axis], slope[axis]);
        along[axis] = 0.0;
    }
    for (int h = 0; h < 4; ++h)
        for (int k = 0; k < 4; ++k)
            for (int l = 0; l < 4; ++l) {
                const std::int32_t node = place_of(base[0] + (h - 1.0), base[1] + (k - 1.0), base[2] + (l - 1.0), a);
                along[0] += slope[0][h] * weight[1][k] * weight[2][l] * table[node];
                along[1] += weight[0][h] * slope[1][k] * weight[2][l] * table[node];
                along[2] += weight[0][h] * weight[1][k] * slope[2][l] * table[node];
                if (out != nullptr) out[node] += carried * weight[0][h] * weight[1][k] * weight[2][l];
            }
}

// Adds numbers at places of a table. Pixels side by side have most often one place: each addition to it would have to
// wait for the one before.
void add_at_places(double *out, const std::int32_t *place, const double *added) {
    for (Lane i = 0; i < BLOCK; i += 8) {
        std::int32_t differ = 0;
        for (int j = 1; j < 8; ++j) differ |= place[i + j] ^ place[i];
        if (differ == 0) {
            const double *x = added + i;
            out[place[i]] += ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7]));
        } else {
            for (int j = 0; j < 8; ++j) out[place[i + j]] += added[i + j];
        }
    }
}

// What a sample brings to the derivatives, from what its lattice and structure factors are.
void add_slopes(Block<double> &block, Slopes &s, const Arguments &a, const SlopeArguments &out, std::int64_t sample) {
    alignas(64) double index[3][BLOCK];
    for (Lane i = 0; i < BLOCK; ++i) s.strength[i] = s.upstream[i] * block.factor[i] * block.factor[i];
    for (int axis = 0; axis < 3; ++axis)
        for (Lane i = 0; i < BLOCK; ++i) index[axis][i] = s.strength[i] * s.along[axis][i];
    const bool interpolates = a.lookup == TRICUBIC && a.table != nullptr && find_range(block, a);
    if (a.table == nullptr) {
        if (out.table != nullptr) {
            alignas(64) double carried[BLOCK];
            for (Lane i = 0; i < BLOCK; ++i) carried[i] = s.upstream[i] * s.squared[i];
            out.table[0] += sum_of_products(carried, block.factor);
        }
    } else if (interpolates) {
        for (Lane i = 0; i < BLOCK; ++i) {
            const double carried = s.upstream[i] * s.squared[i] * block.factor[i];
            if (block.inside[i]) {
                double along[3];
                interpolated_slopes(block, a, carried, i, along, out.table);
                for (int axis = 0; axis < 3; ++axis) index[axis][i] += carried * along[axis];
            } else if (out.table != nullptr) {
                out.table[place_of(block.nearest[0][i], block.nearest[1][i], block.nearest[2][i], a)] += carried;
            }
        }
    } else if (out.table != nullptr) {
        alignas(64) double carried[BLOCK];
        for (Lane i = 0; i < BLOCK; ++i) carried[i] = s.upstream[i] * s.squared[i] * block.factor[i];
        add_at_places(out.table, block.place, carried);
    }
    for (int c = 0; c < 3; ++c) {
        const double x = a.basis[c][sample], y = a.basis[3 + c][sample], z = a.basis[6 + c][sample];
        for (Lane i = 0; i < BLOCK; ++i)
            s.scattering[c][i] = fused(index[0][i], x, fused(index[1][i], y, fused(index[2][i], z, s.scattering[c][i])));
    }
    if (out.basis == nullptr) return;
    for (int axis = 0; axis < 3; ++axis)
        for (int c = 0; c < 3; ++c)
            out.basis[(3 * axis + c) * out.basis_size + sample] += sum_of_products(index[axis], block.scattering[c]);
}

void take_slopes(const Arguments &a, const SlopeArguments &out, std::int64_t first) {
    Block<double> block;
    Slopes s;
    for (Lane i = 0; i < BLOCK; ++i) {
        const bool present = first + i < a.pixels;
        const std::int64_t pixel = present ? first + i : a.pixels - 1;
        s.upstream[i] = present ? 2.0 * out.upstream[pixel] : 0.0;
        for (int axis = 0; axis < 3; ++axis) {
            block.scattering[axis][i] = a.scattering[axis][pixel];
            s.scattering[axis][i] = 0.0;
        }
    }
    for (std::int64_t step = 0; step < a.row_count; ++step) {
        for (std::int64_t domain = 0; domain < a.domain_count; ++domain) {
            const std::int64_t sample = a.rows[step] * a.domain_count + domain;
            find_indices(block, a, sample);
            find_structure_factor(block, a);
            find_lattice_slopes(block, s, a, out);
            add_slopes(block, s, a, out, sample);
        }
    }
    for (Lane i = 0; i < BLOCK && first + i < a.pixels; ++i)
        for (int axis = 0; axis < 3; ++axis) out.scattering[axis][first + i] = s.scattering[axis][i];
}

// ---------------------------------------------------------------------------------------------------------------------
// Rays to a flat detector: rays.detector_coordinates, rays.ray_to

void take_rays(const RayArguments &a, std::int64_t first) {
    alignas(64) double fast[BLOCK], slow[BLOCK], position[3][BLOCK], distance[BLOCK], direction[3][BLOCK];
    const int present = int(a.count - first < BLOCK ? a.count - first : BLOCK);
    const double size = a.pixel_m / double(a.oversample);
    std::int64_t pixel = -1, row = 0, column = 0;
    for (Lane i = 0; i < BLOCK; ++i) {
        const std::int64_t next = a.pixels[first + (i < present ? i : present - 1)];
        const bool beside = i > 0 && next == pixel + 1 && column + 1 < a.n_fast;
        row = beside ? row : next / a.n_fast;
        column = beside ? column + 1 : next - row * a.n_fast;
        pixel = next;
        fast[i] = double(column * a.oversample + a.subpixel_fast);
        slow[i] = double(row * a.oversample + a.subpixel_slow);
    }
    for (Lane i = 0; i < BLOCK; ++i) {
        fast[i] = fast[i] * size + size / 2.0;
        slow[i] = slow[i] * size + size / 2.0;
    }
    for (int axis = 0; axis < 3; ++axis) {
        const double depth_m = a.normal[axis] * a.depth_m;
        for (Lane i = 0; i < BLOCK; ++i) {
            const double on_surface = a.fast[axis] * fast[i] + a.slow[axis] * slow[i];
            position[axis][i] = (a.depth_m != 0.0 ? on_surface + depth_m : on_surface) + a.pix0[axis];
        }
    }
    for (Lane i = 0; i < BLOCK; ++i) {
        const double x = position[0][i], y = position[1][i], z = position[2][i];
        distance[i] = std::sqrt((x * x + y * y) + z * z);
    }
    for (int axis = 0; axis < 3; ++axis)
        for (Lane i = 0; i < BLOCK; ++i) direction[axis][i] = position[axis][i] / distance[i];
    const std::size_t bytes = std::size_t(present) * sizeof(double);
    std::memcpy(a.distance + first, distance, bytes);
    for (int axis = 0; axis < 3; ++axis) {
        std::memcpy(a.position[axis] + first, position[axis], bytes);
        std::memcpy(a.direction[axis] + first, direction[axis], bytes);
    }
}

}  // namespace

extern "C" {

std::int64_t nbtrace_sweep_size() { return sizeof(SweepArguments); }

std::int64_t nbtrace_rays_size() { return sizeof(RayArguments); }

void nbtrace_rays(const RayArguments *a) {
    for (std::int64_t first = 0; first < a->count; first += BLOCK) take_rays(*a, first);
}

void nbtrace_sweep(const SweepArguments *a) {
    for (std::int64_t first = 0; first < a->pixels; first += BLOCK) {
        if (a->single) take_block<float>(*a, first);
        else take_block<double>(*a, first);
    }
}

std::int64_t nbtrace_slopes_size() { return sizeof(SlopeArguments); }

void nbtrace_slopes(const SweepArguments *a, const SlopeArguments *out) {
    for (std::int64_t first = 0; first < a->pixels; first += BLOCK) take_slopes(*a, *out, first);
}

// The functions of one argument, for measuring what they are off by; x and y have n members.
void nbtrace_function(std::int64_t which, std::int64_t n, const double *x, double *y) {
    for (std::int64_t i = 0; i < n; ++i) {
        switch (which) {
            case 0: y[i] = sine_of(x[i], nearest_half_turn(x[i])); break;
            case 1: y[i] = short_cosine(x[i]); break;
            case 2: y[i] = exponential(x[i]); break;
            default: y[i] = double(sine_of_half_turns(static_cast<float>(x[i])));
        }
    }
}

}
