# cython: language_level=3
"""Which instruction sets the CPU and its operating system can run, whatever was built."""

cdef extern from *:
    """
    #if defined(__x86_64__) || defined(__i386__)
    static int cpu_has_avx512(void) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("fma");
    }
    static int cpu_has_avx2(void) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    #else
    static int cpu_has_avx512(void) { return 0; }
    static int cpu_has_avx2(void) { return 0; }
    #endif
    """
    int cpu_has_avx512() nogil
    int cpu_has_avx2() nogil


def supported(str isa):
    """Say whether kernels compiled for `isa` (avx512, avx2 or base) can run here."""
    if isa == "avx512":
        return bool(cpu_has_avx512())
    if isa == "avx2":
        return bool(cpu_has_avx2())
    return isa == "base"
