/* SPDX-License-Identifier: MIT */
/*
 * What the programs of this folder share. Each runs as the first and only process of a virtual machine, or as an
 * ordinary program on the kernel at hand. Output is one record a line; "DONE" ends it, so that a crash can't be
 * mistaken for silence.
 */
#ifndef XDPL_GUEST_H
#define XDPL_GUEST_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

static inline bool guest_is_init(void)
{
	return getpid() == 1;
}

static inline void guest_start(void)
{
	/* Kernels before 5.11 count maps against this limit. */
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct utsname name;

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (guest_is_init()) {
		mount("sysfs", "/sys", "sysfs", 0, NULL);
		mount("proc", "/proc", "proc", 0, NULL);
	}
	uname(&name);
	/* The firmware and the boot loader leave the cursor anywhere. */
	printf("\nKERNEL %s\n", name.release);
}

static inline int guest_end(void)
{
	printf("DONE\n");
	fflush(stdout);
	if (guest_is_init()) {
		sync();
		reboot(RB_POWER_OFF);
	}
	return 0;
}

#endif
