/** Above each program: what it costs, and what can be done with it. */
import type { CodeLens, Command } from "vscode-languageserver/node";
import type { ListedFunction } from "../llvm/assembly.js";
import type { Range } from "vscode-languageserver/node";
import { roundedCost } from "../verify/index.js";
import { neededKernel } from "../verify/target.js";
import { rangeOf } from "./positions.js";
import type { ProgramProof } from "./proofs.js";
import type { Script } from "./script.js";
import { uriOf } from "./uris.js";

/** Commands that the editor's side of the extension knows. */
export const commands = {
  runOnCapture: "xdpl.runOnCapture",
  showAssembly: "xdpl.showAssembly",
} as const;

/** What a lens is resolved from. */
export interface LensData {
  readonly uri: string;
  readonly program: string;
  readonly show: "cost";
}

export function isLensData(data: unknown): data is LensData {
  return typeof data === "object" && data !== null && "uri" in data && "program" in data && "show" in data;
}

/** Without commands of the editor, its users see no lenses that do nothing. */
export function codeLenses(script: Script, hasCommands: boolean): readonly CodeLens[] {
  const uri = uriOf(script.file.path);
  return script.checked.programs
    .filter((one) => one.declaration.span.file === script.file)
    .flatMap(({ name, declaration }) => {
      const range = rangeOf(declaration.name?.span ?? declaration.hook.span);
      const cost: CodeLens = { range, data: { uri, program: name, show: "cost" } satisfies LensData };
      const run: Command = { title: "run on pcap", command: commands.runOnCapture, arguments: [uri, name] };
      return hasCommands ? [cost, { range, command: run }] : [cost];
    });
}

/** `62 instructions · 240 verifier steps · 16 bytes of stack · Linux 5.10`; what is not known is left out. */
export function costText(
  proof: ProgramProof | undefined,
  listed: readonly ListedFunction[] | undefined,
): string {
  if (!proof) return "not checked: the script has errors";
  const { ir, verified, needs, diagnostics } = proof.proven;
  if (!ir || !verified) return diagnostics.length > 0 ? "the verifier would refuse it" : "not proven";
  const parts: string[] = [];
  const main = listed?.find((one) => one.name === proof.program.name);
  const all = (listed ?? []).reduce((sum, one) => sum + one.size, 0);
  if (main) parts.push(`${all} instructions${all > main.size ? ` (${all - main.size} in functions)` : ""}`);
  const cost = verified.costs().get(ir.programs[0]?.function ?? -1);
  if (cost) parts.push(`${roundedCost(cost.processed)} verifier steps`);
  const stack = Math.max(0, ...[...verified.proofs.functions.values()].map((one) => one.stack));
  parts.push(stack === 0 ? "no stack" : `${stack} bytes of stack`);
  if (needs) parts.push(`Linux ${neededKernel(needs).kernel}`);
  return parts.join(" · ");
}

export function costLens(
  range: Range,
  title: string,
  uri: string,
  program: string,
  hasCommands: boolean,
): CodeLens {
  const command = hasCommands ? commands.showAssembly : "";
  return { range, command: { title, command, ...(hasCommands && { arguments: [uri, program] }) } };
}
