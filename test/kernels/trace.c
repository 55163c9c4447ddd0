/* SPDX-License-Identifier: MIT */
/*
 * trace [OBJECT...]: loads each object, attaches its programs, does some work whose counts are known, and prints what
 * the programs told. As init it takes the objects of /objects. Records, for each object:
 *
 *   TRACE <object>
 *   LOG <a line that libbpf printed>
 *   SKIP <program> <why>
 *   WORK <what> <result>
 *   EVENT <bytes of a record of xdpl_events, in hex>
 *   COUNT <map> <what its counter without keys has counted>
 *   END <object>
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "guest.h"

enum { MAX_LINKS = 64, READS = 5, OPENS = 7, KILLS = 3, NAMES = 2, EXECS = 2, CONNECTS = 3, PORT = 7777 };

static int said(enum libbpf_print_level level, const char *format, va_list arguments)
{
	static char line[4096];
	char *rest = NULL, *one;

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(line, sizeof line, format, arguments);
	for (one = strtok_r(line, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
		printf("LOG %.300s\n", one);
	return 0;
}

static int event(void *context, void *data, size_t size)
{
	(void)context;
	printf("EVENT ");
	for (size_t at = 0; at < size; at++)
		printf("%02x", ((unsigned char *)data)[at]);
	printf("\n");
	return 0;
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
}

static void work_files(void)
{
	char buffer[64];
	int fd;

	for (int at = 0; at < OPENS; at++) {
		fd = open("/data", O_RDONLY);
		close(fd);
	}
	fd = open("/data", O_RDONLY);
	for (int at = 0; at < READS; at++)
		if (pread(fd, buffer, 16, 0) < 0)
			printf("WORK read %d\n", errno);
	close(fd);
	fd = open("/denied", O_RDONLY);
	printf("WORK open-denied %d\n", fd < 0 ? errno : 0);
	if (fd >= 0)
		close(fd);
}

static void work_processes(void)
{
	for (int at = 0; at < KILLS; at++)
		kill(getpid(), 0);
	/* Asks for CAP_SYS_ADMIN, which is 21. */
	for (int at = 0; guest_is_init() && at < NAMES; at++)
		if (sethostname("guest", 5))
			printf("WORK name %d\n", errno);
	for (int at = 0; at < EXECS; at++) {
		pid_t child = fork();

		if (child == 0) {
			execl("/proc/self/exe", "child", "--nothing", NULL);
			_exit(9);
		}
		waitpid(child, NULL, 0);
	}
}

static void work_network(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 8))
		printf("WORK listen %d\n", errno);
	for (int at = 0; at < CONNECTS; at++) {
		int out = socket(AF_INET, SOCK_STREAM, 0), in;

		if (connect(out, (struct sockaddr *)&address, sizeof address))
			printf("WORK connect %d\n", errno);
		in = accept(listener, NULL, NULL);
		if (write(out, "hello", 5) != 5)
			printf("WORK send %d\n", errno);
		close(out);
		close(in);
	}
	close(listener);
}

/* The kernel ends a process for want of memory, as it is told to (Documentation/admin-guide/sysrq.rst). */
static void work_memory(void)
{
	pid_t child = fork();
	int fd;

	if (child == 0) {
		memset(malloc(32 << 20), 1, 32 << 20);
		pause();
		_exit(0);
	}
	usleep(300000);
	fd = open("/proc/sysrq-trigger", O_WRONLY);
	if (write(fd, "f", 1) != 1)
		printf("WORK sysrq %d\n", errno);
	close(fd);
	/* The work is done by a thread of the kernel. */
	usleep(300000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Counters without keys: one entry for each CPU, of which there is one. */
static void print_counts(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		unsigned long long values[64] = { 0 };
		int key = 0;

		if (bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY && bpf_map__value_size(map) == 8 &&
		    !bpf_map_lookup_elem(bpf_map__fd(map), &key, values))
			printf("COUNT %s %llu\n", bpf_map__name(map), values[0]);
	}
}

static struct bpf_link *attach(struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	struct bpf_link *link;

	if (strcmp(section, "raw_tp") == 0) {
		struct bpf_test_run_opts options = { .sz = sizeof options };

		if (bpf_prog_test_run_opts(bpf_program__fd(program), &options))
			printf("SKIP %s run %d\n", bpf_program__name(program), errno);
		return NULL;
	}
	link = bpf_program__attach(program);
	if (!link) {
		printf("SKIP %s %d\n", bpf_program__name(program), errno);
		return NULL;
	}
	if (strncmp(section, "iter/", 5) == 0) {
		char buffer[256];
		int fd = bpf_iter_create(bpf_link__fd(link));

		while (fd >= 0 && read(fd, buffer, sizeof buffer) > 0)
			;
		close(fd);
	}
	return link;
}

static void trace(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_link *links[MAX_LINKS];
	struct bpf_program *program;
	struct ring_buffer *events = NULL;
	struct bpf_map *map;
	int count = 0;

	printf("TRACE %s\n", name);
	if (!object || bpf_object__load(object)) {
		printf("SKIP object %d\n", errno);
		goto end;
	}
	bpf_object__for_each_program(program, object)
		if (count < MAX_LINKS && (links[count] = attach(program)))
			count++;
	work_files();
	work_processes();
	work_network();
	if (guest_is_init())
		work_memory();
	while (count > 0)
		bpf_link__destroy(links[--count]);
	print_counts(object);
	map = bpf_object__find_map_by_name(object, "xdpl_events");
	if (map)
		events = ring_buffer__new(bpf_map__fd(map), event, NULL, NULL);
	if (events) {
		ring_buffer__consume(events);
		ring_buffer__free(events);
	}
end:
	bpf_object__close(object);
	printf("END %s\n", name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int count, char **arguments)
{
	if (count > 1 && strcmp(arguments[1], "--nothing") == 0)
		return 0;
	libbpf_set_print(said);
	guest_start();
	if (guest_is_init()) {
		struct dirent **entries;
		int found, fd;

		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
		mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
		loopback_up();
		fd = open("/data", O_CREAT | O_WRONLY, 0600);
		if (write(fd, "0123456789abcdef", 16) != 16)
			printf("WORK data %d\n", errno);
		close(fd);
		close(open("/denied", O_CREAT | O_WRONLY, 0600));
		found = scandir("/objects", &entries, is_visible, alphasort);
		for (int index = 0; index < found; index++) {
			char path[512];

			snprintf(path, sizeof path, "/objects/%s", entries[index]->d_name);
			trace(path);
		}
	}
	for (int index = 1; !guest_is_init() && index < count; index++)
		trace(arguments[index]);
	return guest_end();
}
