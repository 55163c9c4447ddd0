/** Asks the language server's features everything about generated scripts, broken ones among them: none may throw. */
import { codeActions } from "../../src/lsp/actions.js";
import { semanticTokens } from "../../src/lsp/colours.js";
import { completionAt } from "../../src/lsp/completion.js";
import { foldingRanges, selectionRange } from "../../src/lsp/folding.js";
import { inlayHints } from "../../src/lsp/hints.js";
import { hoverAt } from "../../src/lsp/hover.js";
import { definitionsAt, highlightsAt, referencesAt, typeDefinitionsAt } from "../../src/lsp/navigate.js";
import { createProver, proofDiagnostics } from "../../src/lsp/proofs.js";
import { NotRenamed, renameAt } from "../../src/lsp/rename.js";
import { signatureAt } from "../../src/lsp/signature.js";
import { documentSymbols } from "../../src/lsp/symbols.js";
import { createWorkspace } from "../../src/lsp/workspace.js";
import { inputAt, numbersOf, type Range } from "./checker.js";
import { rngOf, seedOf } from "./generate.js";

export interface EditorReport {
  readonly scripts: number;
  readonly questions: number;
  readonly failed: number;
}

const path = "/fuzz/script.xdpl";
const hints = { types: true, ranges: true, parameters: true };

export function fuzzEditor(range: Range, show: (failure: string) => void): EditorReport {
  const workspace = createWorkspace();
  const prover = createProver();
  let [scripts, questions, failed] = [0, 0, 0];
  for (const at of numbersOf(range)) {
    const { text } = inputAt(range.seed, at);
    const rng = rngOf(seedOf(range.seed, at));
    workspace.open(path, text);
    scripts++;
    const ask = (what: string, offset: number, question: () => unknown): void => {
      questions++;
      try {
        question();
      } catch (error) {
        if (error instanceof NotRenamed) return;
        failed++;
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
        if (failed <= 5) show(`script ${at}, ${what} at ${offset}: ${stack}\n${text}`);
      }
    };
    const script = workspace.script(path);
    if (!script) continue;
    const { file } = script;
    const proofs = [...prover.programs(script, {})];
    const end = text.length;
    ask("colours", 0, () => semanticTokens(script));
    ask("symbols", 0, () => documentSymbols(script));
    ask("hints", 0, () => inlayHints(script, proofs, 0, end, hints));
    ask("folding", 0, () => foldingRanges(script.module, script.comments));
    const found = [...script.diagnostics, ...proofDiagnostics(script, proofs)];
    ask("actions", 0, () => codeActions(script, found, { start: 0, end }, undefined));
    for (let i = 0; i < 6; i++) {
      const offset = rng.below(end + 1);
      ask("completion", offset, () => completionAt(workspace, file, offset, { snippets: true }));
      ask("hover", offset, () => hoverAt(script, proofs, offset));
      ask("signature", offset, () => signatureAt(workspace, file, offset));
      ask("definition", offset, () => definitionsAt(workspace, script, offset));
      ask("type definition", offset, () => typeDefinitionsAt(script, offset));
      ask("references", offset, () => referencesAt(workspace, script, offset, true));
      ask("highlights", offset, () => highlightsAt(script, offset));
      ask("selection", offset, () => selectionRange(script.module, offset));
      ask("rename", offset, () => renameAt(workspace, script, offset, "another"));
    }
  }
  return { scripts, questions, failed };
}
