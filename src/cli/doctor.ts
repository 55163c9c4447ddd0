/** `xdpl doctor`: what this machine has, what is missing, and the command that mends it. */
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { release } from "node:os";
import pc from "picocolors";
import { LoaderError, probeBpf } from "../loader/index.js";
import { libbpf } from "../loader/library.js";
import { libllvm } from "../llvm/index.js";
import { exitCode, type ExitCode } from "./failure.js";
import type { Context } from "./program.js";
import { showJson } from "./report.js";

interface Finding {
  readonly name: string;
  /** `missing` stops compiling; `limited` stops running programs here, or some of them. */
  readonly state: "ok" | "limited" | "missing";
  readonly detail: string;
  /** A command or a step that mends it. */
  readonly remedy: string | undefined;
}

const ok = (name: string, detail: string): Finding => ({ name, state: "ok", detail, remedy: undefined });

function node(): Finding {
  const { node: version } = process.versions;
  const major = Number(version.split(".")[0]);
  if (major >= 20) return ok("Node", version);
  return {
    name: "Node",
    state: "missing",
    detail: `${version} is too old`,
    remedy: "install Node 20 or newer",
  };
}

function llvm(): Finding {
  const found = libllvm();
  if (found.ok) return ok("libLLVM", `${found.llvm.version} (${found.llvm.path})`);
  return { name: "libLLVM", state: "missing", detail: found.missing.message, remedy: found.missing.remedy };
}

function bpfLibrary(): Finding {
  try {
    return ok("libbpf", libbpf().version);
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    return { name: "libbpf", state: "limited", detail: error.message, remedy: error.remedy };
  }
}

/** The kernel that the language is for; older ones lack what libbpf and the emitted code need. */
const oldestKernel: readonly [major: number, minor: number] = [5, 10];

function kernel(): Finding {
  const version = release();
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const [oldMajor, oldMinor] = oldestKernel;
  if (process.platform !== "linux")
    return {
      name: "kernel",
      state: "limited",
      detail: `${process.platform} has no BPF`,
      remedy: "run programs on Linux",
    };
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return ok("kernel", version);
  const remedy = `use a kernel of ${oldestKernel.join(".")} or newer`;
  return { name: "kernel", state: "limited", detail: `${version} is too old`, remedy };
}

function btf(): Finding {
  const path = "/sys/kernel/btf/vmlinux";
  if (existsSync(path)) return ok("BTF", path);
  const remedy = "use a kernel built with CONFIG_DEBUG_INFO_BTF (Debian's and Ubuntu's are)";
  return { name: "BTF", state: "limited", detail: `${path} is not there`, remedy };
}

function jit(): Finding {
  try {
    const on = readFileSync("/proc/sys/net/core/bpf_jit_enable", "utf8").trim();
    if (on !== "0") return ok("JIT", "on");
    const remedy = "sudo sysctl net.core.bpf_jit_enable=1";
    return { name: "JIT", state: "limited", detail: "off: programs are interpreted, and slow", remedy };
  } catch {
    return ok("JIT", "not known: the kernel does not tell (always on, or no sysctl in this namespace)");
  }
}

function privileges(): Finding {
  let refused: LoaderError | undefined;
  try {
    refused = probeBpf();
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    refused = error;
  }
  if (!refused) return ok("privileges", "this process may load XDP programs");
  const remedy = refused.remedy ?? "run as root: sudo xdpl …";
  return { name: "privileges", state: "limited", detail: refused.message, remedy };
}

const bpfMagic = 0xcafe4a11;

function bpffs(): Finding {
  const path = "/sys/fs/bpf";
  try {
    if (statfsSync(path).type === bpfMagic) return ok("bpffs", path);
  } catch {
    // Not there: the remedy is the same.
  }
  const remedy = `sudo mount -t bpf bpf ${path}`;
  return { name: "bpffs", state: "limited", detail: `not mounted at ${path}: nothing can be pinned`, remedy };
}

export function doctor(context: Context): ExitCode {
  const findings = [node(), llvm(), bpfLibrary(), kernel(), btf(), jit(), privileges(), bpffs()];
  const missing = findings.some((one) => one.state === "missing");
  const exit = missing ? exitCode.environment : exitCode.ok;
  if (context.json) {
    showJson(context, {
      ok: !missing,
      findings: findings.map((one) => ({ ...one, remedy: one.remedy ?? null })),
    });
    return exit;
  }
  const { terminal } = context;
  const colors = pc.createColors(terminal.outColor);
  const paint = { ok: colors.green, limited: colors.yellow, missing: colors.red };
  const width = Math.max(...findings.map((one) => one.name.length));
  for (const { name, state, detail, remedy } of findings) {
    terminal.out(`${paint[state](state.padEnd(7))}  ${name.padEnd(width)}  ${detail}\n`);
    if (remedy !== undefined) terminal.out(`${" ".repeat(width + 11)}${colors.bold("→")} ${remedy}\n`);
  }
  const limited = findings.some((one) => one.state === "limited");
  terminal.out(
    missing
      ? "\nScripts can be checked here, but not compiled.\n"
      : limited
        ? "\nScripts can be compiled here; running programs needs what is marked.\n"
        : "\nAll is there: scripts can be compiled and run here.\n",
  );
  return exit;
}
