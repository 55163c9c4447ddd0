/** Requests whose answer needs LLVM: costs above programs, instructions beside lines. */
import { CodeLensRefreshRequest, InlayHintRefreshRequest, type CodeLens } from "vscode-languageserver/node";
import { assemblyRequest, type AssemblyParams, type AssemblyResult } from "./assembly.js";
import { codeLenses, costLens, costText, isLensData } from "./lens.js";
import { testLenses } from "./lens-tests.js";
import type { ProgramProof } from "./proofs.js";
import type { Session } from "./session.js";
import { pathOf } from "./uris.js";

/** Long enough that a view does not flicker while its user types. */
const quiet = 300;

export function answerLensRequests(session: Session): void {
  const { connection, workspace, publisher, assembler, client, fault } = session;

  const proofOf = (uri: string, program: string): ProgramProof | undefined => {
    const script = workspace.script(pathOf(uri));
    return script && publisher.proofsOf(script).find((one) => one.program.name === program);
  };

  connection.onCodeLens(({ textDocument: { uri } }) => {
    const script = workspace.script(pathOf(uri));
    if (!script || !session.settings().lenses) return null;
    const { commands: hasCommands } = client();
    return [...codeLenses(script, hasCommands), ...(hasCommands ? testLenses(script) : [])];
  });

  connection.onCodeLensResolve(async (lens): Promise<CodeLens> => {
    const data: unknown = lens.data;
    if (!isLensData(data)) return lens;
    const proof = proofOf(data.uri, data.program);
    const compiled = proof && (await assembler.listing(proof));
    const title = costText(proof, compiled?.ok === true ? compiled.listed : undefined);
    return costLens(lens.range, title, data.uri, data.program, client().commands);
  });

  connection.onRequest(assemblyRequest, async ({ uri, program }: AssemblyParams): Promise<AssemblyResult> => {
    const script = workspace.script(pathOf(uri));
    if (!script) return { functions: [], problem: "There is no such document." };
    await publisher.idle();
    const proofs = publisher
      .proofsOf(script)
      .filter((one) => program === undefined || one.program.name === program);
    if (proofs.length === 0) return { functions: [], problem: "The script has errors, or no such program." };
    const functions: AssemblyResult["functions"][number][] = [];
    for (const proof of proofs) {
      const compiled = await assembler.listing(proof);
      if (!compiled.ok) return { functions: [], problem: compiled.problem };
      functions.push(
        ...compiled.listed.map((fn) => ({
          ...fn,
          instructions: fn.instructions.map((one) => ({ ...one, line: proof.lineNow(one.path, one.line) })),
        })),
      );
    }
    return { functions };
  });

  let waiting: ReturnType<typeof setTimeout> | undefined;
  connection.onShutdown(() => clearTimeout(waiting));
  session.onProven(() => {
    const { refreshLenses, refreshHints } = client();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (refreshLenses) connection.sendRequest(CodeLensRefreshRequest.type).catch(fault);
      if (refreshHints && session.settings().hints.ranges) {
        connection.sendRequest(InlayHintRefreshRequest.type).catch(fault);
      }
    }, quiet);
  });
}
