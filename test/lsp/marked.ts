/** Texts with a `|` where the cursor stands. */
import type { CompletionItem, CompletionList, Position } from "vscode-languageserver/node";
import type { TestClient } from "./client.js";

export interface Marked {
  readonly text: string;
  readonly offset: number;
  readonly position: Position;
}

export function marked(text: string): Marked {
  const offset = text.indexOf("|");
  const before = text.slice(0, offset).split("\n");
  return {
    text: text.slice(0, offset) + text.slice(offset + 1),
    offset,
    position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
  };
}

export const byRank = (items: readonly CompletionItem[]): readonly CompletionItem[] =>
  [...items].sort((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1));

let count = 0;

/** What a server offers at the mark, the best first. */
export async function completeWith(client: TestClient, script: string): Promise<readonly CompletionItem[]> {
  const { text, position } = marked(script);
  const uri = await client.open(`c${count++}.xdpl`, text);
  const list: CompletionList = await client.connection.sendRequest("textDocument/completion", {
    textDocument: { uri },
    position,
  });
  await client.connection.sendNotification("textDocument/didClose", { textDocument: { uri } });
  return byRank(list.items);
}
