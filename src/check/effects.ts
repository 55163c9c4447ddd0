/**
 * What functions do to their callers' knowledge: which ones call which, which move the packet, which take entries
 * out of maps. Found from names alone, before types: `prepend`, `decapsulate`, `remove`, `adjustHead` and their like are
 * methods of layers and packets only, and `call` of program arrays.
 */
import type { Span } from "../base/span.js";
import { lookup, type ModuleScope, type Resolved } from "../resolve/index.js";
import type { CallExpression, FunctionDeclaration } from "../syntax/ast.js";
import { forEachNode } from "../syntax/walk.js";

const movingMethods: ReadonlySet<string> = new Set([
  "prepend",
  "decapsulate",
  "remove",
  "adjustHead",
  "adjustTail",
  "adjustMeta",
  "call",
]);

const removingMethods: ReadonlySet<string> = new Set(["delete", "take", "set"]);

export interface FunctionEffects {
  /** Functions it calls, with the first call of each. */
  readonly calls: ReadonlyMap<FunctionDeclaration, Span>;
  /** The call, in it or below it, that moves the packet. */
  readonly moves: Span | undefined;
  /** It may take entries out of maps. */
  readonly removes: boolean;
  /** The circle of calls it stands in: itself first and last. */
  readonly cycle: readonly FunctionDeclaration[] | undefined;
}

export type Effects = (declaration: FunctionDeclaration) => FunctionEffects;

interface Own {
  readonly calls: ReadonlyMap<FunctionDeclaration, Span>;
  readonly moves: Span | undefined;
  readonly removes: boolean;
}

/** Effects of every function of a program; each is looked at once, when somebody asks. */
export function effectsOf(resolved: Resolved): Effects {
  const scopes = new Map<FunctionDeclaration, ModuleScope>();
  for (const scope of resolved.modules) {
    for (const declaration of scope.module.declarations) {
      if (declaration.kind === "function") scopes.set(declaration, scope);
    }
  }
  const seen = new Map<FunctionDeclaration, Own>();
  const own = (declaration: FunctionDeclaration): Own => {
    const known = seen.get(declaration);
    if (known) return known;
    const scope = scopes.get(declaration);
    const found = scope ? ownEffects(resolved, scope, declaration) : nothing;
    seen.set(declaration, found);
    return found;
  };
  const done = new Map<FunctionDeclaration, FunctionEffects>();
  return (declaration) => {
    const known = done.get(declaration);
    if (known) return known;
    const mine = own(declaration);
    const reached = reach(declaration, own);
    const below = [...reached.keys()].map(own);
    const effects: FunctionEffects = {
      calls: mine.calls,
      moves: mine.moves ?? below.find((one) => one.moves)?.moves,
      removes: mine.removes || below.some((one) => one.removes),
      cycle: circle(declaration, reached),
    };
    done.set(declaration, effects);
    return effects;
  };
}

const nothing: Own = { calls: new Map(), moves: undefined, removes: false };

/** Every function reached from one, each with the function that calls it on a shortest way. */
function reach(
  start: FunctionDeclaration,
  own: (declaration: FunctionDeclaration) => Own,
): ReadonlyMap<FunctionDeclaration, FunctionDeclaration> {
  const caller = new Map<FunctionDeclaration, FunctionDeclaration>();
  const queue = [start];
  for (let one = queue.shift(); one; one = queue.shift()) {
    for (const callee of own(one).calls.keys()) {
      if (caller.has(callee)) continue;
      caller.set(callee, one);
      queue.push(callee);
    }
  }
  return caller;
}

function circle(
  start: FunctionDeclaration,
  caller: ReadonlyMap<FunctionDeclaration, FunctionDeclaration>,
): readonly FunctionDeclaration[] | undefined {
  if (!caller.has(start)) return undefined;
  const way = [start];
  for (let one = caller.get(start); one && one !== start; one = caller.get(one)) way.unshift(one);
  return [start, ...way];
}

function ownEffects(resolved: Resolved, scope: ModuleScope, declaration: FunctionDeclaration): Own {
  const calls = new Map<FunctionDeclaration, Span>();
  let moves: Span | undefined;
  let removes = false;
  forEachCall(declaration.body, (call) => {
    const { callee } = call;
    if (callee.kind === "identifier") {
      const found = lookup(resolved, scope, callee.name)?.declaration;
      if (found?.kind === "function" && !calls.has(found)) calls.set(found, call.span);
    } else if (callee.kind === "member-access") {
      if (movingMethods.has(callee.member.name)) moves ??= call.span;
      if (removingMethods.has(callee.member.name)) removes = true;
    }
  });
  return { calls, moves, removes };
}

export function forEachCall(start: object | undefined, visit: (call: CallExpression) => void): void {
  forEachNode(start, (node) => {
    if (node.kind === "call") visit(node);
  });
}
