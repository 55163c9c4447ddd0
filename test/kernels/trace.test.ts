/** Probes on kernels of many versions: one object, compiled for the kernel at hand, finds what moved. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMetadata } from "../../src/loader/index.js";
import { eventOf } from "../../src/run/print-text.js";
import { compileScript, root } from "../support/compile.js";
import { boot, describeKernels } from "./matrix.js";

/** Every kind of probe of the kernel's. What trace.c does: 5 reads of /data, 3 kills, 2 execs, 3 connections. */
const everyKind = `
fentry("vfs_read") (file, buf, count) {
  if (str<8>(file.f_path.dentry.d_name.name) == "data") print(\`fentry \${count} \${file.f_inode.i_size}\`);
}
fexit("vfs_read") (file, buf, count, pos, ret) {
  if (str<8>(file.f_path.dentry.d_name.name) == "data") print(\`fexit \${ret}\`);
}
kprobe("vfs_read") (file, buf, count) {
  if (str<8>(file.f_path.dentry.d_name.name) == "data") print(\`kprobe \${count}\`);
}
kretprobe("vfs_read") (ret) {
  if (pid() == 1 && ret == 16) print("kretprobe");
}
lsm("file_open") (file) {
  if (str<8>(file.f_path.dentry.d_name.name) == "denied") return DENY;
}
iter("task") (task) {
  if (task && task.tgid == 1) print(\`iter \${task.pid} \${task.comm}\`);
}
begin { print(\`begin \${comm()}\`); }
rawTracepoint("sched_process_exec") (task, old, binary) {
  print(\`exec \${str<16>(binary.filename)} \${task.tgid == pid()} \${task.real_parent.tgid} \${task.mm.owner.tgid == pid()}\`);
}
tracepoint("syscalls:sys_enter_kill") (event) { print(\`kill \${event.pid} \${event.sig}\`); }
fentry("tcp_v4_connect") (sk) { print(\`connect \${sk.__sk_common.skc_family} \${sk.sk_protocol}\`); }
`;

interface Guest {
  readonly lines: readonly string[];
  readonly counts: ReadonlyMap<string, bigint>;
  readonly said: readonly string[];
}

/** Takes what trace.c printed apart, by object. */
function parse(output: string, objects: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Guest> {
  const guests = new Map<string, Guest>();
  for (const [name, bytes] of objects) {
    const start = output.indexOf(`TRACE ${name}.o`);
    const block = start < 0 ? "" : output.slice(start, output.indexOf(`END ${name}.o`, start));
    const metadata = readMetadata(bytes);
    const prints = new Map(
      (metadata.ok ? metadata.metadata.prints : []).map((one) => [one.id, one] as const),
    );
    const lines: string[] = [];
    for (const [, hex = ""] of block.matchAll(/^EVENT ([0-9a-f]+)$/gm)) {
      const event = eventOf("xdpl_events", undefined, prints, Buffer.from(hex, "hex"));
      if (event.kind === "print") lines.push(event.text);
    }
    const counts = new Map(
      [...block.matchAll(/^COUNT (\S+) (\d+)$/gm)].map(
        ([, map = "", count = "0"]) => [map, BigInt(count)] as const,
      ),
    );
    guests.set(name, { lines, counts, said: block.split("\n").filter((one) => /^(?:SKIP|WORK)/.test(one)) });
  }
  return guests;
}

const wanted = ["5.10", "6.1", "6.12", "6.18", "7.3"];
/** Denying needs `bpf` among the security modules, which Debian's 5.10 leaves out. */
const withoutLsm = new Set(["5.10"]);
const tools = ["capable", "oomkill", "vfsstat"];

describeKernels("probes on kernels", (kernels) => {
  if (!existsSync("/sys/kernel/btf/vmlinux")) {
    it.skip("skipped: this machine's kernel does not describe its types", () => {});
    return;
  }
  const objects = new Map<string, Uint8Array>();
  const folder = mkdtempSync(join(tmpdir(), "xdpl-trace-"));
  const files: string[] = [];
  beforeAll(async () => {
    objects.set("probes", await compileScript(everyKind));
    for (const one of tools) {
      const script = readFileSync(join(root, `examples/tracing/${one}.xdpl`), "utf8");
      objects.set(one, await compileScript(script));
    }
    for (const [name, bytes] of objects) {
      files.push(join(folder, `${name}.o`));
      writeFileSync(join(folder, `${name}.o`), bytes);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each(wanted.filter((one) => kernels.includes(one)))("Linux %s", (kernel) => {
    let guests: ReadonlyMap<string, Guest> = new Map();
    const of = (name: string): Guest =>
      guests.get(name) ?? { lines: [], counts: new Map(), said: ["absent"] };
    const times = (name: string, line: string): number => of(name).lines.filter((one) => one === line).length;
    beforeAll(async () => {
      const { output, problem } = await boot(kernel, "trace", files, 300);
      expect(problem).toBeUndefined();
      guests = parse(output, objects);
    });

    it("runs every kind of probe", () => {
      expect(of("probes").said).toEqual([`WORK open-denied ${withoutLsm.has(kernel) ? 0 : 1}`]);
      const counts = {
        "begin init": 1,
        "iter 1 init": 1,
        "fentry 16 16": 5,
        "fexit 16": 5,
        "kprobe 16": 5,
        kretprobe: 5,
        "exec /proc/self/exe true 1 true": 2,
        "kill 1 0": 3,
        "connect 2 6": 3,
      };
      for (const [line, count] of Object.entries(counts))
        expect([line, times("probes", line)]).toEqual([line, count]);
    });

    it("runs the tools that trace functions", () => {
      for (const one of tools) expect([one, of(one).said]).toEqual([one, ["WORK open-denied 0"]]);
      expect(of("vfsstat").counts.get("reads")).toBeGreaterThanOrEqual(5n);
      expect(of("vfsstat").counts.get("opens")).toBeGreaterThanOrEqual(9n);
      // Newer kernels ask for it at other places too.
      expect(times("capable", "1 init uid 0 capability 21")).toBeGreaterThanOrEqual(2);
      expect(
        of("oomkill").lines.some((one) => / ran out; init \(\d+\) is killed; pages \d+$/.test(one)),
      ).toBe(true);
    });
  });
});
