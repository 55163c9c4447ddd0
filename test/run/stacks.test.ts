/** Stacks of the kernel and of processes, shown as the functions that they are. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernelSymbols, processSymbols } from "../../src/loader/index.js";
import { mapBlock } from "../../src/cli/show-maps.js";
import { fileHost } from "../../src/host.js";
import { analyze } from "../../src/pipeline.js";
import { describeKernel } from "../support/kernel.js";
import { trace } from "../support/tracing.js";

/** Calls getppid from `inner`, in `middle`, in `outer`, as often as asked each time a line comes. */
const program = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#define apart __attribute__((noinline))
apart static long inner(void) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
  return result + 1;
}
apart static long middle(void) { return inner() + 1; }
apart long outer(void) { return middle() + 1; }
int main(void) {
  char line[16];
  while (fgets(line, sizeof line, stdin)) {
    for (int left = atoi(line); left > 0; left--) outer();
    puts("done");
    fflush(stdout);
  }
  return 0;
}
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xdpl-stacks-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("symbols", () => {
  it("of the kernel are found by address, those of modules too", () => {
    const path = join(folder, "kallsyms");
    writeFileSync(
      path,
      [
        "ffffffff81000000 T first",
        "ffffffff81000100 D data",
        "ffffffff81000200 t second",
        "ffffffffc0000000 t helper\t[a_module]",
        "ffffffffa0000000 t bpf_prog_1234_x\t[bpf]",
      ].join("\n") + "\n",
    );
    const find = kernelSymbols(path);
    expect(find(0xffff_ffff_8100_0180n)).toEqual({ name: "first", offset: 0x180 });
    expect(find(0xffff_ffff_8100_0200n)).toEqual({ name: "second", offset: 0 });
    expect(find(0xffff_ffff_c000_0010n)).toEqual({ name: "helper [a_module]", offset: 0x10 });
    expect(find(0xffff_ffff_a000_0001n)?.name).toBe("bpf_prog_1234_x [bpf]");
    expect(find(0x1000n)).toBeUndefined();
  });

  it("are not made up where the kernel hides addresses, or a process is gone", () => {
    const path = join(folder, "hidden");
    writeFileSync(path, "0000000000000000 T first\n0000000000000000 t second\n");
    expect(kernelSymbols(path)(0xffff_ffff_8100_0180n)).toBeUndefined();
    expect(kernelSymbols(join(folder, "none"))(0xffff_ffff_8100_0180n)).toBeUndefined();
    expect(processSymbols(0x7fff_fff0, () => [])(0x1000n)).toBeUndefined();
  });
});

it("shows a call a line", () => {
  const entry = (
    key: readonly string[],
    value: number,
  ): { key: readonly string[]; value: number; perCpu: undefined } => ({
    key,
    value,
    perCpu: undefined,
  });
  const map = { name: "c", kind: "Counter", stacks: true, aggregation: { kind: "Counter" } as const };
  expect(
    mapBlock(
      { ...map, entries: [entry(["b+0x1", "main+0x2"], 1), entry(["a+0x1"], 7)] },
      { outColor: false, width: 80 },
    ),
  ).toEqual(["c  Counter, 2 entries", "  a+0x1", "    7", "  b+0x1", "  main+0x2", "    1"]);
});

it("is refused where the context is not at hand, and for programs that can't take one", () => {
  const codes = (text: string): readonly string[] =>
    analyze({ path: "s.xdpl", text }, fileHost()).diagnostics.map(({ code }) => code);
  expect(
    codes(`const m = new Hash<u32, u64>(16); const c = new Counter<StackTrace>();
      begin { for (const [key, value] of m) c.add(kernelStack()); }`),
  ).toEqual(["XD5102"]);
  expect(
    codes("const c = new Counter<StackTrace>(); xdp f(pkt) { c.add(kernelStack()); return PASS; }"),
  ).toEqual(["XD4503"]);
});

describeKernel("stacks", () => {
  it.skipIf(process.arch !== "x64")("are the calls that were made", async () => {
    const path = join(folder, "calls");
    // Unoptimised: every function has a frame of its own.
    const flags = ["-O0", "-fno-omit-frame-pointer", "-x", "c", "-", "-o", path];
    execFileSync("gcc", flags, { input: program });
    const child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
    try {
      const { lines, maps } = await trace(
        `param wanted: u32 = 0;
        struct Place { user: StackTrace; name: Comm; }
        const user = new Counter<Place>();
        const kernel = new Histogram<StackTrace>();
        tracepoint("syscalls:sys_enter_getppid") {
          if (pid() != wanted) return;
          user.add({ user: userStack(), name: comm() });
          kernel.record(kernelStack(), 5);
          print(\`\${userStack()}\`);
        }`,
        async () => {
          const done = new Promise((resolve) => child.stdout.once("data", resolve));
          child.stdin.write("3\n");
          await done;
        },
        [{ name: "wanted", bytes: new Uint8Array(Uint32Array.of(child.pid ?? 0).buffer) }],
      );
      const [place] = maps.find(({ name }) => name === "user")?.entries ?? [];
      const found = JSON.stringify(place?.key);
      expect(found).toMatch(
        /^\{"user":\["inner\+0x\w+","middle\+0x\w+","outer\+0x\w+","main\+0x\w+",.*\],"name":"calls"\}$/,
      );
      expect(place?.value).toBe(3);
      const [inKernel] = maps.find(({ name }) => name === "kernel")?.entries ?? [];
      expect(JSON.stringify(inKernel?.key)).toMatch(/do_syscall_64\+0x/);
      expect(JSON.stringify(inKernel?.key)).not.toMatch(/bpf_prog|trace_call_bpf/);
      expect(inKernel?.value).toMatchObject({ count: 3 });
      expect(lines).toHaveLength(3);
      expect(lines[0]).toMatch(/^inner\+0x\w+ < middle\+0x\w+ < outer\+0x\w+ < main\+0x/);
      // What the compiler adds is not the script's.
      expect(maps.map(({ name }) => name)).toEqual(["user", "kernel"]);
    } finally {
      child.kill();
    }
  });
});
