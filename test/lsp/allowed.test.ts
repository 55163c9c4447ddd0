/** What is offered to call is what the kind, the target and the license allow: the verifier is the judge. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builtinNames } from "../../src/check/lookup.js";
import { intrinsics } from "../../src/lsp/allowed.js";
import { builtins } from "../../src/lsp/words.js";
import { completionAt } from "../../src/lsp/completion.js";
import { createWorkspace } from "../../src/lsp/workspace.js";
import { analyze } from "../../src/pipeline.js";
import { testHost } from "../support/kernel-facts.js";
import { marked } from "./marked.js";

const host = testHost();
const path = "/allowed/script.xdpl";

function offered(script: string): ReadonlySet<string> {
  const workspace = { ...createWorkspace(), host };
  const { text, offset } = marked(script);
  workspace.open(path, text);
  const { items } = completionAt(workspace, { path, text }, offset, { snippets: false });
  return new Set(items.map((one) => one.label));
}

const refused: ReadonlySet<string> = new Set(["XD4502", "XD4503", "XD5001"]);

function accepted(text: string): boolean {
  const codes = analyze({ path, text }, host).diagnostics.map((one) => one.code);
  expect(codes.filter((one) => !refused.has(one), text)).toEqual([]);
  return codes.length === 0;
}

const calls: Readonly<Record<string, string>> = {
  now: "now()",
  bootTime: "bootTime()",
  coarseTime: "coarseTime()",
  jiffies: "jiffies()",
  random: "random() as u64",
  cpu: "cpu() as u64",
  numaNode: "numaNode() as u64",
  pid: "pid() as u64",
  tid: "tid() as u64",
  uid: "uid() as u64",
  cgroup: "cgroup()",
  read: "read<u64>(seen)",
  userRead: "userRead<u64>(seen)",
  own: "own()",
};

const heads: readonly (readonly [head: string, tail: string])[] = [
  ["xdp f(pkt)", "return PASS;"],
  ['kprobe("vfs_read")', ""],
  ['tracepoint("sched:sched_process_exec")', ""],
  ['rawTracepoint("sched_switch")', ""],
  ['fentry("vfs_read")', ""],
  ['perf("software:page-faults:100")', ""],
];

const rules: readonly string[] = ["", 'target "linux 5.10";', 'license "Proprietary";'];

describe("what is offered to call", () => {
  for (const [head, tail] of heads) {
    it.each(rules.map((rule) => [rule]))(`is what is accepted in ${head} with %s`, (rule) => {
      const top = `${rule}\nlet seen: u64;\nfunction own(): u64 {\n  return pid() as u64 + cgroup();\n}\n`;
      const names = offered(`${top}${head} {\n  seen = |;\n  ${tail}\n}\n`);
      for (const [name, call] of Object.entries(calls)) {
        const text = `${top}${head} {\n  seen = ${call};\n  ${tail}\n}\n`;
        expect(names.has(name), `${name}: ${text}`).toBe(accepted(text));
      }
    });
  }

  it("differs: a probe does not redirect, an XDP program knows no process on an old kernel", () => {
    const xdp = offered('target "linux 5.15";\nxdp f(pkt) { const x = |; return PASS; }');
    expect([...xdp].filter((one) => ["pid", "comm", "redirect", "fibLookup"].includes(one)).sort()).toEqual([
      "fibLookup",
      "redirect",
    ]);
    const probe = offered('kprobe("vfs_read") { const x = |; }');
    expect(["pid", "comm", "task", "str"].every((one) => probe.has(one))).toBe(true);
    expect(["redirect", "fibLookup", "synCookie"].some((one) => probe.has(one))).toBe(false);
    expect(offered('target "linux 5.15";\nxdp f(pkt) { const x = |; return PASS; }').has("synCookie")).toBe(
      false,
    );
    expect(offered('target "linux 6.1";\nxdp f(pkt) { const x = |; return PASS; }').has("synCookie")).toBe(
      true,
    );
  });
});

describe("in the text of a probe's target", () => {
  it.each([
    ['tracepoint("|")', "sched:sched_switch"],
    ['rawTracepoint("|")', "sys_enter"],
    ['kprobe("vfs|")', "vfs_read"],
    ['fexit("vfs_w|', "vfs_write"],
    ['lsm("|") f() {}', "file_open"],
    ['iter("|")', "task"],
    ['perf("|")', "software:page-faults"],
    ['usdt("/usr/bin/python3:|")', "/usr/bin/python3:python:line"],
    ['usdt("/usr/bin/python3:imp|")', "/usr/bin/python3:python:import__find__load__done"],
    ['interval("|")', "1s"],
  ])("%s offers %s", (script, name) => {
    expect(offered(script)).toContain(name);
  });

  it("narrows functions by what is typed", () => {
    expect([...offered('kprobe("connect|")')]).toEqual(["tcp_v4_connect"]);
  });
});

describe("what completion knows of", () => {
  it("are all functions of the language, and what the library's are made of", () => {
    expect(builtinNames.filter((name) => !builtins.has(name))).toEqual([]);
    const folder = join(import.meta.dirname, "../../stdlib");
    const named = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".xdpl"))
      .flatMap((name) => [...readFileSync(join(folder, name), "utf8").matchAll(/from "(xdpl:\w+)"/g)])
      .map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => intrinsics[name] === undefined)).toEqual([]);
  });
});
