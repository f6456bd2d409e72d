// CUDA without a GPU: the functions of driver, NVRTC and cuBLAS that connectome::device::cuda
// calls, on this machine's memory. Kernels are those of the emulator, which stands above. Each
// library is this file with one of FAKE_DRIVER, FAKE_NVRTC, FAKE_CUBLAS defined.

typedef unsigned long long Address;

#ifdef FAKE_DRIVER

enum { OK = 0, INVALID = 1, OUT_OF_MEMORY = 2, NO_CONTEXT = 201, NOT_FOUND = 500 };

// More than this at once does not fit.
static const size_t MEMORY = (size_t)1 << 32;
static _Thread_local void *current;

int cuInit(unsigned flags) { return flags == 0 ? OK : INVALID; }
int cuDriverGetVersion(int *version) { return *version = 13000, OK; }
int cuDeviceGetCount(int *count) { return *count = 1, OK; }
int cuDeviceGet(int *device, int ordinal) { return *device = 70 + ordinal, ordinal ? INVALID : OK; }
int cuDeviceGetName(char *name, int len, int device) {
    return strncpy(name, "Fake GPU", len), device == 70 ? OK : INVALID;
}
int cuDeviceGetAttribute(int *value, int which, int device) {
    switch (which) {
    case 75: *value = 9; break; // compute capability, major
    case 76: *value = 0; break; // and minor
    case 115: *value = 1; break; // has memory pools
    default: return INVALID;
    }
    return device == 70 ? OK : INVALID;
}
int cuDevicePrimaryCtxRetain(void **context, int device) {
    static int one;
    return *context = &one, device == 70 ? OK : INVALID;
}
int cuDevicePrimaryCtxRelease_v2(int device) { return device == 70 ? OK : INVALID; }
int cuCtxGetCurrent(void **context) { return *context = current, OK; }
int cuCtxSetCurrent(void *context) { return current = context, OK; }
int cuMemGetInfo_v2(size_t *free, size_t *total) {
    return *free = MEMORY, *total = 2 * MEMORY, current ? OK : NO_CONTEXT;
}
int cuGetErrorString(int error, const char **text) {
    return *text = error == OUT_OF_MEMORY ? "out of memory" : "an error", OK;
}

// Fresh memory is NaN, and freed memory again, so that use of either is seen.
int cuMemAllocAsync(Address *address, size_t bytes, void *stream) {
    if (!current || stream || !bytes || bytes % 4) return INVALID;
    if (bytes > MEMORY) return OUT_OF_MEMORY;
    size_t *block = malloc(bytes + 64);
    block[0] = bytes;
    memset(block + 8, 0xff, bytes);
    *address = (Address)(block + 8);
    return OK;
}
int cuMemFreeAsync(Address address, void *stream) {
    size_t *block = (size_t *)address - 8;
    if (stream) return INVALID;
    memset(block + 8, 0xff, block[0]);
    free(block);
    return OK;
}
int cuMemsetD8Async(Address to, unsigned char value, size_t bytes, void *stream) {
    return memset((void *)to, value, bytes), current && !stream ? OK : INVALID;
}
int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *stream) {
    return memcpy((void *)to, from, bytes), current && !stream ? OK : INVALID;
}
int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *stream) {
    return memcpy(to, (void *)from, bytes), current && !stream ? OK : INVALID;
}
int cuStreamSynchronize(void *stream) { return current && !stream ? OK : INVALID; }

int cuModuleLoadData(void **module, const void *image) {
    return *module = (void *)image, strcmp(image, "kernels for sm_90") ? INVALID : OK;
}
int cuModuleUnload(void *module) { return module ? OK : INVALID; }
int cuModuleGetFunction(void **function, void *module, const char *name) {
    return *function = strdup(name), module ? OK : NOT_FOUND;
}
int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z, unsigned block_x,
                   unsigned block_y, unsigned block_z, unsigned shared, void *stream,
                   void **parameters, void **extra) {
    if (!current || stream || extra || shared) return INVALID;
    if (x == 0 || y != 1 || z != 1 || block_y != 1 || block_z != 1) return INVALID;
    if (block_x == 0 || block_x > 1024) return INVALID;
    start(function, x, block_x, 0, parameters);
    return OK;
}

#endif

#ifdef FAKE_NVRTC

int nvrtcVersion(int *major, int *minor) { return *major = 13, *minor = 0, 0; }
int nvrtcGetNumSupportedArchs(int *count) { return *count = 3, 0; }
int nvrtcGetSupportedArchs(int *archs) { return archs[0] = 80, archs[1] = 90, archs[2] = 100, 0; }

static char code[64];

int nvrtcCreateProgram(void **program, const char *source, const char *name, int headers,
                       const char *const *header_texts, const char *const *header_names) {
    (void)name, (void)header_texts, (void)header_names;
    return *program = code, !strstr(source, "KERNEL void add(") || headers;
}
int nvrtcCompileProgram(void *program, int count, const char *const *options) {
    const char *architecture = "--gpu-architecture=";
    if (count != 1 || strncmp(options[0], architecture, strlen(architecture))) return 5;
    strcpy(program, "kernels for ");
    strcat(program, options[0] + strlen(architecture));
    return 0;
}
int nvrtcGetCUBINSize(void *program, size_t *len) { return *len = strlen(program) + 1, 0; }
int nvrtcGetCUBIN(void *program, char *out) { return strcpy(out, program), 0; }
int nvrtcGetPTXSize(void *program, size_t *len) { return *len = strlen(program) + 1, 0; }
int nvrtcGetPTX(void *program, char *out) { return strcpy(out, program), 0; }
int nvrtcDestroyProgram(void **program) { return *program = 0, 0; }

#endif

#ifdef FAKE_CUBLAS

int cublasCreate_v2(void **handle) { return *handle = &cublasCreate_v2, 0; }
int cublasDestroy_v2(void *handle) { return handle != &cublasCreate_v2; }
int cublasSetStream_v2(void *handle, void *stream) { return !handle || stream; }
int cublasSgemm_v2(void *handle, int op_a, int op_b, int m, int n, int k, const float *alpha,
                   const float *a, int lda, const float *b, int ldb, const float *beta, float *c,
                   int ldc) {
    if (!handle || op_a > 1 || op_b > 1 || m < 1 || n < 1 || k < 1) return 7;
    if (lda < (op_a ? k : m) || ldb < (op_b ? n : k) || ldc < m || *alpha != 1.0f) return 7;
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            float sum = 0.0f;
            for (int l = 0; l < k; l++) {
                float x = op_a ? a[l + (size_t)i * lda] : a[i + (size_t)l * lda];
                float y = op_b ? b[j + (size_t)l * ldb] : b[l + (size_t)j * ldb];
                sum += x * y;
            }
            float *slot = c + i + (size_t)j * ldc;
            *slot = *beta == 0.0f ? sum : sum + *beta * *slot;
        }
    }
    return 0;
}

#endif
