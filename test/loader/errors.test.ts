import { describe, expect, it } from "vitest";
import { LoaderError, openObject, probeBpf } from "../../src/loader/index.js";
import { errnoName, systemError } from "../../src/loader/errors.js";
import { loadError } from "../../src/loader/load-error.js";
import { missingFeature } from "../../src/loader/missing-feature.js";
import { compileC, describeKernel } from "../support/kernel.js";

describe("errors", () => {
  it("name their number, and what to do", () => {
    expect(errnoName(1)).toBe("EPERM");
    expect(errnoName(524)).toBe("ENOTSUPP");
    expect(errnoName(9999)).toBe("error 9999");
    const error = systemError(1, "creating map `m`");
    expect([error.kind, error.message]).toEqual([
      "no-privileges",
      "creating map `m` failed: EPERM (not permitted)",
    ]);
    expect(error.remedy).toContain("sudo");
    expect(systemError(16, "x").kind).toBe("busy");
    expect(systemError(95, "x").kind).toBe("not-supported");
    expect(systemError(4001, "x").kind).toBe("bad-object");
    expect(systemError(22, "x", { remedy: "do this" }).remedy).toBe("do this");
  });
});

describeKernel(
  "without privileges",
  () => {
    const bytes = compileC(`
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); } table SEC(".maps");
SEC("xdp") int fine(struct xdp_md *ctx) { __u32 k = 0; return bpf_map_lookup_elem(&table, &k) != 0; }
`);
    /** Gives up the effective user's rights, and with them its capabilities, for the time of `action`. */
    function asNobody<T>(action: () => T): T {
      process.seteuid?.(65_534);
      try {
        return action();
      } finally {
        process.seteuid?.(0);
      }
    }

    it.skipIf(process.getuid?.() !== 0)("says so, and how to get them", () => {
      const problem = asNobody(() => probeBpf());
      expect(problem?.kind).toBe("no-privileges");
      expect(problem?.remedy).toContain("CAP_BPF");
      try {
        asNobody(() => openObject(bytes).load());
        expect.unreachable();
      } catch (failure) {
        if (!(failure instanceof LoaderError)) throw failure;
        expect(failure.kind).toBe("no-privileges");
        expect(failure.remedy).toContain("CAP_BPF");
      }
      expect(probeBpf()).toBeUndefined();
    });
  },
  { clang: true },
);

it("tells a kernel's age from a wrong program", () => {
  const said = (log: string): string | undefined => missingFeature(log, "p")?.message;
  expect(said("0: (85) call unknown#209\ninvalid func unknown#209\nprocessed 1 insns")).toBe(
    "`p` can't be loaded: this kernel has no helper `bpf_user_ringbuf_drain`, which came with Linux 6.1",
  );
  expect(said("failed to resolve CO-RE relocation <enumval_value> [9] enum colour::RED = 1")).toBe(
    "`p` can't be loaded: this kernel has no `RED` in its `enum colour`",
  );
  expect(said("R1 invalid mem access 'scalar'")).toBeUndefined();
});

it("tells a kind of program that is forbidden from a user who may do nothing", () => {
  const messages = [
    "prog 'fentry_1': BPF program load failed: Operation not permitted",
    "failed to load object 'xdpl'",
  ];
  const forbidden = loadError(1, messages, () => true);
  expect(forbidden.message).toContain("permits other programs, but not `fentry_1`");
  expect(forbidden.remedy).toContain("tracepoint");
  expect(loadError(1, messages, () => false).remedy).toContain("sudo");
});
