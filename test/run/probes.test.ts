import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { expect, it } from "vitest";
import { describeKernel } from "../support/kernel.js";
import { trace } from "../support/tracing.js";

const me = process.pid;

function openTimes(path: string, times: number): void {
  for (let i = 0; i < times; i++) closeSync(openSync(path, "r"));
}

describeKernel("probes on this kernel", () => {
  it("tracepoint: a system call's arguments, and text of the process", async () => {
    const { lines } = await trace(
      `tracepoint("syscalls:sys_enter_openat") (event) {
         if (pid() == ${me}) print(\`\${comm()} \${str<32>(event.filename)} \${event.flags & 0xff}\`);
       }`,
      () => openTimes("/etc/hostname", 5),
    );
    expect(lines.filter((one) => one.endsWith(" /etc/hostname 0"))).toHaveLength(5);
  });

  it("tracepoint: text that lies behind the record, arrays in it, and who runs", async () => {
    const { lines } = await trace(
      `tracepoint("sched:sched_process_exec") (event) {
         if (task().real_parent.tgid == ${me}) print(\`\${str(event.filename)} \${event.pid == pid()} \${uid()}\`);
       }
       tracepoint("sched:sched_process_exit") (event) {
         if (task().real_parent.tgid == ${me}) print(\`\${event.comm} ends\`);
       }`,
      () => void execFileSync("/bin/true"),
    );
    expect(lines).toEqual([`/bin/true true ${process.getuid?.()}`, "true ends"]);
  });

  it("rawTracepoint: structs of the kernel's, followed through pointers", async () => {
    const { lines } = await trace(
      `rawTracepoint("sched_process_exec") (task, old, binary) {
         if (task.real_parent.tgid != ${me}) return;
         print(\`\${str(binary.filename)} \${task.comm} \${task.tgid == pid()} \${task.mm.owner.tgid == pid()} \${old}\`);
         if (exists(task.no_such_field)) print("there");
         // A bit field, and a pointer that is null: zero, not an end.
         print(\`\${task.in_execve} \${task.exit_state} \${task.io_context.ioprio}\`);
       }`,
      () => void execFileSync("/bin/true"),
    );
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^\/bin\/true true true true \d+$/);
    expect(lines[1]).toMatch(/^[01] 0 0$/);
  });

  it("uprobe and uretprobe: arguments and results of a process's functions", async () => {
    const { lines } = await trace(
      `uprobe("/bin/bash:main") (argc: i32) { if (task().real_parent.tgid == ${me}) print(\`main \${argc}\`); }
       uprobe("bash:legal_number") (text) { if (task().real_parent.tgid == ${me}) print(\`number \${str<8>(text)}\`); }
       uretprobe("bash:legal_number") (ret: i32) { if (task().real_parent.tgid == ${me}) print(\`is \${ret}\`); }`,
      () => {
        const { status } = spawnSync("/bin/bash", ["-c", "exit 7", "x"], { env: { SHLVL: "1" } });
        expect(status).toBe(7);
      },
    );
    // The first number that a shell reads is how deep it is ($SHLVL).
    expect(lines.filter((one) => one !== "number 1")).toEqual(["main 4", "is 1", "number 7", "is 1"]);
  });

  it("begin, interval and end, in order", async () => {
    const { lines } = await trace(
      `begin { print("begin"); }
       interval("20ms") { print("tick"); }
       end { print("end"); }`,
      () => new Promise((resolve) => setTimeout(resolve, 500)),
    );
    expect(lines[0]).toBe("begin");
    expect(lines.at(-1)).toBe("end");
    expect(lines.length).toBeGreaterThan(2);
    expect(new Set(lines.slice(1, -1))).toEqual(new Set(["tick"]));
  });

  it("profile and perf: clocks and counters", async () => {
    const { lines } = await trace(
      `profile("200hz") { if (pid() == ${me}) print("clock"); }
       perf("software:cpu-clock:5000000") { if (pid() == ${me}) print("counter"); }`,
      () => {
        const { user } = process.cpuUsage();
        while (process.cpuUsage().user < user + 100_000);
      },
    );
    // 20 of each in 100 ms of this process's time; a machine that has much else to do is late with some.
    for (const one of ["clock", "counter"])
      expect(lines.filter((line) => line === one).length).toBeGreaterThan(1);
  });

  it("says what a target lacks, and leaves nothing attached", async () => {
    await expect(trace(`uprobe("/bin/bash:no_such_fn") {}`, () => {})).rejects.toThrow(
      "/bin/bash has no function `no_such_fn`",
    );
    await expect(trace(`uprobe("/bin/no-such-program:main") {}`, () => {})).rejects.toThrow(
      "there is no file /bin/no-such-program",
    );
  });
});
