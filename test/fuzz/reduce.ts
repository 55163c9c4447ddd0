/** Makes a script that shows a failure smaller, as long as it shows the same one. */
import { tokens } from "./mutate.js";

/** Takes parts away in halves, quarters, … as long as `fails` says that the rest still does (delta debugging). */
function shrink(
  parts: readonly string[],
  join: string,
  fails: (text: string) => boolean,
  until: number,
): string[] {
  let left = [...parts];
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < left.length && performance.now() < until;) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if (fails(without.join(join))) left = without;
      else at += size;
    }
  }
  return left;
}

/** A bracket and all that it holds, with what stands in the brackets in its place. */
function unwraps(parts: readonly string[]): string[][] {
  const found: string[][] = [];
  const open: number[] = [];
  parts.forEach((token, at) => {
    if (token === "(" || token === "{") open.push(at);
    if (token !== ")" && token !== "}") return;
    const start = open.pop();
    if (start === undefined) return;
    found.push([...parts.slice(0, start), ...parts.slice(at + 1)]);
    found.push([...parts.slice(0, start), ...parts.slice(start + 1, at), ...parts.slice(at + 1)]);
    found.push([...parts.slice(0, start), "0", ...parts.slice(at + 1)]);
  });
  return found;
}

/** A smaller script for which `fails` holds too. */
export function reduce(text: string, fails: (text: string) => boolean, seconds = 20): string {
  const until = performance.now() + seconds * 1000;
  let best = text;
  for (let before = ""; best !== before && performance.now() < until;) {
    before = best;
    // Declarations first, then lines, then tokens.
    best = shrink(best.split("\n\n"), "\n\n", fails, until).join("\n\n");
    best = shrink(best.split("\n"), "\n", fails, until).join("\n");
    for (let again = true; again && performance.now() < until;) {
      again = false;
      for (const candidate of unwraps(tokens(best))) {
        if (performance.now() >= until) break;
        const smaller = candidate.join("");
        if (smaller.length < best.length && fails(smaller)) {
          best = smaller;
          again = true;
          break;
        }
      }
    }
    best = shrink(tokens(best), "", fails, until).join("");
  }
  return best;
}
