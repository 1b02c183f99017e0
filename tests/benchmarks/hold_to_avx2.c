/* Makes a process believe that its CPU has no AVX-512, whatever library asks.

   Preloaded (LD_PRELOAD), it has the kernel fault each CPUID instruction (arch_prctl(2),
   ARCH_SET_CPUID), answers it in the handler, and leaves out the bits of AVX-512 and AMX (Intel's
   Software Developer's Manual, volume 2A, CPUID, leaf 7). Threads inherit this from the one that
   begins them. Where CPU or kernel cannot, the process ends.

       gcc -shared -fPIC -O2 -o hold_to_avx2.so hold_to_avx2.c */

#define _GNU_SOURCE
#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    LEAF_7_EBX = 1 << 16 | 1 << 17 | 1 << 21 | 7 << 26 | 1 << 30, /* F DQ IFMA PF ER CD BW */
    LEAF_7_ECX = 1 << 1 | 1 << 6 | 1 << 11 | 1 << 12 | 1 << 14,   /* VBMI VBMI2 VNNI BITALG ... */
    LEAF_7_EDX = 3 << 2 | 1 << 8 | 15 << 22,                      /* 4VNNIW ... AMX FP16 */
    LEAF_7_1_EAX = 1 << 5 | 1 << 21,                              /* BF16, AMX-FP16 */
};
static const unsigned LEAF_7_EBX_VL = 1u << 31;

static int set_cpuid(int enabled) { return (int)syscall(SYS_arch_prctl, ARCH_SET_CPUID, enabled); }

static void answer_cpuid(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG_RIP];
    unsigned leaf = (unsigned)registers[REG_RAX], part = (unsigned)registers[REG_RCX];
    unsigned a, b, c, d;

    (void)info;
    if (code[0] != 0x0f || code[1] != 0xa2) { /* a fault of another kind */
        signal(number, SIG_DFL);
        return;
    }
    set_cpuid(1);
    __cpuid_count(leaf, part, a, b, c, d);
    set_cpuid(0);
    if (leaf == 7 && part == 0) {
        b &= ~(LEAF_7_EBX | LEAF_7_EBX_VL);
        c &= ~(unsigned)LEAF_7_ECX;
        d &= ~(unsigned)LEAF_7_EDX;
    }
    if (leaf == 7 && part == 1)
        a &= ~(unsigned)LEAF_7_1_EAX;
    registers[REG_RAX] = a, registers[REG_RBX] = b;
    registers[REG_RCX] = c, registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction action = {.sa_sigaction = answer_cpuid, .sa_flags = SA_SIGINFO | SA_NODEFER};

    if (sigaction(SIGSEGV, &action, NULL) || set_cpuid(0)) {
        static const char message[] = "hold_to_avx2: CPUID cannot be made to fault here\n";
        if (write(2, message, sizeof message - 1)) {}
        _exit(1);
    }
}
