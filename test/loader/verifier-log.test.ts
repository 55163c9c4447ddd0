import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseRejection, parseStatistics } from "../../src/loader/index.js";
import { sourceOfInstruction } from "../../src/loader/line-info.js";
import { rejectionText } from "../../src/loader/rejection-text.js";
import { compileScript } from "../support/compile.js";

/** As Linux 6.1 writes it: no file and line beside the source text. */
const old = `0: R1=ctx(off=0,imm=0) R10=fp0
; unsigned k=1;
1: (63) *(u32 *)(r10 -4) = r1         ; R1_w=1 R10=fp0 fp-8=mmmm????
; u64 *v = bpf_map_lookup_elem(&m,&k);
4: (18) r1 = 0xffff89e15295c800       ; R1_w=map_ptr(off=0,ks=4,vs=8,imm=0)
6: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)
; return *v;
7: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
verification time 859 usec
stack depth 8+32
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
`;

/** As Linux 7.3 writes it. */
const structured = `0: R1=ctx() R10=fp0
; return p[20]; @ bad.c:5
1: (71) r0 = *(u8 *)(r1 +20)
invalid access to packet, off=20 size=1, R1(id=0,off=20,r=0)
R1 min value is outside of the allowed memory range

Verification failed: Memory Safety: Access outside bounds

Reason:
  The verifier cannot prove offset + access_size <= object_size. Here, the minimal bound for a
  memory access is 20 and is outside of the object of size 0.

At:
  bad @ bad.c:5:10
  Source context:
      4 |   unsigned char *p=(void*)(long)ctx->data;
  >>> 5 |   return p[20];
        |   ^-- error: access may be outside object bounds
  Instruction context:
      0 | (61) r1 = *(u32 *)(r1 +0)
  >>> 1 | (71) r0 = *(u8 *)(r1 +20)

Causal path:
  bad @ bad.c:4:38

Suggestion:
  Add or adjust a bounds check that proves offset + access_size stays within the object.

verification time 5729 usec
stack depth max 8
subprog 0 (bad) main insns_self 2 insns_total 2 stack 0
subprog 1 (helper) insns_self 2 insns_total 2 stack 8
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** Logs of real kernels, of objects that were made with the compiler's checks off. */
const kernels = ["5.10", "6.1", "6.12", "7.3"];
const logs: readonly (readonly [name: string, reason: RegExp, source: string, line: number])[] = [
  ["one-too-many", /^R0 max value is outside/, "rows[0].cells[ip.ttl] += 1;", 10],
  ["entry-of-a-map", /^R0 invalid mem access 'map_value_or_null'$/, "bucket.tokens -= 1;", 12],
  ["after-adjust-tail", /^R7 invalid mem access '(scalar|inv)'$/, "return udp.dst == 53 ? DROP : PASS;", 5],
  ["all-values-of-a-byte", /^infinite loop detected at insn 0$/, "for (let i: u8 = 0; i <= 255; i++)", 4],
];

describe.each(kernels)("a log of Linux %s", (kernel) => {
  it.each(logs)("of %s", (name, reason, source, line) => {
    const log = readFileSync(join(import.meta.dirname, `logs/${kernel}-${name}.log`), "utf8");
    const found = parseRejection(log);
    expect(found?.reason).toMatch(reason);
    if (found?.sourceText !== undefined) expect(found.sourceText).toContain(source);
    // Before 6.9 the log has the text of the line alone; the rest is in the object.
    if (kernel === "6.12" || kernel === "7.3") {
      expect(found?.place).toMatchObject({ file: `${name}.xdpl`, line });
    } else {
      expect(found?.sourceText).toContain(source);
      expect(found?.place).toBeUndefined();
    }
  });
});

describe("the words for a person", () => {
  const log = (name: string): string => readFileSync(join(import.meta.dirname, `logs/${name}.log`), "utf8");

  it("name what registers held", () => {
    const text = log("6.12-one-too-many");
    const said = rejectionText(parseRejection(text), 13, text, undefined);
    expect(said.notes[0]).toBe("R0 is a value of the map `rows`");
    const moved = log("6.12-after-adjust-tail");
    expect(rejectionText(parseRejection(moved), 13, moved, undefined).notes[0]).toBe(
      "R7 was the packet, before the packet moved",
    );
  });

  it("mark the place in the line that the object names", () => {
    const text = log("5.10-one-too-many");
    const line = {
      file: "one-too-many.xdpl",
      line: 10,
      column: 21,
      text: "  if (ip.ttl <= 16) rows[0].cells[ip.ttl] += 1;",
    };
    expect(rejectionText(parseRejection(text), 13, text, line).excerpt).toEqual([
      "   --> one-too-many.xdpl:10:21",
      "    |",
      "10  |   if (ip.ttl <= 16) rows[0].cells[ip.ttl] += 1;",
      "    |                     ^^^^^^^^^^^^^^^^^^^^^",
    ]);
  });

  it("take the line of an instruction from the object", async () => {
    const object = await compileScript(
      "let n: u64 = 0;\n\nxdp count(pkt) {\n  n = now();\n  return PASS;\n}\n",
      "n.xdpl",
    );
    const lines = [0, 1, 2, 3, 4, 5].map((at) => sourceOfInstruction(object, "count", at));
    expect(lines.find((one) => one?.line === 4)).toEqual({
      file: "n.xdpl",
      line: 4,
      column: 7,
      text: "  n = now();",
    });
    expect(sourceOfInstruction(object, "count", 100)).toBeUndefined();
    expect(sourceOfInstruction(object, "other", 0)).toBeUndefined();
    expect(sourceOfInstruction(new Uint8Array(8), "count", 0)).toBeUndefined();
  });
});

describe("a verifier log", () => {
  it("of the old form gives reason, instruction and source text", () => {
    expect(parseRejection(old)).toEqual({
      reason: "R0 invalid mem access 'map_value_or_null'",
      instruction: 7,
      text: "r0 = *(u64 *)(r0 +0)",
      sourceText: "return *v;",
      place: undefined,
      function: undefined,
      category: undefined,
      explanation: undefined,
      suggestion: undefined,
    });
    expect(parseStatistics(old)).toEqual({
      processed: 7,
      limit: 1_000_000,
      totalStates: 1,
      peakStates: 1,
      verificationUs: 859,
      stack: [8, 32],
    });
  });

  it("of 7.3's form gives place, explanation and suggestion too", () => {
    expect(parseRejection(structured)).toEqual({
      reason: "R1 min value is outside of the allowed memory range",
      instruction: 1,
      text: "r0 = *(u8 *)(r1 +20)",
      sourceText: "return p[20];",
      place: { file: "bad.c", line: 5, column: 10 },
      function: "bad",
      category: "Memory Safety: Access outside bounds",
      explanation:
        "The verifier cannot prove offset + access_size <= object_size. Here, the minimal bound for a memory access is 20 and is outside of the object of size 0.",
      suggestion: "Add or adjust a bounds check that proves offset + access_size stays within the object.",
    });
    expect(parseStatistics(structured)?.stack).toEqual([0, 8]);
  });

  it("gives file and line from the comment, on the kernels between", () => {
    const log =
      "; if (p + 1 > end) @ dir with space/a.xdpl:12\n3: (2d) if r2 > r1 goto pc+1\nR2 pointer comparison prohibited\n";
    expect(parseRejection(log)?.place).toEqual({
      file: "dir with space/a.xdpl",
      line: 12,
      column: undefined,
    });
  });

  it("passes over states and notes, and reports programs too large", () => {
    const log = [
      "from 4 to 9: R0=inv(id=0) R10=fp0",
      "9: R0=inv(id=0) R10=fp0",
      "9: (95) exit",
      "mark_precise: frame0: regs=r1 stack= before 5",
      "BPF program is too large. Processed 1000001 insn",
      "processed 1000001 insns (limit 1000000) max_states_per_insn 4 total_states 9 peak_states 9 mark_read 1",
    ].join("\n");
    expect(parseRejection(log)).toMatchObject({
      reason: "BPF program is too large. Processed 1000001 insn",
      instruction: 9,
    });
    expect(parseStatistics(log)?.processed).toBe(1_000_001);
  });

  it("that says nothing gives nothing", () => {
    expect(parseRejection("")).toBeUndefined();
    expect(parseStatistics("no")).toBeUndefined();
  });
});
