/** A program with static probes, as <sys/sdt.h> makes them: what the header's macros expand to is written out here. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { hasTool } from "./kernel.js";

/** A C compiler for this machine; undefined when there is none. */
export const hostCompiler: string | undefined = ["cc", "gcc", "clang", "clang-19"].find(hasTool);

const source = `
#include <stdio.h>
#include <stdlib.h>

/* 990 is the place; the note is its address, the base's, the semaphore's, and three texts. */
#define MARK(name, semaphore, arguments, ...) __asm__ volatile( \\
  "990: nop\\n" \\
  ".pushsection .note.stapsdt,\\"\\",\\"note\\"\\n" \\
  ".balign 4\\n" \\
  ".4byte 992f-991f, 994f-993f, 3\\n" \\
  "991: .asciz \\"stapsdt\\"\\n" \\
  "992: .balign 4\\n" \\
  "993: .8byte 990b, _.stapsdt.base, " semaphore "\\n" \\
  ".asciz \\"xdpltest\\"\\n" \\
  ".asciz \\"" name "\\"\\n" \\
  ".asciz \\"" arguments "\\"\\n" \\
  "994: .balign 4\\n" \\
  ".popsection\\n" \\
  ".ifndef _.stapsdt.base\\n" \\
  ".pushsection .stapsdt.base,\\"aG\\",\\"progbits\\",.stapsdt.base,comdat\\n" \\
  ".weak _.stapsdt.base\\n" \\
  ".hidden _.stapsdt.base\\n" \\
  "_.stapsdt.base: .space 1\\n" \\
  ".size _.stapsdt.base, 1\\n" \\
  ".popsection\\n" \\
  ".endif\\n" :: __VA_ARGS__)

unsigned short armed_semaphore __attribute__((section(".probes"))) = 0;

struct place { long before; int value; long long wide; };

__attribute__((noinline)) static void forms(int a, unsigned long b, struct place *c, unsigned char d, short *list, long i) {
  MARK("forms", "0", "-4@%[a] 8@%[b] -4@%[c] -8@%[w] 1@%[d] -4@%[k] 4@%[u]",
    [a] "r"(a), [b] "r"(b), [c] "m"(c->value), [w] "m"(c->wide), [d] "r"((unsigned)d), [k] "i"(-7), [u] "i"(-1));
#ifdef __x86_64__
  MARK("indexed", "0", "-2@(%[list],%[i],2) -2@-2(%[list],%[i],2) 8@%[i]", [list] "r"(list), [i] "r"(i));
#else
  MARK("indexed", "0", "-2@[%[list]] -2@[%[last], -2] 8@%[i]", [list] "r"(list + i), [last] "r"(list + i), [i] "r"(i));
#endif
}

__attribute__((noinline)) static void twice(long a, const char *text) {
  MARK("twice", "0", "-8@%[a] 8@%[t] -4@%[k]", [a] "r"(a), [t] "r"(text), [k] "i"(1));
  struct place here = { 0, (int)a + 1, a + 1 };
  struct place *p = &here;
  MARK("twice", "0", "-8@%[a] 8@%[t] -4@%[k]", [a] "m"(p->wide), [t] "r"(text), [k] "m"(p->value));
  MARK("twice", "0", "-8@%[a] 8@%[t] -4@%[k]", [a] "i"(-3), [t] "r"(text), [k] "i"(3));
}

__attribute__((noinline)) static void alike(long a) {
  MARK("alike", "0", "-4@%[k] 8@%[a]", [a] "r"(a), [k] "i"(5));
  MARK("alike", "0", "-4@%[k] -4@%[b]", [b] "i"(6), [k] "i"(5));
}

static int looked;
__attribute__((noinline)) static void armed(int i) {
  if (*(volatile unsigned short *)&armed_semaphore == 0) return;
  looked++;
  MARK("armed", "armed_semaphore", "-4@%[i]", [i] "r"(i));
}

int main(int count, char **words) {
  char line[16];
  short list[4] = { 10, -20, 30, -40 };
  struct place c = { 1, -33, -4000000000LL };
  (void)count;
  while (fgets(line, sizeof line, stdin)) {
    int times = atoi(line);
    looked = 0;
    for (int i = 0; i < times; i++) {
      forms(-100 - i, 0xfedcba9876543210UL, &c, 200, list, 1 + i % 3);
      twice(70 + i, words[1]);
      alike(i);
      armed(i);
    }
    printf("%d\\n", looked);
    fflush(stdout);
  }
  return 0;
}
`;

/** Compiles it into a folder, and gives its path. Each line that it is sent is a number of rounds; it answers a line. */
export function makeMarkedProgram(folder: string): string {
  if (hostCompiler === undefined) throw new Error("there is no C compiler");
  const path = join(folder, "marked");
  execFileSync(hostCompiler, ["-O2", "-Wall", "-x", "c", "-", "-o", path], {
    input: source,
    stdio: ["pipe", "pipe", "pipe"],
  });
  return path;
}
