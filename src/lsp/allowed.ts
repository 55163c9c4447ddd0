/** What a program of a kind, on a target and under a license, may call: by the kernel's helpers that it is made of. */
import type { BuiltinName } from "../check/checked.js";
import { helperFeature } from "../kernel/features.js";
import { helperNamed, probedTypes } from "../kernel/helpers.js";
import { gplCompatible } from "../kernel/licenses.js";
import { programKind } from "../kernel/programs.js";
import { compareKernels } from "../kernel/versions.js";
import type { Understood } from "../pipeline.js";
import { lookup, type ModuleScope, type NamedDeclaration } from "../resolve/index.js";
import { walk } from "./tree.js";

/** Helpers behind what the lowering spells out (src/ir/lower); those of one name are all needed. */
export const intrinsics: Readonly<Record<string, string>> = {
  "xdpl:comm": "bpf_get_current_comm",
  "xdpl:stack": "bpf_get_stackid",
  "xdpl:fibLookup": "bpf_fib_lookup",
  "xdpl:fibLookup6": "bpf_fib_lookup",
  "xdpl:synCookie": "bpf_tcp_raw_gen_syncookie_ipv4",
  "xdpl:synCookie6": "bpf_tcp_raw_gen_syncookie_ipv6",
  "xdpl:checkSynCookie": "bpf_tcp_raw_check_syncookie_ipv4",
  "xdpl:checkSynCookie6": "bpf_tcp_raw_check_syncookie_ipv6",
};

const builtins: Readonly<Partial<Record<BuiltinName, string>>> = {
  redirect: "bpf_redirect",
  str: "bpf_probe_read_kernel_str",
  userStr: "bpf_probe_read_user_str",
  read: "bpf_probe_read_kernel",
  userRead: "bpf_probe_read_user",
  task: "bpf_get_current_task",
};

export interface Allowed {
  readonly declaration: (declaration: NamedDeclaration, module: ModuleScope | undefined) => boolean;
  readonly builtin: (name: string) => boolean;
}

/** `hook` is undefined in functions, which programs of several kinds may share. */
export function allowedIn({ resolved, target }: Understood, hook: string | undefined): Allowed {
  const type = programKind(hook ?? "")?.programType;
  const probed = type !== undefined && probedTypes.has(type);
  const gpl = gplCompatible(licenseOf(resolved.modules));
  const helper = (name: string): boolean => {
    const facts = helperNamed(name);
    if (!facts) return true;
    if (probed && !facts.programTypes.has(type)) return false;
    if (facts.gplOnly && !gpl) return false;
    const since = helperFeature(name, type)?.since;
    return !target || since === undefined || compareKernels(since, target.kernel) <= 0;
  };
  const builtin = (name: string): boolean => {
    const needed = new Map(Object.entries(builtins)).get(name);
    return needed === undefined || helper(needed);
  };
  const known = new Map<NamedDeclaration, boolean>();
  const declaration = (one: NamedDeclaration, module: ModuleScope | undefined): boolean => {
    if (one.kind !== "function") return true;
    const before = known.get(one);
    if (before !== undefined) return before;
    // What calls itself is an error of its own.
    known.set(one, true);
    const fits = one.intrinsic
      ? helper(intrinsics[one.intrinsic.value] ?? one.intrinsic.value)
      : !module || callees(one).every((name) => call(name, module));
    known.set(one, fits);
    return fits;
  };
  const call = (name: string, module: ModuleScope): boolean => {
    const binding = lookup(resolved, module, name);
    return binding ? declaration(binding.declaration, binding.module) : builtin(name);
  };
  return { declaration, builtin };
}

/** What was looked at for one place only has not been checked as a whole: the license is read from the tree. */
function licenseOf(modules: readonly ModuleScope[]): string {
  for (const { module } of modules) {
    for (const one of module.declarations) if (one.kind === "license") return one.value.value;
  }
  return "GPL";
}

const calleesOf = new WeakMap<NamedDeclaration, readonly string[]>();

function callees(declaration: NamedDeclaration): readonly string[] {
  const known = calleesOf.get(declaration);
  if (known) return known;
  const names = new Set<string>();
  walk(declaration, (node) => {
    if (node.kind === "call" && node.callee.kind === "identifier") names.add(node.callee.name);
  });
  const found = [...names];
  calleesOf.set(declaration, found);
  return found;
}
