/** One script through everything, told in words: for a failure that has been found. */
import { renderDiagnostics } from "../../src/diagnostics/render.js";
import { fileHost } from "../../src/host.js";
import { analyze } from "../../src/pipeline.js";
import { compare, packetPool } from "./differential.js";
import { outcomeOf } from "./checker.js";
import { kernelOutcome } from "./kernel.js";

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
