/** What `xdpl run` says of a probe that can't be attached, and when a run of probes ends by itself. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCommand, type Command } from "../support/command.js";
import { describeKernel, hasTool } from "../support/kernel.js";

let command: Command;
beforeAll(async () => {
  command = await makeCommand();
});
afterAll(() => {
  command.remove();
});

const run = (script: string, ...args: readonly string[]): ReturnType<Command["run"]> =>
  command.run(["run", "-e", script, "--duration", "100ms", ...args]);

describeKernel("a probe that can't be attached", () => {
  it.each([
    ['tracepoint("sched:sched_swich") { }', 1, ["did you mean `sched:sched_switch`?"]],
    ['rawTracepoint("sched_swich") { }', 1, ["did you mean `sched_switch`?"]],
    ['fentry("vfs_rea") { }', 1, ["The kernel has no function called `vfs_rea`", "did you mean `vfs_read`?"]],
    [
      'uprobe("/bin/bash:readlin") { }',
      3,
      ["/bin/bash has no function `readlin`", "did you mean `readline`?"],
    ],
    ['uprobe("no-such.so:f") { }', 3, ["there is no program or library no-such.so", "write its path"]],
    ['uprobe("/etc/passwd:f") { }', 3, ["/etc/passwd can't be probed: it is not an ELF file"]],
    ['perf("software:page-fault:1") { }', 1, ["did you mean `software:page-faults`?"]],
    ['profile("often") { }', 1, ['write `"99hz"` or `"10ms"`']],
  ])("%s", (script, status, messages) => {
    const result = run(script);
    expect(result.stderr.replaceAll(/\s+/g, " ")).toSatisfy((text: string) =>
      messages.every((one) => text.includes(one)),
    );
    expect(result.status).toBe(status);
  });

  it("says what is missing without privileges", () => {
    const { status, stderr } = command.run(["run", "-e", 'rawTracepoint("sched_switch") { }'], {
      powerless: true,
    });
    expect(status).toBe(3);
    expect(stderr).toContain("CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
  });

  it("says so where the kernel or the machine has not the kind of probe", () => {
    // A machine that has it runs it.
    for (const [script, message] of [
      ['kprobe("vfs_read") { }', /has no kprobes\n.*fentry/],
      ['perf("hardware:cycles:1000000") { }', /may not have that counter/],
      ['fentry("vfs_read") { }', /permits other programs, but not `fentry_1`: EPERM\n.*tracepoint/],
    ] as const) {
      const { status, stderr } = run(script);
      if (status !== 0) expect(stderr).toMatch(message);
      expect([0, 3]).toContain(status);
    }
  });

  it.skipIf(!hasTool("script"))(
    "--watch on a terminal is a view of 80 columns, and gives the screen back",
    async () => {
      const script = `const byCall = new Counter<u64>();
      const sizes = new Histogram();
      tracepoint("raw_syscalls:sys_enter") (event) { byCall.add(event.id as u64); sizes.record(event.id); }
      interval("100ms") { print("${"a long line, ".repeat(12)}"); }`;
      const args = ["run", "-e", script, "--watch", "200ms", "--duration", "2s"];
      const run = command.start(args, { terminal: true });
      expect({ code: await run.end(), shown: run.stdout() }).toMatchObject({ code: 0 });
      const [, live = "", rest = ""] = run.stdout().split(/\x1b\[\?1049[hl]/);
      const frames = live.split("\x1b[H").slice(1);
      expect(frames.length).toBeGreaterThan(2);
      expect(frames.at(-1)).toMatch(/byCall.*Counter, \d+ entries/);
      expect(frames.at(-1)).toMatch(/\+[\d.]+k?\/s/);
      for (const frame of frames) {
        const lines = frame.replaceAll(/\x1b\[[\d;?]*[A-Za-z]/g, "").split("\r\n");
        expect(lines.length).toBeLessThanOrEqual(24);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
      }
      // What is left on the screen: the last state, as lines.
      expect(rest).toMatch(/byCall.*Counter/);
    },
  );

  it.skipIf(!existsSync("/sys/kernel/btf/vmlinux"))("a run of iterators ends by itself", () => {
    const { status, stdout, stderr } = command.run([
      "run",
      "-e",
      'iter("task") (task) { if (task) print(`${task.comm}`); }',
    ]);
    // Where programs of this kind are forbidden, that is said.
    if (status === 0) expect(stdout).toMatch(/^node$/m);
    else expect(stderr).toContain("not `iter_1`: EPERM");
  });
});
