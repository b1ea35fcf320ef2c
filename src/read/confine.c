/* The filter is a classic BPF program (seccomp(2)) made from a table of calls. */
#include "read/confine.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* AddressSanitizer's leak check stops the process' threads with ptrace and reads /proc when the
 * program ends; such a build is for tests, and is allowed that. */
#if defined(__SANITIZE_ADDRESS__)
#define HS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HS_SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && !defined(__ILP32__)
#define HS_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define HS_AUDIT_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define HS_AUDIT_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define HS_AUDIT_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define HS_AUDIT_ARCH AUDIT_ARCH_S390X
#endif

static hs_result wrong(hs_problem *problem, const char *what)
{
    const char *why = strerrordesc_np(errno);
    snprintf(problem->text, sizeof problem->text, "%s: %s", what, why ? why : "refused");
    return HS_SYSTEM;
}

static hs_result drop_capabilities(hs_problem *problem)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capset, &header, none) != 0) {
        return wrong(problem, "the capabilities cannot be given away");
    }
    return HS_OK;
}

hs_result hs_confine_privileges(hs_problem *problem)
{
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (geteuid() == 0 && !nobody) {
        errno = ENOENT;
        return wrong(problem, "the user 'nobody' cannot be found");
    }
    /* Within a user namespace of one's own there may be no other user to become (EINVAL), and root
     * there is whoever made the namespace: then the capabilities are all there is to lose. */
    if (nobody && (setgroups(0, NULL) != 0 ||
                   setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) != 0 ||
                   setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) != 0)) {
        if (errno != EINVAL && errno != EPERM) {
            return wrong(problem, "the process cannot become 'nobody'");
        }
    }
    return drop_capabilities(problem);
}

#ifdef HS_AUDIT_ARCH

/* Calls that no argument makes dangerous here: descriptors that are open already, memory, clocks.
 */
static const int allowed[] = {
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_write,
    SYS_writev,
    SYS_pwrite64,
    SYS_lseek,
    SYS_close,
    SYS_fstat,
#ifdef SYS_newfstatat
    SYS_newfstatat, /* as newer C libraries spell fstat; it opens nothing */
#endif
    SYS_fsync,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
#ifdef SYS_poll
    SYS_poll,
#endif
    SYS_ppoll,
    SYS_restart_syscall,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_getpid,
    SYS_gettid,
    SYS_exit,
    SYS_exit_group,
    SYS_getsockopt, /* libpcap's count of dropped packets */
    SYS_recvfrom,
    SYS_recvmsg,
#ifdef HS_SANITIZED
    SYS_clone,
    SYS_ptrace,
    SYS_prctl,
    SYS_wait4,
    SYS_openat,
    SYS_readlinkat,
#ifdef SYS_open
    SYS_open,
#endif
#ifdef SYS_readlink
    SYS_readlink,
#endif
#ifdef SYS_stat
    SYS_stat,
#endif
#ifdef SYS_getdents
    SYS_getdents,
#endif
    SYS_getdents64,
    SYS_sigaltstack,
    SYS_sched_yield,
    SYS_getppid,
    SYS_tgkill,
    SYS_dup,
    SYS_fcntl,
    SYS_getrlimit,
    SYS_setrlimit,
    SYS_prlimit64,
    SYS_sysinfo,
    SYS_getuid,
    SYS_geteuid,
    SYS_uname,
    SYS_ioctl,
#endif
};

/* Memory, as long as it is not to be executed; the argument with PROT_… is the third. */
static const int allowed_without_exec[] = {SYS_mmap, SYS_mprotect};

enum {
    PROGRAM_MAX = 256,
    PROTECTION_ARGUMENT = 2,
    X32_BIT = 0x40000000, /* the other ABI of x86-64 */
};

typedef struct program {
    struct sock_filter code[PROGRAM_MAX];
    size_t length;
} program;

static void add(program *p, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false)
{
    p->code[p->length++] = (struct sock_filter)BPF_JUMP(code, value, if_true, if_false);
}

static void load(program *p, size_t offset)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void give(program *p, uint32_t action)
{
    add(p, BPF_RET | BPF_K, action, 0, 0);
}

static void allow(program *p, int call)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
    give(p, SECCOMP_RET_ALLOW);
}

static void allow_without_exec(program *p, int call)
{
    size_t low = offsetof(struct seccomp_data, args[PROTECTION_ARGUMENT]);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    low += sizeof(uint32_t);
#endif
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
    load(p, low);
    add(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
    give(p, SECCOMP_RET_ERRNO | EPERM);
    give(p, SECCOMP_RET_ALLOW);
}

static void write_program(program *p)
{
    load(p, offsetof(struct seccomp_data, arch));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, HS_AUDIT_ARCH, 1, 0);
    give(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    add(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    give(p, SECCOMP_RET_KILL_PROCESS);
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        allow(p, allowed[i]);
    }
    for (size_t i = 0; i < sizeof allowed_without_exec / sizeof allowed_without_exec[0]; i++) {
        allow_without_exec(p, allowed_without_exec[i]);
    }
    give(p, SECCOMP_RET_ERRNO | EPERM);
}

static_assert(6 + 2 * sizeof allowed / sizeof allowed[0] +
                      5 * sizeof allowed_without_exec / sizeof allowed_without_exec[0] + 1 <=
                  PROGRAM_MAX,
              "the filter must fit");

hs_result hs_confine_calls(hs_problem *problem)
{
    program p = {.length = 0};
    write_program(&p);
    struct sock_fprog filter = {.len = (unsigned short)p.length, .filter = p.code};
#ifdef HS_SANITIZED
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
    /* All threads that there are, or none. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0) {
        return wrong(problem, "the kernel does not let the process confine itself (seccomp)");
    }
    return HS_OK;
}

#else

hs_result hs_confine_calls(hs_problem *problem)
{
    errno = ENOSYS;
    return wrong(problem, "no system call filter for this machine");
}

#endif
