import { expect, it } from "vitest";
import { probeBpf } from "../../src/loader/index.js";

// In a file of its own, for a process loads libbpf once.
it("a libbpf that is not there is named, with the package that has it", () => {
  process.env["XDPL_LIBBPF"] = "/nonexistent/libbpf.so.1";
  const missing = probeBpf();
  expect([missing?.kind, missing?.message]).toEqual([
    "no-libbpf",
    "libbpf can't be loaded (/nonexistent/libbpf.so.1)",
  ]);
  expect(missing?.remedy).toContain("apt-get install libbpf1");
  process.env["XDPL_LIBBPF"] = "libc.so.6";
  const wrong = probeBpf();
  expect([wrong?.kind, wrong?.message]).toEqual([
    "no-libbpf",
    "this libbpf is too old: it does not tell its version",
  ]);
  delete process.env["XDPL_LIBBPF"];
});
