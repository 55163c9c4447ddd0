/** Functions: signatures, inferred results, recursion, and their bodies. */
import type { Span } from "../base/span.js";
import type { Block, FunctionDeclaration, Parameter } from "../syntax/ast.js";
import type { FunctionSymbol, LocalSymbol } from "./checked.js";
import { bind, error, inScope, type Body, type Context } from "./context.js";
import { unify } from "./convert.js";
import { exitText } from "./nulls.js";
import { verdictNote } from "./exits.js";
import { startFlow } from "./flow.js";
import { checkStatements } from "./statements.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, errorType, isPacketView, typeName, voidType } from "./type-tools.js";
import type { Type } from "./types.js";
import { startHistory } from "./history.js";

export function functionSymbol(cx: Context, declaration: FunctionDeclaration): FunctionSymbol {
  const parameters = declaration.parameters.map((one) => parameterSymbol(cx, one));
  const cycle = cx.root.effects(declaration).cycle;
  const result = declaration.result
    ? resultType(cx, declaration)
    : declaration.intrinsic !== undefined || !declaration.body
      ? voidType
      : cycle
        ? errorType
        : inferResult(cx, declaration, declaration.body, parameters);
  return {
    kind: "function",
    name: declaration.name.name,
    parameters,
    result,
    intrinsic: declaration.intrinsic?.value,
    body: declaration.body,
    declaration,
  };
}

function resultType(cx: Context, declaration: FunctionDeclaration): Type {
  const node = declaration.result;
  if (!node) return voidType;
  if (node.kind === "named-type" && node.name.name === "void") return voidType;
  return resolveType(cx, node);
}

function parameterSymbol(cx: Context, parameter: Parameter): LocalSymbol {
  const { name } = parameter.name;
  const type = parameter.type ? resolveType(cx, parameter.type) : errorType;
  if (!parameter.type && name !== "") {
    error(cx, "XD3208", parameter.name, `The parameter \`${name}\` needs a type.`, {
      label: "of which type?",
      notes: [`Write \`${name}: u64\`, \`${name}: Ipv4\`, \`${name}: XdpPacket\` or the like.`],
    });
  }
  const mutable = !isPacketView(type) && type.kind !== "packet";
  return { kind: "local", name, type, mutable, declaration: parameter.name };
}

/** The result of a function that does not say it: what all its `return`s have in common. */
function inferResult(
  cx: Context,
  declaration: FunctionDeclaration,
  block: Block,
  parameters: readonly LocalSymbol[],
): Type {
  const quiet: Context = { ...cx, report: () => {}, dry: 1 };
  const body = runBody(
    quiet,
    { name: declaration.name.name, hook: undefined, result: undefined },
    parameters,
    block,
  );
  const [first, ...rest] = body.returned;
  if (!first) return voidType;
  let common: Type = first;
  for (const type of rest) {
    const both = unify(common, type);
    if (!both) {
      error(
        cx,
        "XD3207",
        declaration.name,
        `\`${declaration.name.name}\` returns ${aTypeName(common)} here and ${aTypeName(type)} there.`,
        {
          label: "which type does it return?",
          notes: [`Say it: \`function ${declaration.name.name}(…): ${typeName(common)}\`.`],
        },
      );
      return errorType;
    }
    common = both;
  }
  return common.kind === "null" ? errorType : common;
}

interface Signature {
  readonly name: string;
  readonly hook: string | undefined;
  readonly result: Type | undefined;
  readonly test?: boolean;
}

/** Checks a body from its start; gives the state at its end. */
export function runBody(
  cx: Context,
  signature: Signature,
  parameters: readonly LocalSymbol[],
  block: Block,
): Body {
  const body: Body = {
    flow: startFlow,
    result: signature.result,
    hook: signature.hook,
    name: signature.name,
    test: signature.test ?? false,
    returned: [],
    views: new Map(),
    history: startHistory(),
  };
  const inner = inScope({ ...cx, body, scope: undefined, constant: false });
  for (const parameter of parameters) {
    bind(inner, parameter.declaration, parameter);
    if (isPacketView(parameter.type) || parameter.type.kind === "packet") {
      body.views.set(parameter.declaration.id, parameter);
    }
  }
  checkStatements(inScope(inner), block.statements);
  return body;
}

export function checkFunction(cx: Context, symbol: FunctionSymbol): void {
  const { declaration } = symbol;
  reportRecursion(cx, declaration);
  if (!symbol.body) return;
  const signature: Signature = { name: symbol.name, hook: undefined, result: symbol.result };
  const body = runBody(cx, signature, symbol.parameters, symbol.body);
  requireResult(cx, body, symbol.body, declaration.name.span);
}

/** A body whose end can be reached must not owe a result. */
export function requireResult(cx: Context, body: Body, block: Block, name: Span): void {
  const { result } = body;
  if (!body.flow.reachable || !result || result.kind === "void" || result.kind === "error") return;
  const { file, end } = block.span;
  const closing = { file, start: Math.max(block.span.start, end - 1), end };
  const exit = exitText({ ...cx, body, targets: [] });
  const lineStart = file.text.lastIndexOf("\n", closing.start) + 1;
  const alone = /^[ \t]*$/.test(file.text.slice(lineStart, closing.start));
  error(
    cx,
    "XD3206",
    { span: closing },
    `\`${body.name}\` can reach its end without returning ${aTypeName(result)}.`,
    {
      label: `a \`return\` is missing before this`,
      notes: [
        ...verdictNote(result),
        ...(result.kind === "enum" && body.hook === undefined
          ? ["A `switch` without `default` may choose no case: a number from a packet or a map can be any."]
          : []),
      ],
      related: [{ span: name, message: `\`${body.name}\` returns ${aTypeName(result)}` }],
      fixes:
        exit === undefined
          ? []
          : [
              {
                title: `end with \`${exit};\``,
                edits: [
                  {
                    span: {
                      file,
                      start: alone ? lineStart : closing.start,
                      end: alone ? lineStart : closing.start,
                    },
                    text: alone ? `  ${exit};\n` : `${exit}; `,
                  },
                ],
              },
            ],
    },
  );
}

/** A circle of calls is reported once, at its first function. */
function reportRecursion(cx: Context, declaration: FunctionDeclaration): void {
  const { cycle } = cx.root.effects(declaration);
  if (!cycle) return;
  if (cycle.some((one) => one.id < declaration.id)) return;
  const names = cycle.map((one) => `\`${one.name.name}\``);
  const related = cycle.slice(0, -1).flatMap((from, i) => {
    const to = cycle[i + 1];
    const span = to && cx.root.effects(from).calls.get(to);
    return span && to ? [{ span, message: `\`${from.name.name}\` calls \`${to.name.name}\` here` }] : [];
  });
  error(
    cx,
    "XD3204",
    declaration.name,
    `\`${declaration.name.name}\` calls itself${cycle.length > 2 ? " through others" : ""}.`,
    {
      label: "recursive",
      notes: [
        ...(cycle.length > 2 ? [`The circle: ${names.join(" → ")}.`] : []),
        "The kernel must know the stack that a program needs; write a loop with a bound.",
      ],
      related,
    },
  );
}
