/**
 * Layers that a loop's body asks for, looked for before the loop. The kernel walks through every turn; what is looked for
 * inside is, from the second turn on, "found, not there, or not looked for yet", and each way through the search goes
 * through all the turns that follow: the kernel's limit is reached with three turns. Looked for before, every turn
 * finds it settled.
 *
 * It makes no difference to what a script means as long as nothing in the loop writes or moves the packet.
 */
import { isBytesWrite } from "../../check/views.js";
import { forEachNode } from "../../syntax/walk.js";
import type { CallMeaning, Checked, Symbol } from "../../check/checked.js";
import type { AssignStatement, Expression, MemberExpression } from "../../syntax/ast.js";
import * as ir from "./builder.js";
import { branchLayer } from "./packet/layers.js";
import { missing, nodeInside, nodeOf, unknown, type LayerNode } from "./packet/nodes.js";
import type { Scope } from "./values.js";

const most = 12;

/** Looks for the layers that `parts` of a loop ask for; gives the scope of the loop, which knows them. */
export function settleLayers(s: Scope, parts: readonly (object | undefined)[]): Scope {
  if (s.context === undefined || ir.ended(s.b)) return s;
  const asked = askedIn(s, parts);
  if (!asked) return s;
  const nodes = new Set<LayerNode>();
  for (const access of asked.accesses) {
    const node = nodeBehind(s, access, asked.names);
    if (node && nodes.size < most) nodes.add(node);
  }
  for (const node of nodes) settle(s, node);
  const settled = new Map(s.settled);
  for (const node of nodes) {
    const state = ir.read(s.b, node.state);
    if (ir.possibleConstants(s.b, state)?.has(unknown) === false) settled.set(node, state);
  }
  return { ...s, settled };
}

/** On every path the layer is now there, or not; so are the layers around it. */
function settle(s: Scope, node: LayerNode): void {
  if (node.root?.root) settle(s, node.root);
  const after = ir.newBlock(s.b);
  if (node.root) {
    const inside = ir.newBlock(s.b);
    const without = ir.newBlock(s.b);
    branchLayer(s, node.root, inside, without);
    ir.enterSealed(s.b, without);
    if (!ir.ended(s.b)) ir.write(s.b, node.state, ir.constant(s.b, ir.u8, missing));
    ir.jump(s.b, after);
    ir.enterSealed(s.b, inside);
  }
  branchLayer(s, node, after, after);
  ir.enterSealed(s.b, after);
}

interface Asked {
  readonly accesses: readonly MemberExpression[];
  /** `const` names of the loop, with what they stand for. */
  readonly names: ReadonlyMap<Symbol, Expression>;
}

/** Looks through the functions called as well; undefined where something writes or moves the packet. */
function askedIn(s: Scope, parts: readonly (object | undefined)[]): Asked | undefined {
  const { checked } = s.low;
  const accesses: MemberExpression[] = [];
  const names = new Map<Symbol, Expression>();
  const bodies = new Set(parts);
  let changes = false;
  for (const body of bodies) {
    forEachNode(body, (node) => {
      if (node.kind === "member-access") {
        if (checked.members.get(node.id)?.kind === "layer") accesses.push(node);
      } else if (node.kind === "assign") {
        changes ||= writesHeader(node, checked);
      } else if (node.kind === "variable") {
        const local = checked.locals.get(node.name.id);
        if (local && !node.mutable && node.value) names.set(local, node.value);
      } else if (node.kind === "call") {
        const meaning = checked.calls.get(node.id);
        changes ||= meaning !== undefined && changesPacket(meaning);
        if (meaning?.kind === "function") bodies.add(meaning.symbol.body);
      }
    });
  }
  return changes ? undefined : { accesses, names };
}

function writesHeader({ target }: AssignStatement, checked: Checked): boolean {
  return target.kind === "member-access" && checked.members.get(target.id)?.kind === "header-field";
}

function changesPacket(meaning: CallMeaning): boolean {
  switch (meaning.kind) {
    case "layer-method":
    case "packet-method":
      return true;
    case "map-method":
      return meaning.method === "call";
    case "bytes-method":
      return isBytesWrite(meaning.method);
    default:
      return false;
  }
}

/** The node that an expression stands for, where its names say so; outer ones are made first. */
function nodeBehind(
  s: Scope,
  expression: Expression,
  names: ReadonlyMap<Symbol, Expression>,
): LayerNode | undefined {
  const { checked } = s.low;
  switch (expression.kind) {
    case "member-access": {
      const meaning = checked.members.get(expression.id);
      if (meaning?.kind !== "layer") return undefined;
      if (isPacket(s, expression.object)) return nodeOf(s.packet, undefined, meaning.header);
      const object = nodeBehind(s, expression.object, names);
      return object && nodeInside(s.packet, object, meaning.header);
    }
    case "coalesce-exit":
      return nodeBehind(s, expression.value, names);
    case "identifier": {
      const symbol = checked.symbols.get(expression.id);
      if (symbol?.kind !== "local") return undefined;
      const bound = s.frame.bindings.get(symbol);
      if (bound?.kind === "fixed" && bound.value.kind === "layer") return bound.value.node;
      const value = names.get(symbol);
      return value && nodeBehind(s, value, names);
    }
    default:
      return undefined;
  }
}

function isPacket(s: Scope, expression: Expression): boolean {
  return s.low.checked.types.get(expression.id)?.kind === "packet";
}
