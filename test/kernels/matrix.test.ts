import { describe, expect, it } from "vitest";
import { clang, compileC } from "../support/kernel.js";
import { describeKernels, formatTable, loadOnKernels, parseOutput } from "./matrix.js";

describe("the records of load.c", () => {
  it("are read, with the log of a rejection", () => {
    const output = [
      "SeaBIOS noise",
      "KERNEL 6.1.0",
      "PROGRAM 0.o good accepted 0 12",
      "PROGRAM 0.o bad rejected 13 2",
      "| 1: (71) r0 = *(u8 *)(r1 +20)",
      "| R1 offset is outside of the packet",
      "| processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0",
      "OBJECT 1.o unreadable 22",
      "DONE",
    ].join("\n");
    const { verdicts, problems } = parseOutput("6.1", output, (file) => `object ${file}`);
    expect(
      verdicts.map(({ program, accepted, errno, processed }) => [program, accepted, errno, processed]),
    ).toEqual([
      ["good", true, 0, 12],
      ["bad", false, 13, 2],
    ]);
    expect(verdicts[1]?.rejection?.reason).toBe("R1 offset is outside of the packet");
    expect(problems).toEqual(["kernel 6.1: object 1.o can't be read: errno 22"]);
  });
});

describeKernels("kernels", (kernels) => {
  it.skipIf(clang === undefined)(
    "load the same objects, in one boot each",
    async () => {
      const head = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
`;
      const table = await loadOnKernels([
        {
          name: "good",
          bytes: compileC(`${head} SEC("xdp") int pass(struct xdp_md *ctx) { return XDP_PASS; }`),
        },
        {
          name: "mixed objects",
          bytes: compileC(`${head}
SEC("xdp") int fine(struct xdp_md *ctx) { return ctx->data_end - ctx->data > 60; }
SEC("xdp") int careless(struct xdp_md *ctx) {
  unsigned char *p = (void *)(long)ctx->data;
  return p[20];
}
SEC("xdp") int fetching(struct xdp_md *ctx) {
  long a = 1;
  return __sync_fetch_and_or(&a, 2);
}`),
        },
      ]);
      const oldFetching = kernels.map((kernel) => (kernel === "5.10" ? "R" : "A")).join("");
      const all = (letter: string): string => letter.repeat(kernels.length);
      const lines = formatTable(table).split("\n");
      expect(lines).toHaveLength(5);
      expect(lines[0]).toBe(`kernels: ${kernels.join(" ")}`);
      expect(lines[1]).toBe(`${all("A")}  good pass`);
      expect(lines[2]).toBe(`${all("A")}  mixed objects fine`);
      expect(lines[3]).toContain(
        `${all("R")}  mixed objects careless  5.10: R1 offset is outside of the packet`,
      );
      expect(lines[4]).toContain(`${oldFetching}  mixed objects fetching`);
      // Every kernel tells the line in its own form, the newest with the column.
      for (const verdict of table.verdicts.filter(({ program }) => program === "careless"))
        expect(verdict.rejection?.sourceText).toBe("return p[20];");
      expect(
        table.verdicts.find(({ program, kernel }) => program === "careless" && kernel === "7.3")?.rejection,
      ).toMatchObject({
        instruction: 1,
        function: "careless",
        place: { line: 9, column: 10 },
        category: "Memory Safety: Access outside bounds",
        suggestion: "Add or adjust a bounds check that proves offset + access_size stays within the object.",
      });
    },
    300_000,
  );
});
