/** What calls do to what is known: layers die when the packet moves, facts of maps end when entries may go. */
import type { Span } from "../base/span.js";
import type { CallExpression } from "../syntax/ast.js";
import type { FunctionSymbol } from "./checked.js";
import { shortText, typeOf, type Context } from "./context.js";
import { forget, localPath, markDead, type Flow } from "./flow.js";
import { noteLoss } from "./history.js";
import { pathOf } from "./paths.js";
import { isPacketView } from "./type-tools.js";

/** After this call every layer, view and option found before refers to nothing. */
export function movePacket(cx: Context, call: { readonly span: Span }, what: string): void {
  const { body } = cx;
  if (!body) return;
  const views = [...body.views.values()];
  const paths = views.map((one) => localPath(one.declaration.id));
  noteLoss(
    cx,
    call.span,
    "the packet moved here: what was found in it before has to be found again",
    (path) => paths.some((one) => path.includes(one)),
  );
  const dying = views.filter((one) => isPacketView(one.type)).map((one) => one.declaration.id);
  const flow = forget(body.flow, paths);
  body.flow = markDead(flow, dying, { span: call.span, what });
}

/** Forgets entries of one map (by its path), or of all maps. */
export function forgetEntries(flow: Flow, map?: string): Flow {
  const paths = [...flow.facts.keys()].filter((path) => {
    const entry = path.indexOf("[");
    return entry > 0 && path.startsWith("@") && (map === undefined || path.startsWith(map));
  });
  return forget(flow, paths);
}

/** What a user's function may have done to what its caller knows. */
export function applyEffects(cx: Context, node: CallExpression, symbol: FunctionSymbol): void {
  const { body } = cx;
  if (!body) return;
  const effects = cx.root.effects(symbol.declaration);
  if (effects.removes) {
    body.flow = forgetEntries(body.flow);
    noteLoss(cx, node.span, `\`${symbol.name}\` removes entries of maps`, (path) => path.startsWith("@"));
  }
  for (const argument of node.arguments) {
    const kind = typeOf(cx, argument).kind;
    if (kind !== "struct" && kind !== "layer" && kind !== "packet") continue;
    const path = pathOf(cx, argument);
    if (path === undefined || symbol.intrinsic !== undefined) continue;
    // Fields may have been written: entries found by them are found no more.
    const stale = [...body.flow.facts.keys()].filter((one) => one.includes("[") && one.includes(path));
    body.flow = forget(body.flow, stale);
  }
  const takesPacket = symbol.parameters.some((one) => isPacketView(one.type) || one.type.kind === "packet");
  if (effects.moves && takesPacket) {
    movePacket(
      cx,
      node,
      `\`${shortText(node)}\` moves the packet: \`${symbol.name}\` calls \`${shortText({ span: effects.moves })}\``,
    );
  }
}
