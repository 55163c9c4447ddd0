import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileHost } from "../../src/host.js";
import { compareKernels, kernelOfTarget, targetProblem } from "../../src/kernel/versions.js";
import { analyze, type AnalyzeOptions, type Analysis } from "../../src/pipeline.js";
import { neededKernel } from "../../src/verify/target.js";
import { root } from "../support/compile.js";

function of(text: string, options: AnalyzeOptions = {}): Analysis {
  return analyze({ path: "script.xdpl", text }, fileHost(), options);
}

const said = (result: Analysis): string[] =>
  result.diagnostics.map(({ code, message, span }) => {
    return `${code} ${span.file.text.slice(span.start, span.end).split("\n")[0]}: ${message}`;
  });

const needed = (text: string): string => {
  const { kernel, features } = neededKernel(of(text).needs ?? []);
  return [kernel, ...features].join(" ");
};

const synShield = readFileSync(join(root, "examples/syn-shield.xdpl"), "utf8");
const coarse = 'import { coarseTime } from "std/xdp";\nlet last: u64 = 0;\n';
const program = "xdp seen(pkt) { last = coarseTime(); return PASS; }";

describe("kernel versions", () => {
  it("are ordered as numbers", () => {
    const versions = ["6.10", "5.4", "5.10", "6.1", "7.0", "6.9"];
    expect(versions.toSorted(compareKernels)).toEqual(["5.4", "5.10", "6.1", "6.9", "6.10", "7.0"]);
  });

  it("are read from targets, and from `uname -r`", () => {
    expect(kernelOfTarget("linux 5.15")).toBe("5.15");
    expect(kernelOfTarget("Linux 6.1")).toBe("6.1");
    expect(kernelOfTarget("6.12.3")).toBe("6.12");
    expect(kernelOfTarget("5.10.0-46-cloud-amd64")).toBe("5.10");
    expect(kernelOfTarget("7.3.4+deb13-cloud-amd64")).toBe("7.3");
    for (const wrong of ["", "solaris", "linux", "6", "6.", "v6.1", "linux6.1", "6.1 or so", "0.1", "-6.1"])
      expect(kernelOfTarget(wrong), wrong).toBeUndefined();
    expect(targetProblem("solaris")).toContain("write `linux 5.15`");
    expect(targetProblem("5.4")).toContain("older than 5.10");
    expect(targetProblem("5.10")).toBeUndefined();
  });
});

describe("what a script needs", () => {
  it("is the oldest kernel unless something is younger", () => {
    expect(needed("xdp drop(pkt) { return DROP; }")).toBe("5.10");
    expect(needed(coarse + program)).toBe("5.11 bpf_ktime_get_coarse_ns");
    expect(needed("xdp({ frags: true }) jumbo(pkt) { return PASS; }")).toBe("5.18 xdp.frags");
    expect(needed(synShield)).toBe("6.0 bpf_tcp_raw_gen_syncookie_ipv4 bpf_tcp_raw_check_syncookie_ipv4");
  });

  it("counts when a helper came to the kind of program", () => {
    const declared = 'declare function task(): u64 from "bpf_get_current_pid_tgid";\nlet last: u64 = 0;\n';
    const text = `${declared}xdp seen(pkt) { last = task(); return PASS; }`;
    expect(needed(text)).toBe("6.12 bpf_get_current_pid_tgid");
    expect(said(of(text, { target: "6.1" }))).toEqual([
      "XD5001 task(): The helper `bpf_get_current_pid_tgid` in XDP programs came with Linux 6.12; the target is Linux 6.1.",
    ]);
  });

  it("is not what is never reached", () => {
    expect(needed(`${coarse}xdp seen(pkt) { if (false) last = coarseTime(); return PASS; }`)).toBe("5.10");
  });

  it("is the instruction set too", () => {
    const text = "xdp drop(pkt) { return DROP; }";
    expect(said(of(text, { target: "6.6", cpu: "v4" }))).toEqual([]);
    expect(said(of(text, { target: "6.5", cpu: "v4" }))).toEqual([
      `XD5001 ${text}: The instruction set v4 (\`--cpu\`) came with Linux 6.6; the target is Linux 6.5.`,
    ]);
  });
});

describe("a target", () => {
  it("is the script's, or the command line's, which goes first", () => {
    const asked = `target "linux 5.10";\n${coarse}${program}`;
    const wrong =
      "XD5001 coarseTime(): The helper `bpf_ktime_get_coarse_ns` came with Linux 5.11; the target is Linux 5.10.";
    expect(said(of(coarse + program))).toEqual([]);
    expect(said(of(asked))).toEqual([wrong]);
    expect(said(of(asked, { target: "5.11" }))).toEqual([]);
    expect(said(of(asked.replace("5.10", "5.15"), { target: "linux 5.10" }))).toEqual([wrong]);
    expect(of(asked).ir).toBeUndefined();
  });

  it("for a mistake is said once, with the youngest of what one place needs", () => {
    expect(said(of(synShield, { target: "5.10" }))).toEqual([
      "XD5001 synCookie(ip, tcp): The helper `bpf_tcp_raw_gen_syncookie_ipv4` came with Linux 6.0; the target is Linux 5.10.",
      "XD5001 checkSynCookie(ip, tcp): The helper `bpf_tcp_raw_check_syncookie_ipv4` came with Linux 6.0; the target is Linux 5.10.",
    ]);
    expect(said(of(synShield, { target: "6.0" }))).toEqual([]);
  });

  it("that is no kernel is refused", () => {
    const text = "xdp drop(pkt) { return DROP; }";
    expect(of(`target "solaris"; ${text}`).diagnostics.map(({ code }) => code)).toEqual(["XD3705"]);
    expect(of(text, { target: "solaris" }).diagnostics.map(({ code }) => code)).toEqual(["XD3705"]);
    expect(of(text, { target: "5.4" }).diagnostics.map(({ code }) => code)).toEqual(["XD5002"]);
    expect(of(`target "linux 5.4"; ${text}`).diagnostics.map(({ code }) => code)).toEqual(["XD5002"]);
  });
});
