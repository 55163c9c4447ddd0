/** Probes and the kernel's own types in the editor, on a kernel that is written down. */
import { describe, expect, it } from "vitest";
import { completionAt } from "../../src/lsp/completion.js";
import { hoverAt } from "../../src/lsp/hover.js";
import { createProver } from "../../src/lsp/proofs.js";
import { scriptOf } from "../../src/lsp/script.js";
import { createWorkspace } from "../../src/lsp/workspace.js";
import { understand } from "../../src/pipeline.js";
import { testHost } from "../support/kernel-facts.js";
import { byRank, marked } from "./marked.js";

const host = testHost();
const path = "/kernel/script.xdpl";

function labels(script: string): readonly string[] {
  const workspace = { ...createWorkspace(), host };
  const { text, offset } = marked(script);
  workspace.open(path, text);
  const { items } = completionAt(workspace, { path, text }, offset, { snippets: false });
  for (const one of items) expect(JSON.stringify(one)).not.toContain("xdpl$here");
  return byRank(items).map((one) => one.label);
}

function hover(script: string): string {
  const { text, offset } = marked(script);
  const file = { path, text };
  const here = { ...host, read: (asked: string) => (asked === path ? file : host.read(asked)) };
  const made = scriptOf(understand(file, here), file, []);
  expect(made?.diagnostics).toEqual([]);
  const shown = made && hoverAt(made, [...createProver().programs(made, {})], offset);
  return JSON.stringify(shown?.contents ?? "");
}

describe("completion", () => {
  it("follows the kernel's structs, half typed or not", () => {
    expect(labels('fentry("vfs_read") (file, buf) {\n  file.|\n}')).toContain("f_inode");
    expect(labels('fentry("vfs_read") (file) {\n  const x = file.f_path.dentry.d_n|\n}')).toContain("d_name");
    expect(labels('kprobe("vfs_read") { const t = task(); t.real_parent.| }')).toContain("comm");
    expect(labels('tracepoint("sched:sched_switch") (event) {\n  print(`${event.|}`);\n}')).toContain(
      "next_pid",
    );
  });

  it("names the parameters of what a probe is attached to, those that are not taken", () => {
    expect(labels('fentry("vfs_read") (|) {}')).toEqual(["buf", "count", "file", "pos"]);
    expect(labels('fexit("vfs_read") (file, buf, |) {}')).toEqual(["count", "pos", "ret"]);
    expect(labels('kretprobe("vfs_read") (|) {}')).toEqual(["ret"]);
    expect(labels('lsm("file_open") f(|) { return ALLOW; }')).toEqual(["file"]);
    expect(labels('tracepoint("sched:sched_switch") (|) {}')).toEqual(["event"]);
    expect(labels("xdp f(p|")).toEqual(["pkt"]);
  });

  it("offers the verdicts of the program's kind", () => {
    expect(labels('lsm("file_open") f(file) {\n  return |\n}').slice(0, 2)).toEqual(["ALLOW", "DENY"]);
    expect(labels("xdp f(pkt) {\n  return |\n}").slice(0, 2)).toEqual(["ABORTED", "DROP"]);
    const probe = labels('kprobe("vfs_read") {\n  return |\n}');
    expect(probe.filter((one) => ["DROP", "ALLOW"].includes(one))).toEqual([]);
  });

  it("offers cases of a switch, and fields of what is taken apart", () => {
    const mode = "enum Mode: u8 { OFF, ON }\nparam mode: Mode = OFF;\n";
    expect(labels(`${mode}xdp f(pkt) {\n  switch (mode) { case | }\n  return PASS;\n}`).slice(0, 2)).toEqual([
      "OFF",
      "ON",
    ]);
    expect(labels(`${mode}xdp f(pkt) {\n  switch (mode) { case Mode.| }\n  return PASS;\n}`)).toEqual([
      "OFF",
      "ON",
    ]);
    const udp = "const udp = pkt.udp ?? return PASS;";
    expect(labels(`xdp f(pkt) {\n  ${udp}\n  const { src, | } = udp;\n  return PASS;\n}`)).toEqual([
      "dst",
      "length",
      "checksum",
    ]);
  });

  it("says nothing of what is being written", () => {
    expect(labels("type T = |;")).toContain("u16");
  });
});

describe("hover", () => {
  it("shows fields of the kernel's structs with their places", () => {
    const field = hover('fentry("vfs_read") (file) { print(`${file.f_p|os}`); }');
    expect(field).toContain("file.f_pos: i64");
    expect(field).toMatch(/offset \d+, 8 bytes/);
    expect(hover('tracepoint("sched:sched_switch") (event) { print(`${event.next_p|id}`); }')).toContain(
      "offset 56",
    );
  });

  it("says which kernel a program, a helper and a field need", () => {
    const cookie =
      "xdp f(pkt) {\n  const ip = pkt.ipv4 ?? return PASS;\n  const tcp = pkt.tcp ?? return PASS;\n" +
      "  const cookie = synCookie(ip, tcp) ?? return PASS;\n  return cookie > 3 ? DROP : PASS;\n}";
    expect(hover(cookie.replace("synC", "syn|C"))).toContain(
      "The helper `bpf_tcp_raw_gen_syncookie_ipv4` came with Linux 6.0",
    );
    expect(hover(cookie.replace("xdp", "x|dp"))).toContain(
      "Needs Linux 6.0: `bpf_tcp_raw_gen_syncookie_ipv4`",
    );
    const group = hover('kprobe("vfs_read") { print(`${cgr|oup()}`); }');
    expect(group).toContain("Linux 4.18");
    expect(group).not.toContain("6.12");
  });

  it("shows a program as it is written, and no numbers of what is no number", () => {
    expect(hover('fentry("vfs_read") r|ead(file, buf) { print(`${buf as u64}`); }')).toContain(
      'fentry(\\"vfs_read\\") read(file, buf)',
    );
    const route =
      "xdp f(pkt) { const ip = pkt.ipv4 ?? return PASS; const way = fibL|ookup(ip) ?? return PASS; " +
      "return redirect(way.ifindex); }";
    expect(hover(route)).not.toContain("Proven here");
  });
});
