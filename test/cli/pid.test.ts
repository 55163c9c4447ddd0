/** `xdpl run --pid`: one process, and no other. */
import { spawn, type ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCommand, type Command } from "../support/command.js";
import { describeKernel } from "../support/kernel.js";

let command: Command;
const children: ChildProcess[] = [];
beforeAll(async () => {
  command = await makeCommand();
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  command.remove();
});

/** A shell that is busy, and starts a program now and then. */
function busy(): ChildProcess & { readonly pid: number } {
  const child = spawn("bash", ["-c", "while :; do for i in {1..2000}; do :; done; /bin/true; done"]);
  children.push(child);
  return Object.assign(child, { pid: child.pid ?? 0 });
}

describeKernel("--pid", () => {
  it("profile and uprobe see that process, and the run ends with it", async () => {
    const [traced] = [busy(), busy()];
    const script = `const samples = new Counter<u32>();
      const runs = new Counter<u32>();
      profile("1000hz") { samples.add(pid()); }
      perf("software:page-faults:1") { runs.add(pid()); }
      uprobe("libc.so.6:fork") { runs.add(pid()); }`;
    const run = command.start(["run", "-e", script, "--pid", String(traced.pid), "--json"]);
    await run.until(/"event":"attached"/);
    await new Promise((resolve) => setTimeout(resolve, 700));
    traced.kill("SIGKILL");
    expect(await run.end()).toBe(0);
    const end: { maps: { name: string; entries: { key: number }[] }[] } = JSON.parse(
      run.stdout().trim().split("\n").at(-1) ?? "",
    );
    const keys = (name: string): readonly number[] | undefined =>
      end.maps.find((one) => one.name === name)?.entries.map(({ key }) => key);
    // A child has the number of its own: what it does before it becomes another program counts as well.
    expect(keys("samples")).toContain(traced.pid);
    expect(keys("runs")).toContain(traced.pid);
    for (const other of children.filter(({ pid }) => pid !== traced.pid)) {
      expect(keys("samples")).not.toContain(other.pid);
      expect(keys("runs")).not.toContain(other.pid);
    }
  });

  it.each([
    ["0", 2, "--pid takes the number of a process, not `0`"],
    ["2147483000", 2, "there is no process 2147483000"],
    [String(process.pid), 2, `if (pid() != ${process.pid}) return;`],
  ])("refuses %s", (pid, status, message) => {
    const result = command.run(["run", "-e", 'rawTracepoint("sched_switch") { }', "--pid", pid]);
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(message);
  });
});
