/**
 * What the compiler says a script needs, against kernels: it loads on a kernel if and only if the kernel is not older
 * than that. And the table of helpers, against what each kernel answers.
 */
import { release } from "node:os";
import { describe, expect, it } from "vitest";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileHost, readSource } from "../../src/host.js";
import { helperFeature } from "../../src/kernel/features.js";
import { helperNamed, helperNames } from "../../src/kernel/helpers.js";
import { compareKernels, kernelOfTarget } from "../../src/kernel/versions.js";
import { analyze } from "../../src/pipeline.js";
import { neededKernel } from "../../src/verify/target.js";
import { compileScript, root } from "../support/compile.js";
import { bpfAvailable } from "../support/kernel.js";
import { describeKernels, formatTable, loadOnKernels, probeHelpers } from "./matrix.js";

interface Subject {
  readonly name: string;
  readonly text: string;
}

const folder = join(root, "examples");
const examples = readdirSync(folder)
  .filter((name) => name.endsWith(".xdpl"))
  .map((name): Subject => ({ name, text: readSource(join(folder, name)).text }));

const head = 'import { bootTime, coarseTime } from "std/xdp";\nlet last: u64 = 0;\n';
const body = (text: string): string => `xdp f(pkt) { ${text} return PASS; }`;
const helper = (name: string, result: string): string =>
  `declare function probed(): ${result} from "${name}";\n${head}${body("last = probed() as u64;")}`;

/** A script for a feature each, and the kernel that the table names. */
const features: readonly (Subject & { readonly since: string })[] = [
  { name: "boot time", since: "5.10", text: head + body("last = bootTime();") },
  { name: "coarse time", since: "5.11", text: head + body("last = coarseTime();") },
  { name: "fragments", since: "5.18", text: "xdp({ frags: true }) f(pkt) { return PASS; }" },
  {
    name: "length with fragments",
    since: "5.18",
    text: "xdp({ frags: true }) f(pkt) { return pkt.length > 5000 ? DROP : PASS; }",
  },
  {
    name: "a hash map gone through",
    since: "5.13",
    text: `const seen = new Hash<u32, u64>(16);\n${head}${body("let sum: u64 = 0; for (const [k, v] of seen) sum += v; last = sum;")}`,
  },
  { name: "TAI time", since: "6.1", text: helper("bpf_ktime_get_tai_ns", "u64") },
  { name: "the task", since: "6.12", text: helper("bpf_get_current_pid_tgid", "u64") },
  { name: "the user", since: "6.16", text: helper("bpf_get_current_uid_gid", "u64") },
  { name: "jiffies", since: "5.10", text: helper("bpf_jiffies64", "u64") },
  {
    name: "a DevMapHash",
    since: "5.10",
    text: "const to = new DevMapHash(8);\nxdp f(pkt) { return redirect(to, 1, PASS); }",
  },
  { name: "an atomic addition", since: "5.10", text: head + body("last += 1;") },
  { name: "a print", since: "5.10", text: body("print(`${pkt.length}`);") },
];

const hostKernel = kernelOfTarget(release()) ?? release();
const versionOf = (kernel: string): string => (kernel === "host" ? hostKernel : kernel);

function needOf({ name, text }: Subject): string {
  const { needs, diagnostics } = analyze({ path: name, text }, fileHost());
  if (!needs || diagnostics.length > 0) throw new Error(`${name}: ${diagnostics[0]?.message ?? "no needs"}`);
  return neededKernel(needs).kernel;
}

/** Loads all and compares: a letter a kernel, A(ccepted) when all programs of the object are, else R(ejected). */
async function loads(subjects: readonly Subject[], kernels: readonly string[]): Promise<void> {
  const objects = [];
  for (const { name, text } of subjects) objects.push({ name, bytes: await compileScript(text, name) });
  const table = await loadOnKernels(objects, kernels);
  expect(table.problems, formatTable(table)).toEqual([]);
  const letters = (accepted: (kernel: string) => boolean): string =>
    kernels.map((kernel) => (accepted(kernel) ? "A" : "R")).join("");
  const measured = subjects.map(({ name }) => {
    const own = table.verdicts.filter(({ object }) => object === name);
    const accepted = (kernel: string): boolean => {
      const here = own.filter((one) => one.kernel === kernel);
      expect(here, `${name} on ${kernel}`).not.toHaveLength(0);
      return here.every((one) => one.accepted);
    };
    return `${letters(accepted)} ${name}`;
  });
  const promised = subjects.map((one) => {
    const kernel = needOf(one);
    return `${letters((other) => compareKernels(versionOf(other), kernel) >= 0)} ${one.name}`;
  });
  expect(measured, formatTable(table)).toEqual(promised);
}

describe("the scripts of single features", () => {
  it.each(features)("$name needs $since", (one) => expect(needOf(one)).toBe(one.since));
});

describeKernels("what a script needs", (fetched) => {
  const kernels = bpfAvailable ? [...fetched, "host"] : fetched;

  it(
    "is what kernels have: every example, and scripts of single features",
    () => loads([...examples, ...features], kernels),
    600_000,
  );

  it("is right about the helpers of XDP programs", async () => {
    for (const [kernel, letters] of await probeHelpers("xdp", kernels)) {
      const version = versionOf(kernel);
      const wrong = helperNames.flatMap((name) => {
        const known = helperNamed(name);
        const since = helperFeature(name, "XDP")?.since;
        if (!known || since === undefined) return [name];
        const there = known.programTypes.has("XDP") && compareKernels(since, version) <= 0;
        const letter = letters[known.number - 1];
        const answer = there ? (known.gplOnly ? "G" : "A") : ".";
        // What came later came between two of the kernels fetched; the host may be one between them too.
        return letter === answer || (!there && kernel === "host") ? [] : [`${name}: ${letter}`];
      });
      expect(wrong, kernel).toEqual([]);
    }
  }, 600_000);
});
