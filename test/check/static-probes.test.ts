/** What notes of static probes say, in the words of both machines' assemblers. */
import { describe, expect, it } from "vitest";
import {
  argumentForm,
  staticArgument,
  staticArgumentWords,
  staticTarget,
  type Operand,
} from "../../src/kernel/static-probes.js";
import { registers } from "../../src/kernel/registers.js";
import { staticType } from "../../src/check/static-probes.js";
import { typeName } from "../../src/check/type-tools.js";

const register = (offset: number, shift = 0): Operand => ({ kind: "register", register: offset, shift });
const immediate = (value: bigint): Operand => ({ kind: "immediate", value });
const memory = (base: number | undefined, displacement: bigint, index?: number, scale = 1): Operand => ({
  kind: "memory",
  base,
  index,
  scale,
  displacement,
});

describe("arguments of static probes", () => {
  it.each([
    ["-4@%edi", "i32", register(112)],
    ["8@%rsi", "u64", register(104)],
    ["8@%r10", "u64", register(56)],
    ["2@%r8w", "u16", register(72)],
    ["1@%sil", "u8", register(104)],
    ["1@%al", "u8", register(80)],
    ["-1@%bh", "i8", register(40, 8)],
    ["-4@$-7", "i32", immediate(-7n)],
    ["8@$0x10", "u64", immediate(16n)],
    ["4@-1204(%rbp)", "u32", memory(32, -1204n)],
    ["8@(%rsp)", "u64", memory(152, 0n)],
    ["8@(%rax,%rdx,4)", "u64", memory(80, 0n, 96, 4)],
    ["8@-16(%rax,%rdx)", "u64", memory(80, -16n, 96)],
    ["8@8(,%rcx,8)", "u64", memory(undefined, 8n, 88, 8)],
    ["%rax", "u64", register(80)],
    ["8f@%xmm0", "u64", undefined],
    ["16@%xmm0", "u64", undefined],
    ["-4@counted(%rip)", "i32", undefined],
    ["8@%nothing", "u64", undefined],
  ])("x86-64: %s", (word, type, operand) => {
    const found = staticArgument(word, "x64");
    expect(found).toMatchObject({ text: word });
    expect(found.operand).toEqual(operand);
    expect(typeName(staticType([found]))).toBe(type);
  });

  it.each([
    ["8@x0", "u64", register(0)],
    ["-4@w30", "i32", register(240)],
    ["8@sp", "u64", register(248)],
    ["-4@-3", "i32", immediate(-3n)],
    ["-4@[sp, 60]", "i32", memory(248, 60n)],
    ["8@[x19, -16]", "u64", memory(152, -16n)],
    ["8@[x19]", "u64", memory(152, 0n)],
    ["8@x31", "u64", undefined],
    ["8@[x0, x1]", "u64", undefined],
  ])("arm64: %s", (word, type, operand) => {
    const found = staticArgument(word, "arm64");
    expect(found.operand).toEqual(operand);
    expect(typeName(staticType([found]))).toBe(type);
  });

  it("registers are where those of functions' arguments are", () => {
    const names = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];
    expect(names.map((one) => staticArgument(`8@%${one}`, "x64").operand)).toEqual(
      registers.x64.arguments.map((offset) => register(offset)),
    );
  });

  it("stand one after the other, with spaces in brackets", () => {
    expect(staticArgumentWords("-4@[sp, 60] 8@x1  4@5")).toEqual(["-4@[sp, 60]", "8@x1", "4@5"]);
    expect(staticArgumentWords("")).toEqual([]);
    expect(argumentForm("8@%rdi -4@$5 8@%rax", 2)).toBe("8@%rdi -4@$5");
  });

  it("have a type that holds them at each place", () => {
    const type = (...words: readonly string[]): string =>
      typeName(staticType(words.map((one) => staticArgument(one, "x64"))));
    expect(type("-4@%edi", "-4@$5")).toBe("i32");
    expect(type("4@%edi", "8@%rdi")).toBe("u64");
    expect(type("4@%edi", "-4@%edi")).toBe("i64");
    expect(type("8@%rdi", "-4@%edi")).toBe("i64");
  });

  it("a target has a path, which may have colons, a provider and a name", () => {
    expect(staticTarget("/a:b/c:p:n")).toEqual({ path: "/a:b/c", provider: "p", name: "n" });
    expect(staticTarget("libc.so.6:libc:setjmp")).toMatchObject({ path: "libc.so.6" });
    expect(staticTarget("/usr/bin/x:n")).toEqual({ path: "/usr/bin/x", provider: undefined, name: "n" });
    for (const one of ["", "x", "/x:", ":a:b", "/x:a b:c"]) expect(staticTarget(one)).toBeUndefined();
  });
});
