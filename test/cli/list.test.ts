import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { list } from "../../src/cli/list.js";
import { Failure } from "../../src/cli/failure.js";
import type { Context } from "../../src/cli/program.js";
import { programKind, supportedHooks } from "../../src/kernel/programs.js";
import { hostCompiler, makeMarkedProgram } from "../support/marked-program.js";

function listed(what?: string, pattern?: string): string {
  let text = "";
  const terminal: Context["terminal"] = {
    interactive: false,
    outColor: false,
    errColor: false,
    width: 80,
    out: (one: string | Uint8Array) => void (text += String(one)),
    err: () => {},
  };
  const context: Context = { terminal, json: false };
  expect(list(context, what, pattern, undefined)).toBe(0);
  return text;
}

describe("xdpl list", () => {
  it("tells every hook, and what it is for", () => {
    const text = listed();
    for (const hook of supportedHooks) expect(text).toContain(`${programKind(hook)?.summary}\n`);
    expect(listed("hooks", "*probe").split("\n")).toHaveLength(5);
  });

  it("refuses what it does not know, with what it does", () => {
    expect(() => listed("nonsense")).toThrow(Failure);
    expect(() => listed("nonsense")).toThrow("raw-tracepoints");
    expect(() => listed("/no/such/file")).toThrow("/no/such/file can't be read");
  });

  it.skipIf(!existsSync("/bin/bash"))("finds functions of a program", () => {
    expect(listed("/bin/bash", "readline")).toMatch(/^readline +at 0x[0-9a-f]+, \d+ bytes$/m);
  });

  it.skipIf(hostCompiler === undefined)("finds static probes of a program, with what they give", () => {
    const folder = mkdtempSync(join(tmpdir(), "xdpl-list-"));
    try {
      const path = makeMarkedProgram(folder);
      expect(listed(`usdt:${path}`).split("\n").slice(0, -1)).toHaveLength(5);
      const forms = `${path}:xdpltest:forms  (i32, u64, i32, i64, u8, i32, u32)\n`;
      expect(listed(`usdt:${path}:xdpltest:f*`)).toBe(forms);
      expect(listed(`usdt:${path}`, "forms")).toBe(forms);
      expect(listed(`usdt:${path}:twice`)).toBe(`${path}:xdpltest:twice  (i64, u64, i32), at 3 places\n`);
      expect(() => listed("usdt:/no/such/file")).toThrow("there is no file /no/such/file");
      expect(() => listed("usdt:")).toThrow("which?");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.skipIf(!existsSync("/sys/kernel/btf/vmlinux"))("finds what the kernel has", () => {
    expect(listed("functions", "vfs_rea?")).toMatch(
      /^vfs_read +\(file: struct file \*, buf: char \*,.*\): ssize_t$/m,
    );
    expect(listed("raw-tracepoints", "sched_switch")).toMatch(
      /^sched_switch +\(preempt: .*, prev: struct task_struct \*/m,
    );
    expect(listed("structs", "iovec")).toMatch(/^iovec +iov_base: void \*, iov_len: u64$/m);
    expect(listed("iterators", "task")).toMatch(/^task$/m);
  });
});
