/** Rejections that are the kernel's age and nobody's fault: a field, a type or a helper that it does not have. */
import { helperNumbered } from "../kernel/helpers.js";
import { LoaderError } from "./errors.js";

/** What the kernel lacks, from the verifier's log and what libbpf wrote into it; undefined when it is something else. */
export function missingFeature(log: string, program: string): LoaderError | undefined {
  const lacks = (what: string, remedy: string): LoaderError =>
    new LoaderError("not-supported", `\`${program}\` can't be loaded: this kernel has no ${what}`, {
      remedy,
    });
  // `failed to resolve CO-RE relocation <byte_off> [12] struct task_struct.tgid (0:0 @ offset 1268)`
  const relocation =
    /failed to resolve CO-RE relocation <\w+> \[\d+\] ((?:struct |union |enum )?\w+)[.:]*([\w.]*)/;
  const [, type, member] = relocation.exec(log) ?? [];
  if (type !== undefined)
    return lacks(
      member ? `\`${member}\` in its \`${type}\`` : `\`${type}\``,
      "ask in the script: what stands behind `if (exists(a.b))` is left out where there is none",
    );
  // Numbers that the kernel has no name for are helpers of newer kernels.
  const helper = helperNumbered(Number(/^invalid func unknown#(\d+)/m.exec(log)?.[1]));
  if (helper)
    return lacks(
      `helper \`${helper.name}\`, which came with Linux ${helper.since}`,
      "`xdpl check --target` with this kernel's version says which line needs it",
    );
  return undefined;
}
