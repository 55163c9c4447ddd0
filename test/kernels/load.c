/* SPDX-License-Identifier: MIT */
/*
 * load [OBJECT...]: loads every program of every object, one at a time, and says what the verifier thinks. As init it
 * takes the objects of /objects. Records:
 *
 *   PROGRAM <object> <program> accepted|rejected <errno> <instructions processed, or -1>
 *   | <a line of the verifier's log>          (after a rejected program: the last lines)
 *   OBJECT <object> unreadable <errno>
 */
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "guest.h"

enum { MAX_PROGRAMS = 512, NAME_SIZE = 128, LOG_SIZE = 16 << 20, STATISTICS = 4, INSTRUCTIONS = 1, TAIL_LINES = 400 };

static char verifier_log[LOG_SIZE];

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * Loads the program at `index`, alone or together with the others; returns 0 or a negative errno. The log, of that
 * program, stays in verifier_log.
 */
static int load_with(const char *path, int index, int log_level, bool together)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	int at = 0, result;

	if (!object)
		return -errno;
	bpf_object__for_each_program(program, object) {
		bool wanted = at++ == index;

		bpf_program__set_autoload(program, wanted || together);
		if (wanted) {
			bpf_program__set_log_buf(program, verifier_log, sizeof verifier_log);
			bpf_program__set_log_level(program, log_level);
		}
	}
	verifier_log[0] = 0;
	result = bpf_object__load(object);
	bpf_object__close(object);
	return result;
}

static int load_one(const char *path, int index, int log_level)
{
	int result = load_with(path, index, log_level, false);

	/* A program array that names other programs of the object: accepted alone, libbpf misses those for its slots. */
	return result == -EBADF ? load_with(path, index, log_level, true) : result;
}

static long processed(void)
{
	const char *at = strstr(verifier_log, "processed ");

	return at ? strtol(at + strlen("processed "), NULL, 10) : -1;
}

static void print_log_tail(void)
{
	size_t length = strlen(verifier_log);
	char *start = verifier_log + length, *line;
	int lines = 0;

	while (start > verifier_log && lines <= TAIL_LINES)
		lines += *--start == '\n';
	for (line = strtok(start, "\n"); line; line = strtok(NULL, "\n"))
		printf("| %.400s\n", line);
}

static void load_object(const char *path)
{
	static char names[MAX_PROGRAMS][NAME_SIZE];
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	int count = 0, index;

	if (!object) {
		printf("OBJECT %s unreadable %d\n", base_name(path), errno);
		return;
	}
	bpf_object__for_each_program(program, object) {
		if (count < MAX_PROGRAMS)
			snprintf(names[count++], NAME_SIZE, "%s", bpf_program__name(program));
	}
	bpf_object__close(object);
	for (index = 0; index < count; index++) {
		int result = load_one(path, index, STATISTICS);
		long instructions = processed();

		/* Asked for only now: a log too long for its buffer fails the load of a good program on old kernels. */
		if (result)
			load_one(path, index, STATISTICS | INSTRUCTIONS);
		printf("PROGRAM %s %s %s %d %ld\n", base_name(path), names[index], result ? "rejected" : "accepted",
		       -result, instructions);
		if (result)
			print_log_tail();
	}
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int count, char **arguments)
{
	libbpf_set_print(silent);
	guest_start();
	if (guest_is_init()) {
		struct dirent **entries;
		int found = scandir("/objects", &entries, is_visible, alphasort);

		for (int index = 0; index < found; index++) {
			char path[512];

			snprintf(path, sizeof path, "/objects/%s", entries[index]->d_name);
			load_object(path);
		}
	}
	for (int index = 1; !guest_is_init() && index < count; index++)
		load_object(arguments[index]);
	return guest_end();
}
