/** Inside `test "…" { … }`: packets from headers, programs as calls, and what only tests can say. */
import { CompletionItemKind, InsertTextFormat, type CompletionItem } from "vscode-languageserver/node";
import type { Header } from "../check/types.js";
import { packetFacts } from "../kernel/programs.js";
import { visible, type ModuleScope } from "../resolve/index.js";
import type { CallExpression } from "../syntax/ast.js";
import type { AnyNode } from "../syntax/walk.js";
import { declarationItem, wordItem, type Extra } from "./completion-items.js";
import type { Place } from "./completion-place.js";
import { testCalls, testPacketWord, testStatements } from "./words-tests.js";

export function inTest({ parents }: Place): boolean {
  return parents.some((one) => one.kind === "test");
}

/** The type of a property's parameter: `test "…" (p: `. */
export function testTypeItems({ parents }: Place, extra: Extra): readonly CompletionItem[] | undefined {
  const around = parents.find((one) => one.kind === "test" || one.kind === "block");
  return around?.kind === "test" ? [wordItem(testPacketWord, CompletionItemKind.Keyword, extra)] : undefined;
}

/** Programs that can be run, and calls of tests; the layers of a packet where one is made. */
export function testItems(
  place: Place,
  scope: ModuleScope,
  statement: boolean,
  extra: Extra,
): readonly CompletionItem[] {
  const { checked, resolved } = place.understood;
  const inPacket = packetAround(place);
  if (inPacket) return layerItems(checked.headers, inPacket, place, extra);
  const programs = [...visible(resolved, scope).values()].flatMap(({ declaration: one }) =>
    one.kind === "program" && packetFacts(one.hook.name)
      ? [{ name: one.name.name, hook: one.hook.name }]
      : [],
  );
  return [
    ...[...testCalls.values()]
      .filter(({ name }) => statement || !testStatements.has(name))
      .map((one) =>
        wordItem(one, CompletionItemKind.Function, { ...extra, rank: one.name === "expect" ? 0 : 2 }),
      ),
    ...programs.map(({ name, hook }) => {
      const word = {
        name,
        signature: `${hook} ${name}(packet)`,
        doc: "Runs the program.",
        snippet: `${name}($0)`,
      };
      return wordItem(word, CompletionItemKind.Event, { ...extra, rank: 1 });
    }),
  ];
}

/** The `packet(…)` that a layer is being written in. */
function packetAround({ node, parents }: Place): CallExpression | undefined {
  const calls = parents.filter((one) => one.kind === "call");
  const [first, second] = calls;
  const isPacket = (one: AnyNode | undefined): one is CallExpression =>
    one?.kind === "call" && one.callee.kind === "identifier" && one.callee.name === "packet";
  if (parents[0] !== first || !first) return undefined;
  if (isPacket(first) && first.callee !== node) return first;
  return first.callee === node && isPacket(second) ? second : undefined;
}

/** Headers as they are written in a packet: those that can follow the layer before come first. */
function layerItems(
  headers: readonly Header[],
  packet: CallExpression,
  { start, node, parents }: Place,
  extra: Extra,
): readonly CompletionItem[] {
  const before = packet.arguments.findLast((one) => one.span.end < start);
  const name =
    before?.kind === "call" && before.callee.kind === "identifier" ? before.callee.name : undefined;
  const outer = headers.find((one) => one.name === name);
  const above = outer && [outer, ...(outer.continues ? [outer.continues.header] : [])];
  const follows = (one: Header): boolean =>
    above === undefined
      ? one.parents.length === 0
      : above.some((parent) => parent.next === one || one.parents.some(({ header }) => header === parent));
  const [parent] = parents;
  const isCalled = parent?.kind === "call" && parent.callee === node;
  return headers.map((one) => {
    const item = declarationItem(one.declaration, { ...extra, rank: follows(one) ? 0 : 2 });
    return isCalled ? item : builder(item, one, extra);
  });
}

function builder(item: CompletionItem, { name }: Header, { snippets }: Extra): CompletionItem {
  return snippets
    ? { ...item, insertText: `${name}({ $0 })`, insertTextFormat: InsertTextFormat.Snippet }
    : item;
}
