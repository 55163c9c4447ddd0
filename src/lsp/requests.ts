/** What a client asks, each answered by a function of a script and a place in it. */
import {
  ErrorCodes,
  ResponseError,
  type Connection,
  type Position,
  type Range,
  type TextDocumentIdentifier,
} from "vscode-languageserver/node";
import type { SourceFile } from "../base/span.js";
import { codeActions } from "./actions.js";
import { semanticTokens } from "./colours.js";
import { completionAt } from "./completion.js";
import { foldingRanges, selectionRange } from "./folding.js";
import { formatEdits, formatRangeEdits } from "./format.js";
import { inlayHints } from "./hints.js";
import { hoverAt } from "./hover.js";
import { definitionsAt, highlightsAt, referencesAt, typeDefinitionsAt } from "./navigate.js";
import { offsetAt } from "./positions.js";
import { NotRenamed, renameAt, renameRange } from "./rename.js";
import type { Script } from "./script.js";
import type { Session } from "./session.js";
import { signatureAt } from "./signature.js";
import { documentSymbols, workspaceSymbols } from "./symbols.js";
import { pathOf } from "./uris.js";

interface At {
  readonly textDocument: TextDocumentIdentifier;
  readonly position: Position;
}

export function answerRequests(session: Session): void {
  const { connection, workspace, publisher } = session;
  const fileOf = ({ uri }: TextDocumentIdentifier): SourceFile | undefined => workspace.text(pathOf(uri));
  const scriptOf = ({ uri }: TextDocumentIdentifier): Script | undefined => workspace.script(pathOf(uri));

  /** A fault of ours is told to the log, and the editor goes on without an answer. */
  const safely = <P, R>(answer: (params: P) => R | Promise<R>): ((params: P) => Promise<R | null>) => {
    return async (params) => {
      try {
        return await answer(params);
      } catch (error) {
        if (error instanceof NotRenamed) throw new ResponseError(ErrorCodes.InvalidRequest, error.message);
        session.fault(error);
        return null;
      }
    };
  };
  const at = <R>(answer: (script: Script, offset: number) => R): ((params: At) => Promise<R | null>) =>
    safely(({ textDocument, position }: At): R | null => {
      const script = scriptOf(textDocument);
      return script ? answer(script, offsetAt(script.file, position)) : null;
    });
  const within = (
    file: SourceFile,
    { start, end }: Range,
  ): { readonly start: number; readonly end: number } => ({
    start: offsetAt(file, start),
    end: offsetAt(file, end),
  });

  connection.onCompletion(
    safely(({ textDocument, position }: At) => {
      const file = fileOf(textDocument);
      const { snippets } = session.client();
      return file ? completionAt(workspace, file, offsetAt(file, position), { snippets }) : null;
    }),
  );
  connection.onHover(at((script, offset) => hoverAt(script, publisher.proofsOf(script), offset) ?? null));
  connection.onSignatureHelp(
    safely(({ textDocument, position }: At) => {
      const file = fileOf(textDocument);
      return (file && signatureAt(workspace, file, offsetAt(file, position))) ?? null;
    }),
  );
  connection.onDefinition(at((script, offset) => [...definitionsAt(workspace, script, offset)]));
  connection.onTypeDefinition(at((script, offset) => [...typeDefinitionsAt(script, offset)]));
  connection.onReferences(
    safely(({ textDocument, position, context }) => {
      const script = scriptOf(textDocument);
      if (!script) return null;
      return [
        ...referencesAt(workspace, script, offsetAt(script.file, position), context.includeDeclaration),
      ];
    }),
  );
  connection.onDocumentHighlight(at((script, offset) => [...highlightsAt(script, offset)]));
  connection.onPrepareRename(at((script, offset) => renameRange(script, offset)));
  connection.onRenameRequest(
    safely(({ textDocument, position, newName }) => {
      const script = scriptOf(textDocument);
      return script ? renameAt(workspace, script, offsetAt(script.file, position), newName) : null;
    }),
  );
  connection.onDocumentSymbol(
    safely(({ textDocument }) => {
      const script = scriptOf(textDocument);
      return script ? [...documentSymbols(script)] : null;
    }),
  );
  connection.onWorkspaceSymbol(safely(({ query }) => [...workspaceSymbols(workspace.everywhere(), query)]));
  connection.languages.semanticTokens.on(async ({ textDocument }) => {
    const script = scriptOf(textDocument);
    return script ? semanticTokens(script) : { data: [] };
  });
  connection.languages.semanticTokens.onRange(async ({ textDocument, range }) => {
    const script = scriptOf(textDocument);
    if (!script) return { data: [] };
    const { start, end } = within(script.file, range);
    return semanticTokens(script, start, end);
  });
  connection.languages.inlayHint.on(
    safely(({ textDocument, range }) => {
      const script = scriptOf(textDocument);
      if (!script) return null;
      const { start, end } = within(script.file, range);
      return [...inlayHints(script, publisher.proofsOf(script), start, end, session.settings().hints)];
    }),
  );
  connection.onFoldingRanges(
    safely(({ textDocument }) => {
      const script = scriptOf(textDocument);
      return script ? [...foldingRanges(script.module, script.comments)] : null;
    }),
  );
  connection.onSelectionRanges(
    safely(({ textDocument, positions }) => {
      const script = scriptOf(textDocument);
      return script
        ? positions.map((one) => selectionRange(script.module, offsetAt(script.file, one)))
        : null;
    }),
  );
  connection.onCodeAction(
    safely(({ textDocument, range, context }) => {
      const script = scriptOf(textDocument);
      if (!script) return null;
      const found = publisher.diagnosticsOf(script);
      return [...codeActions(script, found, within(script.file, range), context.only)];
    }),
  );
  answerFormatting(connection, fileOf, safely);
}

type Safely = <P, R>(answer: (params: P) => R | Promise<R>) => (params: P) => Promise<R | null>;

function answerFormatting(
  connection: Connection,
  fileOf: (document: TextDocumentIdentifier) => SourceFile | undefined,
  safely: Safely,
): void {
  connection.onDocumentFormatting(
    safely(async ({ textDocument, options }) => {
      const file = fileOf(textDocument);
      return file ? [...(await formatEdits(file, options))] : null;
    }),
  );
  connection.onDocumentRangeFormatting(
    safely(async ({ textDocument, range, options }) => {
      const file = fileOf(textDocument);
      if (!file) return null;
      return [
        ...(await formatRangeEdits(file, options, offsetAt(file, range.start), offsetAt(file, range.end))),
      ];
    }),
  );
  connection.onDocumentOnTypeFormatting(
    safely(async ({ textDocument, position, options }) => {
      const file = fileOf(textDocument);
      if (!file) return null;
      const at = offsetAt(file, position);
      return [...(await formatRangeEdits(file, options, at, at))];
    }),
  );
}
