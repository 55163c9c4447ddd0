/* SPDX-License-Identifier: MIT */
/*
 * helpers: asks the kernel, for each program type and each helper, whether it may be called, by loading a program that
 * only calls it, with a proprietary license. A record a type, a letter a helper from number 1 on:
 *
 *   HELPERS <type> <letters>      A available, G with a GPL-compatible license only, . not there, ? no answer
 */
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include "guest.h"

enum { LAST_HELPER = 255, LOG_SIZE = 65536, CALL = 0x85, MOVE = 0xb7, EXIT = 0x95 };

static const struct {
	const char *name;
	enum bpf_prog_type type;
	int attach;
	unsigned flags;
} kinds[] = {
	{ "socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0, 0 },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, 0, 0 },
	{ "sched_cls", BPF_PROG_TYPE_SCHED_CLS, 0, 0 },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, 0 },
	{ "xdp", BPF_PROG_TYPE_XDP, 0, 0 },
	{ "perf_event", BPF_PROG_TYPE_PERF_EVENT, 0, 0 },
	{ "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, 0, 0 },
	{ "cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, 0 },
	{ "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, 0 },
	{ "sk_skb", BPF_PROG_TYPE_SK_SKB, 0, 0 },
	{ "cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, 0 },
	{ "sk_msg", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, 0 },
	{ "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0 },
	{ "cgroup_sock_addr", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, 0 },
	{ "sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, 0 },
	{ "syscall", BPF_PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE },
};

static char verifier_log[LOG_SIZE];

static char ask(int kind, int helper)
{
	struct bpf_insn program[] = {
		{ .code = CALL, .imm = helper },
		{ .code = MOVE },
		{ .code = EXIT },
	};
	union bpf_attr request;
	int fd;

	memset(&request, 0, sizeof request);
	request.prog_type = kinds[kind].type;
	request.expected_attach_type = kinds[kind].attach;
	request.prog_flags = kinds[kind].flags;
	request.insns = (unsigned long)program;
	request.insn_cnt = sizeof program / sizeof *program;
	request.license = (unsigned long)"Proprietary";
	request.log_buf = (unsigned long)verifier_log;
	request.log_size = sizeof verifier_log;
	request.log_level = 1;
	verifier_log[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &request, sizeof request);
	if (fd >= 0) {
		close(fd);
		return 'A';
	}
	if (strstr(verifier_log, "unknown func") || strstr(verifier_log, "cannot use helper") ||
	    strstr(verifier_log, "invalid func"))
		return '.';
	if (strstr(verifier_log, "GPL"))
		return 'G';
	/* Rejected for its arguments: so the helper itself may be called. */
	return verifier_log[0] ? 'A' : '?';
}

int main(void)
{
	guest_start();
	for (int kind = 0; kind < (int)(sizeof kinds / sizeof *kinds); kind++) {
		char letters[LAST_HELPER + 1] = "";

		for (int helper = 1; helper <= LAST_HELPER; helper++)
			letters[helper - 1] = ask(kind, helper);
		printf("HELPERS %s %s\n", kinds[kind].name, letters);
	}
	return guest_end();
}
