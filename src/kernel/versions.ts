/** Kernel versions, as `major.minor`: what a script needs, what it is asked to run on. */

/** The oldest kernel that xdpl makes objects for: what every object needs is there, and tests load on it. */
export const oldestKernel: string = "5.10";

/** Negative when `left` is older than `right`. */
export function compareKernels(left: string, right: string): number {
  const [[major, minor], [otherMajor, otherMinor]] = [numbers(left), numbers(right)];
  return major - otherMajor || minor - otherMinor;
}

function numbers(version: string): readonly [major: number, minor: number] {
  const [major = "0", minor = "0"] = version.split(".");
  return [Number(major), Number(minor)];
}

/**
 * The kernel that a target names: `linux 5.15`, `5.15`, or what `uname -r` says, such as `5.15.0-91-generic`, whose
 * patch level counts for nothing. Undefined for what is no kernel.
 */
export function kernelOfTarget(text: string): string | undefined {
  const found = /^(?:linux )?([1-9]\d{0,3}\.\d{1,4})(?:\.\d+)?(?:[-+][\w.+~-]*)?$/i.exec(text.trim());
  return found?.[1];
}

/** Why this can't be a target; undefined when it can. */
export function targetProblem(text: string): string | undefined {
  const kernel = kernelOfTarget(text);
  if (kernel === undefined) return `\`${text}\` is not a target; write \`linux 5.15\` or \`5.15\``;
  if (compareKernels(kernel, oldestKernel) < 0)
    return `Linux ${kernel} is older than ${oldestKernel}, the oldest kernel that xdpl compiles for`;
  return undefined;
}
