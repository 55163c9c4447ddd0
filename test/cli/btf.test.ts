/** `--btf FILE`: scripts for a kernel that is not this machine's. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openObject } from "../../src/loader/index.js";
import { makeCommand, type Command } from "../support/command.js";
import { describeKernel } from "../support/kernel.js";

const kinds = { int: 1, pointer: 2, struct: 4, typedef: 8, signature: 13 };

/** BTF of a kernel with one raw tracepoint: `odd_one(struct oddity *)`, whose struct has a member `answer`. */
function oddKernel(): Buffer {
  const strings = ["", "int", "oddity", "answer", "btf_trace_odd_one"];
  const at = (name: string): number =>
    Buffer.byteLength(strings.slice(0, strings.indexOf(name)).join("\0") + "\0") - (name === "" ? 1 : 0);
  const type = (name: string, kind: number, length: number, last: number, ...more: number[]): number[] => [
    at(name),
    (kind << 24) | length,
    last,
    ...more,
  ];
  const types = [
    type("int", kinds.int, 0, 4, (1 << 24) | 32), // 1
    type("oddity", kinds.struct, 1, 8, at("answer"), 1, 32), // 2
    type("", kinds.pointer, 0, 2), // 3
    type("", kinds.pointer, 0, 0), // 4: void *
    type("", kinds.signature, 2, 0, 0, 4, 0, 3), // 5
    type("", kinds.pointer, 0, 5), // 6
    type("btf_trace_odd_one", kinds.typedef, 0, 6), // 7
  ].flat();
  const body = Buffer.from(Uint32Array.from(types).buffer);
  const text = Buffer.from(`${strings.join("\0")}\0`);
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  header.writeUInt32LE(24, 4);
  header.writeUInt32LE(body.length, 12);
  header.writeUInt32LE(body.length, 16);
  header.writeUInt32LE(text.length, 20);
  return Buffer.concat([header, body, text]);
}

const script = 'rawTracepoint("odd_one") (odd) { print(`${odd.answer}`); }';

let command: Command;
let folder: string;
beforeAll(async () => {
  command = await makeCommand();
  folder = mkdtempSync(join(tmpdir(), "xdpl-btf-"));
  writeFileSync(join(folder, "odd.btf"), oddKernel());
  writeFileSync(join(folder, "no.btf"), "nothing of the kind, but long enough");
});
afterAll(() => {
  command.remove();
  rmSync(folder, { recursive: true, force: true });
});

it("takes types and tracepoints from the file", () => {
  const run = (...args: string[]): ReturnType<Command["run"]> => command.run(args, { cwd: folder });
  expect(run("check", "-e", script, "--btf", "odd.btf")).toMatchObject({ status: 0 });
  expect(run("check", "-e", script.replace("answer", "anser"), "--btf", "odd.btf").stderr).toContain(
    "did you mean `answer`?",
  );
  expect(run("list", "raw-tracepoints", "--btf", "odd.btf").stdout).toBe(
    "odd_one  (odd: struct oddity *)\n".replace("odd:", ":"),
  );
  expect(run("build", "-e", script, "--btf", "odd.btf", "--emit", "ll").stdout).toContain(
    "llvm.oddity:0:4$0:0",
  );
});

it.each([
  ["none.btf", /can't be read from none\.btf/],
  ["no.btf", /no\.btf is not BTF/],
])("refuses %s before anything else", (file, message) => {
  const { status, stderr } = command.run(["check", "-e", "begin { }", "--btf", file], { cwd: folder });
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).toContain("a copy of /sys/kernel/btf/vmlinux");
});

describeKernel("a kernel that does not describe its types", () => {
  it.skipIf(!existsSync("/sys/kernel/btf/vmlinux"))("is loaded for by a file that does", () => {
    const object = join(folder, "task.o");
    const built = command.run(["build", "-e", "begin { print(`${task().tgid}`); }", "-o", object]);
    expect(built.stderr).toBe("");
    copyFileSync("/sys/kernel/btf/vmlinux", join(folder, "copy.btf"));
    const load = (btf: string): string => {
      const result = openObject(readFileSync(object), { btf: join(folder, btf) }).load();
      if (result.kind === "rejected") return result.log;
      result.object.close();
      return "loaded";
    };
    expect(load("copy.btf")).toBe("loaded");
    expect(() => load("odd.btf")).toThrow(
      "`begin_1` can't be loaded: this kernel has no `tgid` in its `struct task_struct`",
    );
  });
});
