/** A script's tests, and its programs as tests run them: with probes, and not optimised, so that each place is there. */
import type { Checked, TestSymbol } from "../../../check/checked.js";
import type { Diagnostic } from "../../../diagnostics/diagnostic.js";
import type { IrFunction } from "../../ir.js";
import type { IrTest, TestModule } from "../../sites.js";
import * as ir from "../builder.js";
import { lowerWith } from "../index.js";
import type { Graph } from "../packet/graph.js";
import { newPacket } from "../packet/nodes.js";
import { lowerBlock } from "../statements.js";
import type { Frame, Lowering, Scope } from "../values.js";
import { livePacket } from "./calls.js";
import { finderOf } from "./finders.js";
import { newProbes } from "./probes.js";

export function lowerTests(checked: Checked): {
  readonly tests: TestModule;
  readonly diagnostics: readonly Diagnostic[];
} {
  const probes = newProbes();
  const tests: IrTest[] = [];
  const finders: { header: Checked["headers"][number]; function: number }[] = [];
  const { module, diagnostics } = lowerWith(checked, {}, probes, (low, graph) => {
    for (const symbol of checked.tests) {
      const id = low.functions.length;
      low.functions.push(undefined);
      low.functions[id] = lowerTest(low, graph, symbol, id);
      const { span } = symbol.declaration;
      tests.push({ name: symbol.name, function: id, property: symbol.packet !== undefined, span });
    }
    for (const header of checked.headers) finders.push({ header, function: finderOf(low, graph, [header]) });
  });
  return { tests: { module, tests, sites: probes.sites, finders }, diagnostics };
}

function lowerTest(low: Lowering, graph: Graph, symbol: TestSymbol, id: number): IrFunction {
  const { body, span } = symbol.declaration;
  const b = ir.makeBuilder(span, { type: ir.u32, value: 0n });
  const frame: Frame = {
    bindings: new Map(),
    header: undefined,
    result: { kind: "void" },
    depth: 0,
    exit: (inside) => ir.leave(inside.b, ir.constant(inside.b, ir.u32, 0)),
  };
  const s: Scope = {
    low,
    b,
    hook: "xdp",
    frags: false,
    context: undefined,
    packet: newPacket(graph),
    frame,
    loops: [],
  };
  const parameters = [];
  if (symbol.packet) {
    const context = ir.addParameter(b, symbol.packet.name, ir.contextPointer);
    parameters.push(context);
    frame.bindings.set(symbol.packet, { kind: "fixed", value: livePacket(s, context.id) });
  }
  lowerBlock(s, body);
  if (!ir.ended(b)) ir.leave(b, ir.constant(b, ir.u32, 0));
  return ir.build(b, {
    id,
    name: `test ${symbol.name}`,
    linkage: "subprogram",
    hook: "xdp",
    parameters,
    result: ir.u32,
    span,
  });
}
