/*
 * The list is what libc, libcrypto, json-c and libfcgi use while they serve; a call that is not on it fails with ENOSYS, upon which a libc
 * that is newer than the list falls back to an older call.
 */
#include "sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "config.h"

#include "../lib/log.h"

#ifdef HAVE_SECCOMP
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __s390__
#define CLONE_FLAGS_AT 1
#else
#define CLONE_FLAGS_AT 0
#endif

/* There libc makes sockets by socketcall(2), whose arguments are in memory, where no filter sees what kind is wanted. */
#if defined __i386__ || defined __s390__
#define GIVEN_UP "no_new_privs, seccomp but for the kind of sockets"
#else
#define GIVEN_UP "no_new_privs, seccomp"
#endif

/* By name: not every architecture has each of them. */
static const char *const allowed[] = {
    /* Descriptors that are there. */
    "read", "readv", "pread64", "write", "writev", "close", "lseek", "_llseek", "fcntl", "fcntl64", "dup", "dup3",
    "fstat", "fstat64", "recv", "recvfrom", "recvmsg", "send", "sendto", "sendmsg", "accept", "accept4", "connect",
    "shutdown", "getsockopt", "setsockopt", "getsockname", "getpeername", "poll", "ppoll", "ppoll_time64", "select",
    "_newselect", "pselect6", "pselect6_time64", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2",
    /* Looking at files. */
    "stat", "stat64", "lstat", "lstat64", "fstatat64", "newfstatat", "statx", "statfs", "statfs64", "fstatfs",
    "fstatfs64", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "getdents", "getdents64",
    /* Memory and threads. */
    "brk", "munmap", "mremap", "madvise", "futex", "futex_time64", "set_robust_list", "rseq", "membarrier",
    "sched_yield", "sched_getaffinity", "exit", "exit_group", "restart_syscall", "set_thread_area", "get_thread_area",
    /* Signals to itself. */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigtimedwait", "rt_sigtimedwait_time64",
    "sigaltstack",
    /* Time, chance, and who it is. */
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "clock_nanosleep",
    "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "times", "getrandom", "getpid", "getppid", "gettid",
    "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32", "getegid", "getegid32", "uname", "sysinfo",
    "getrlimit", "ugetrlimit", "getrusage"};

/* With LOGS_TO_FILE also as log.c opens it. */
static int
allow_open(scmp_filter_ctx filter, const char *name, unsigned argument, bool logs_to_file)
{
	const scmp_datum_t kind = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
	int number = seccomp_syscall_resolve_name(name), result;

	if (number == __NR_SCMP_ERROR)
		return 0;
	result =
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, kind, O_RDONLY));
	if (result == 0 && logs_to_file)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
		    SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, kind | O_APPEND, O_WRONLY | O_CREAT | O_APPEND));
	return result;
}

/* Memory is not to be run. */
static int
allow_memory(scmp_filter_ctx filter)
{
	static const char *const calls[] = {"mmap", "mmap2", "mprotect"};
	int result = 0;

	for (size_t i = 0; i < sizeof calls / sizeof calls[0] && result == 0; i++) {
		int number = seccomp_syscall_resolve_name(calls[i]);

		if (number != __NR_SCMP_ERROR)
			result = seccomp_rule_add(
			    filter, SCMP_ACT_ALLOW, number, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	}
	return result;
}

/* What is allowed only so. */
static int
allow_some(scmp_filter_ctx filter)
{
	const scmp_datum_t self = (scmp_datum_t)getpid();
	int result;

	if ((result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX))) !=
	    0)
		return result;
	/* Threads, no processes.  (clone3 hides its flags: libc takes clone instead; on s390 they are the second argument.) */
	if ((result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		 SCMP_CMP(CLONE_FLAGS_AT, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD))) != 0)
		return result;
	if ((result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, self))) != 0)
		return result;
	/* Limits may be read. */
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
}

static int
allow_all(scmp_filter_ctx filter, bool logs_to_file)
{
	int result = 0;

	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0] && result == 0; i++) {
		int number = seccomp_syscall_resolve_name(allowed[i]);

		if (number != __NR_SCMP_ERROR)
			result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	if (result == 0)
		result = allow_open(filter, "open", 1, logs_to_file);
	if (result == 0)
		result = allow_open(filter, "openat", 2, logs_to_file);
	if (result == 0)
		result = allow_memory(filter);
	return result == 0 ? allow_some(filter) : result;
}

/* Returns 0, or a negative errno. */
static int
filter_calls(bool logs_to_file)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int result;

	if (filter == NULL)
		return -ENOMEM;
	seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1); /* errors as the kernel gives them */
	if ((result = allow_all(filter, logs_to_file)) == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}
#endif

const char *
sandbox_enter(bool logs_to_file)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		log_warn("sandbox: no_new_privs: %s", strerror(errno));
		return "none";
	}
#ifdef HAVE_SECCOMP
	int result = filter_calls(logs_to_file);

	if (result == 0)
		return GIVEN_UP;
	log_warn("sandbox: seccomp: %s", strerror(-result));
#else
	(void)logs_to_file;
#endif
	return "no_new_privs";
}
