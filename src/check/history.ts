/**
 * What a body did with values that may be null, in the order in which it was checked: where they were tested, and
 * where what a test had shown ended. What is known at a place is the flow's; this only explains why it is not more.
 */
import type { Span } from "../base/span.js";
import type { Related } from "../diagnostics/diagnostic.js";
import type { Expression } from "../syntax/ast.js";
import { shortText, type Context } from "./context.js";
import { pathOf } from "./paths.js";

interface Test {
  readonly path: string;
  readonly span: Span;
}

interface Loss {
  /** Whether what was known of this path ended. */
  readonly of: (path: string) => boolean;
  readonly span: Span;
  /** `the packet moved here`: begins a sentence. */
  readonly what: string;
}

export interface History {
  readonly tests: Test[];
  readonly losses: Loss[];
  /** Paths that were reported, and count as present since. */
  readonly presumed: Set<string>;
}

export function startHistory(): History {
  return { tests: [], losses: [], presumed: new Set() };
}

export function noteTest(cx: Context, path: string, span: Span): void {
  cx.body?.history.tests.push({ path, span });
}

export function noteLoss(cx: Context, span: Span, what: string, of: Loss["of"]): void {
  cx.body?.history.losses.push({ of, span, what });
}

export function presume(cx: Context, path: string): void {
  const { body } = cx;
  if (!body) return;
  for (const one of [path, body.flow.aliases.get(path)])
    if (one !== undefined) body.history.presumed.add(one);
}

/** Whether the value counts as present only because it has been reported: later tests of it are no mistakes. */
export function isPresumed(cx: Context, expression: Expression): boolean {
  const path = pathOf(cx, expression);
  return path !== undefined && (cx.body?.history.presumed.has(path) ?? false);
}

/** Why a value that may be null here was not found to be there; empty when the body never asked. */
export function whyUnknown(cx: Context, expression: Expression): readonly Related[] {
  const { body } = cx;
  const path = pathOf(cx, expression);
  if (!body || path === undefined) return [];
  const { tests, losses } = body.history;
  const names = [path, body.flow.aliases.get(path) ?? path];
  const before = (span: Span): boolean =>
    span.file === expression.span.file && span.start < expression.span.start;
  const test = tests.findLast((one) => names.includes(one.path) && before(one.span));
  const loss = losses.findLast((one) => names.some(one.of));
  if (loss && (!test || loss.span.start > test.span.start)) {
    // Without a test nothing was lost, but for what is read in the next turn of a loop.
    if (test || !before(loss.span)) return [{ span: loss.span, message: loss.what }];
  }
  if (test)
    return [{ span: test.span, message: "tested here, but this place is also reached when it is null" }];
  return elsewhere(
    expression,
    path,
    tests.filter((one) => before(one.span)),
  );
}

/** A test of another entry than the one that is used. */
function elsewhere(expression: Expression, path: string, tests: readonly Test[]): readonly Related[] {
  const at = path.indexOf("[");
  if (at < 0 || expression.kind !== "index") return [];
  const [map, key] = [path.slice(0, at), path.slice(at)];
  const sameMap = tests.findLast((one) => one.path.startsWith(`${map}[`) && one.path !== path);
  if (sameMap)
    return [{ span: sameMap.span, message: `says nothing about the key \`${shortText(expression.index)}\`` }];
  const sameKey = tests.findLast((one) => one.path.endsWith(key) && one.path.startsWith("@"));
  if (!sameKey) return [];
  return [{ span: sameKey.span, message: `says nothing about the map \`${shortText(expression.object)}\`` }];
}
