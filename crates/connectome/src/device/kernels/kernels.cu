// The kernels of connectome::device, in plain CUDA C without a header, so that NVRTC needs no
// include path. What each one means is said in row_device.rs and written out in host.rs.
//
// No kernel has a barrier, an atomic or shared memory: every thread does its own work in a fixed
// order. So the numbers do not depend on scheduling, and the same file compiled as C runs on a CPU,
// one thread after another (tests/it/device/emulator.rs).

#ifdef __cplusplus
#define KERNEL extern "C" __global__
#else
#define KERNEL __global__
#endif

typedef unsigned int u32;
typedef unsigned long long u64;

// Rows of one target that a block of pull_pattern treats together; row_device.rs has it, too.
#define TILE 8
// Partial sums of a row in dot_parts; kernels/mod.rs has it, too.
#define LANES 32

// into[i] += x[i]
KERNEL void add(const float *x, u64 n, float *into) {
    u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) into[i] += x[i];
}

// One block a row. sums_r is null unless the norm centres.
KERNEL void pull_norm(const float *x, u32 width, const float *gain_d, const float *scale_t,
                      const u32 *pos_r, const float *sums_r, float *out) {
    u64 row = blockIdx.x;
    float scale = scale_t[pos_r[row]];
    float mean = sums_r ? scale * sums_r[row] / (float)width : 0.0f;
    for (u32 col = threadIdx.x; col < width; col += blockDim.x) {
        u64 at = row * width + col;
        out[at] = x[at] * gain_d[col] * scale - mean;
    }
}

// One block of LANES threads a row; each sums every LANES-th product. which_r is null if all
// rows meet the first vector.
KERNEL void dot_parts(const float *x, u32 width, const float *vectors, const u32 *which_r,
                      float *parts) {
    u64 row = blockIdx.x;
    const float *vector = vectors + (which_r ? (u64)which_r[row] * width : 0);
    const float *own = x + row * width;
    float sum = 0.0f;
    for (u32 col = threadIdx.x; col < width; col += LANES) sum += own[col] * vector[col];
    parts[row * LANES + threadIdx.x] = sum;
}

// One thread a row.
KERNEL void dot_sums(const float *parts, u64 n_rows, u32 adds, float *out) {
    u64 row = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= n_rows) return;
    float sum = 0.0f;
    for (u32 lane = 0; lane < LANES; lane++) sum += parts[row * LANES + lane];
    out[row] = adds ? out[row] + sum : sum;
}

// One block a row.
KERNEL void gather_rows(const float *x, const u32 *rows, u32 width, float *out) {
    const float *from = x + (u64)rows[blockIdx.x] * width;
    float *to = out + (u64)blockIdx.x * width;
    for (u32 col = threadIdx.x; col < width; col += blockDim.x) to[col] = from[col];
}

// One block a row.
KERNEL void scatter_rows(const float *x, const u32 *rows, u32 width, float *out) {
    const float *from = x + (u64)blockIdx.x * width;
    float *to = out + (u64)rows[blockIdx.x] * width;
    for (u32 col = threadIdx.x; col < width; col += blockDim.x) to[col] = from[col];
}

static __device__ float from_bits(u32 bits) {
    union {
        u32 bits;
        float number;
    } both;
    both.bits = bits;
    return both.number;
}

// Exact for every half, subnormal or not.
static __device__ float from_half(u32 half) {
    u32 sign = (half & 0x8000u) << 16, exponent = (half >> 10) & 0x1fu, fraction = half & 0x3ffu;
    if (exponent == 0) {
        float tiny = (float)fraction * 5.9604644775390625e-8f; // 2^-24
        return sign ? -tiny : tiny;
    }
    if (exponent == 31) return from_bits(sign | 0x7f800000u | (fraction << 13));
    return from_bits(sign | ((exponent + 112) << 23) | (fraction << 13));
}

// One block a row. Formats are those of format.rs: 0 is f32, 1 bf16, 2 f16.
KERNEL void widen_rows(const u32 *words, u32 format, u32 width, u32 row_words, const u32 *rows,
                       float *out) {
    const u32 *from = words + (u64)rows[blockIdx.x] * row_words;
    float *to = out + (u64)blockIdx.x * width;
    for (u32 col = threadIdx.x; col < width; col += blockDim.x) {
        if (format == 0) {
            to[col] = from_bits(from[col]);
        } else {
            u32 half = (from[col / 2] >> (16 * (col % 2))) & 0xffffu;
            to[col] = format == 1 ? from_bits(half << 16) : from_half(half);
        }
    }
}

// One block a tile, one thread a column of the head. The pattern is zero where a source stands
// after its target, so all rows of a tile may start where its first one does.
KERNEL void pull_pattern(const float *pattern, u64 t_stride, u64 s_stride, const u32 *first_row,
                         const u32 *last_row, const u32 *pos_r, const float *mixed, u32 stride_in,
                         u32 width, u32 adds, float *values, u32 stride_out) {
    u32 first = first_row[blockIdx.x], last = last_row[blockIdx.x];
    u32 n = last - first + 1 < TILE ? last - first + 1 : TILE;
    u64 s = pos_r[first];
    for (u32 col = threadIdx.x; col < width; col += blockDim.x) {
        float sums[TILE] = {0.0f};
        for (u32 row = first; row <= last; row++) {
            const float *share = pattern + (s + (row - first)) * t_stride + s * s_stride;
            float x = mixed[(u64)row * stride_in + col];
#pragma unroll
            for (u32 i = 0; i < TILE; i++) {
                if (i < n) sums[i] += share[i * s_stride] * x;
            }
        }
#pragma unroll
        for (u32 i = 0; i < TILE; i++) {
            if (i < n) {
                float *slot = values + (u64)(first + i) * stride_out + col;
                *slot = adds ? *slot + sums[i] : sums[i];
            }
        }
    }
}

static __device__ float score(float x, float scale, float cap) {
    float scaled = x * scale;
    return cap > 0.0f ? cap * tanhf(scaled / cap) : scaled;
}

// One thread a target position, so that neighbours read neighbours. No cap and no window are 0.
KERNEL void soften(float *scores_st, u32 n_tokens, float scale, float cap, u32 window) {
    u32 t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= n_tokens) return;
    u32 first = window > 0 && t + 1 > window ? t + 1 - window : 0;
    float max = score(scores_st[(u64)first * n_tokens + t], scale, cap);
    for (u32 s = first + 1; s <= t; s++) {
        float x = score(scores_st[(u64)s * n_tokens + t], scale, cap);
        if (x > max) max = x;
    }
    float sum = 0.0f;
    for (u32 s = first; s <= t; s++) {
        sum += expf(score(scores_st[(u64)s * n_tokens + t], scale, cap) - max);
    }
    for (u32 s = 0; s < n_tokens; s++) {
        float *slot = scores_st + (u64)s * n_tokens + t;
        *slot = s >= first && s <= t ? expf(score(*slot, scale, cap) - max) / sum : 0.0f;
    }
}
