/** One script through everything, told in words: for a failure that has been found. */
import { renderDiagnostics } from "../../src/diagnostics/render.js";
import { fileHost } from "../../src/host.js";
import { analyze } from "../../src/pipeline.js";
import { compare, packetPool } from "./differential.js";
import { outcomeOf } from "./checker.js";
import { kernelOutcome } from "./kernel.js";
import { reduce } from "./reduce.js";

/** What the checker says, and then this kernel. */
export function outcomeText(text: string): string {
  const outcome = outcomeOf(text);
  const took = `${outcome.kind} in ${Math.round(outcome.ms)} ms`;
  if (outcome.kind === "failed") return `${took}: ${outcome.detail}`;
  const said = renderDiagnostics(analyze({ path: "fuzz.xdpl", text }, fileHost()).diagnostics);
  if (outcome.kind === "rejected") return `${took}\n${said}`;
  const { rejection } = kernelOutcome(text);
  return `${took}\n${said}\n${rejection ? `${rejection.signature}\n${rejection.detail}` : "loaded"}`;
}

/** What fails: the analysis, the load, or the comparison with the interpreter; undefined when nothing does. */
function failureOf(text: string, captures: string | undefined): string | undefined {
  const outcome = outcomeOf(text);
  if (outcome.kind === "failed") return outcome.signature;
  if (outcome.kind === "rejected") return undefined;
  const { rejection } = kernelOutcome(text);
  if (rejection) return rejection.signature;
  const found = compare(outcome.analysis, packetPool(captures));
  return found.kind === "different" ? found.difference.signature : undefined;
}

/** The smallest script found that fails as this one does. */
export function reduceText(text: string, captures: string | undefined, seconds: number): string {
  const signature = failureOf(text, captures);
  if (signature === undefined) return "// does not fail\n";
  return `// ${signature}\n${reduce(text, (smaller) => failureOf(smaller, captures) === signature, seconds)}`;
}

/** Whether kernel and interpreter agree. */
export function compareText(text: string, captures: string | undefined): string {
  const outcome = outcomeOf(text);
  if (outcome.kind !== "accepted") return "not compared";
  const found = compare(outcome.analysis, packetPool(captures));
  switch (found.kind) {
    case "same":
      return `the same in ${found.runs} runs`;
    case "different":
      return `${found.difference.signature}\n${found.difference.detail}`;
    case "skipped":
      return `not compared: ${found.why}`;
  }
}
