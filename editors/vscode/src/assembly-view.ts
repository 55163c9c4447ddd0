/** The instructions of a script beside it; the lines of one are marked in the other. */
import * as vscode from "vscode";
import type { AssemblyParams, AssemblyResult } from "../../../src/lsp/assembly.js";
import { listingLines, type ListingLine } from "../../../src/cli/asm-listing.js";
import type { Client } from "./client.js";
import { scriptFile } from "./commands.js";

const scheme = "xdpl-asm";

interface Shown {
  readonly source: vscode.Uri;
  readonly program: string | undefined;
  readonly lines: readonly ListingLine[];
}

export class AssemblyView implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly shown = new Map<string, Shown>();
  private readonly mark: vscode.TextEditorDecorationType;
  private readonly subscriptions: vscode.Disposable[];
  private readonly client: () => Client | undefined;
  readonly onDidChange: vscode.Event<vscode.Uri> = this.changed.event;

  constructor(client: () => Client | undefined) {
    this.client = client;
    this.mark = vscode.window.createTextEditorDecorationType({
      backgroundColor: new vscode.ThemeColor("editor.wordHighlightBackground"),
      isWholeLine: true,
    });
    this.subscriptions = [
      this.mark,
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.window.onDidChangeTextEditorSelection((event) => this.follow(event.textEditor)),
      vscode.workspace.onDidSaveTextDocument((document) => void this.refresh(document.uri)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => void this.shown.delete(uri.toString())),
    ];
  }

  dispose(): void {
    for (const one of this.subscriptions) one.dispose();
  }

  async show(uri: string | undefined, program: string | undefined): Promise<void> {
    const source = await scriptFile(uri);
    const name = program ?? "all programs";
    const view = vscode.Uri.from({ scheme, path: `${source.path}: ${name}`, query: source.toString() });
    this.shown.set(view.toString(), { source, program, lines: await this.read(source, program) });
    this.changed.fire(view);
    const document = await vscode.workspace.openTextDocument(view);
    await vscode.languages.setTextDocumentLanguage(document, "xdpl-asm");
    const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: true };
    await vscode.window.showTextDocument(document, beside);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const shown = this.shown.get(uri.toString());
    return shown ? shown.lines.map((one) => one.text).join("\n") : "";
  }

  private async read(source: vscode.Uri, program: string | undefined): Promise<readonly ListingLine[]> {
    const params: AssemblyParams = { uri: source.toString(), ...(program !== undefined && { program }) };
    const result = await this.client()?.sendRequest<AssemblyResult>("xdpl/assembly", params);
    if (!result) throw new Error("the language server is not running");
    if (result.problem !== undefined) throw new Error(result.problem);
    const document = await vscode.workspace.openTextDocument(source);
    const file = { path: source.fsPath, text: document.getText() };
    return result.functions.flatMap((fn) => [
      ...listingLines(fn, (path) => (path === file.path ? file : undefined)),
      blank,
    ]);
  }

  private async refresh(source: vscode.Uri): Promise<void> {
    for (const [key, shown] of this.shown) {
      if (shown.source.toString() !== source.toString()) continue;
      const lines = await this.read(source, shown.program).catch((error: unknown) => [
        { text: error instanceof Error ? error.message : String(error), path: "", line: 0 },
      ]);
      this.shown.set(key, { ...shown, lines });
      this.changed.fire(vscode.Uri.parse(key));
    }
  }

  /** Marks in the other editor what belongs to the line of the cursor. */
  private follow(editor: vscode.TextEditor): void {
    const uri = editor.document.uri.toString();
    const at = editor.selection.active.line;
    const own = this.shown.get(uri);
    for (const other of vscode.window.visibleTextEditors) {
      const shown = own ?? this.shown.get(other.document.uri.toString());
      if (!shown || other === editor) continue;
      if (own && other.document.uri.toString() === own.source.toString()) {
        const line = own.lines[at];
        this.markLines(other, line && line.path === own.source.fsPath ? [line.line - 1] : []);
      } else if (!own && uri === shown.source.toString()) {
        const lines = shown.lines.flatMap((one, i) =>
          one.path === shown.source.fsPath && one.line === at + 1 ? [i] : [],
        );
        this.markLines(other, lines);
      }
    }
  }

  private markLines(editor: vscode.TextEditor, lines: readonly number[]): void {
    editor.setDecorations(
      this.mark,
      lines.filter((line) => line >= 0).map((line) => new vscode.Range(line, 0, line, 0)),
    );
    const [first] = lines;
    if (first !== undefined && first >= 0)
      editor.revealRange(
        new vscode.Range(first, 0, first, 0),
        vscode.TextEditorRevealType.InCenterIfOutsideViewport,
      );
  }
}

const blank: ListingLine = { text: "", path: "", line: 0 };
