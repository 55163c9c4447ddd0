/** Which parameter of which function is being written. */
import type { SignatureHelp, SignatureInformation } from "vscode-languageserver/node";
import type { SourceFile } from "../base/span.js";
import type { CallMeaning, FunctionSymbol, MapSymbol } from "../check/checked.js";
import { typeName } from "../check/index.js";
import type { Header } from "../check/types.js";
import { keyType } from "../check/map-calls.js";
import { lookup } from "../resolve/index.js";
import type { CallExpression, FunctionDeclaration, NewExpression } from "../syntax/ast.js";
import { placeAt, type Place } from "./completion-place.js";
import { functionText, parameterText } from "./describe.js";
import { testCalls, testMapMethods } from "./words-tests.js";
import * as words from "./words.js";
import type { Workspace } from "./workspace.js";

export function signatureAt(
  workspace: Workspace,
  file: SourceFile,
  offset: number,
): SignatureHelp | undefined {
  const place = placeAt(workspace, file, offset);
  const inside = place.parents.findIndex(
    (one): boolean =>
      (one.kind === "call" || one.kind === "new") &&
      place.start >= (one.kind === "call" ? one.callee : one.type).span.end,
  );
  const call = place.parents[inside];
  if (call?.kind !== "call" && call?.kind !== "new") return undefined;
  const signatures = call.kind === "call" ? ofCall(place, call) : ofNew(call);
  if (signatures.length === 0) return undefined;
  const at = call.arguments.findIndex((one) => place.start <= one.span.end);
  const active = at < 0 ? call.arguments.length : at;
  const fitting = signatures.findIndex((one) => (one.parameters?.length ?? 0) > active);
  return { signatures: [...signatures], activeSignature: Math.max(0, fitting), activeParameter: active };
}

function ofCall(place: Place, call: CallExpression): readonly SignatureInformation[] {
  const meaning = place.understood.checked.calls.get(call.id);
  if (!meaning) return named(place, call);
  switch (meaning.kind) {
    case "function":
      return functions(place, meaning.symbol);
    case "builtin":
      return fromWord(words.builtins.get(meaning.name));
    case "map-method":
      return [mapMethod(meaning.map, meaning.method)];
    case "layer-method":
      return fromWord(words.layerMethods.get(meaning.method) ?? words.tagMethods.get(meaning.method));
    case "packet-method":
      return fromWord(words.packetMethods.get(meaning.method));
    case "bytes-method":
      return fromWord(words.bytesMethods.get(meaning.method));
    case "test":
      return fromWord(testCalls.get(meaning.call));
    case "test-map":
      return fromWord(testMapMethods.get(meaning.method));
    case "new-layer":
      return ofLayer(meaning.header);
    case "program":
      return [signature(`${meaning.symbol.name}(packet)`, ["packet"], meaning.symbol.declaration.doc)];
    default:
      return [];
  }
}

/** A call that is not checked yet, as when arguments are missing: by its name. */
function named(place: Place, { callee }: CallExpression): readonly SignatureInformation[] {
  if (callee.kind !== "identifier") return [];
  const { resolved } = place.understood;
  const scope = resolved.modules.find((one) => one.entry);
  const binding = scope && lookup(resolved, scope, callee.name);
  if (binding?.declaration.kind === "function") {
    return [...(binding.overloads.length > 0 ? binding.overloads : [binding.declaration])].map(ofFunction);
  }
  return fromWord(words.builtins.get(callee.name));
}

/** `Tcp({ syn: 1 }, [2, 4, 5, 180])`: only a header with a variable size has room for options. */
function ofLayer({ name, size, declaration }: Header): readonly SignatureInformation[] {
  const parameters = ["{ field: value, … }", ...(size ? ["options?"] : [])];
  return [signature(`${name}(${parameters.join(", ")})`, parameters, declaration.doc)];
}

function functions(place: Place, symbol: FunctionSymbol): readonly SignatureInformation[] {
  for (const { own } of place.understood.resolved.modules) {
    const binding = own.get(symbol.name);
    if (binding?.overloads.some((one) => one === symbol.declaration))
      return binding.overloads.map(ofFunction);
  }
  return [ofFunction(symbol.declaration)];
}

function ofFunction(declaration: FunctionDeclaration): SignatureInformation {
  const label = functionText(declaration).replace(/^function /, "");
  return {
    label,
    parameters: declaration.parameters.map((one) => ({ label: parameterText(one) })),
    ...(declaration.doc !== undefined && { documentation: declaration.doc }),
  };
}

function mapMethod(
  map: MapSymbol,
  method: Extract<CallMeaning, { kind: "map-method" }>["method"],
): SignatureInformation {
  const key = keyType(map.type);
  const keyText = key ? `key: ${typeName(key)}` : "";
  const valueText = map.type.value ? `value: ${typeName(map.type.value)}` : "";
  const known: Readonly<Partial<Record<typeof method, readonly string[]>>> = {
    get: [keyText],
    has: [keyText],
    delete: [keyText],
    take: [keyText],
    set: [keyText, valueText, 'mode?: "create" | "update"'],
    emit: [valueText.replace("value", "event")],
    call: ["pkt", "index: u32"],
  };
  const word = words.mapMethods.get(method);
  const parameters = known[method] ?? parametersOf(word);
  const result =
    word?.signature.replace(/^.*\)/, "").replace("V", map.type.value ? typeName(map.type.value) : "") ?? "";
  return signature(`${map.name}.${method}(${parameters.join(", ")})${result}`, parameters, word?.doc);
}

function fromWord(word: words.Word | undefined): readonly SignatureInformation[] {
  if (!word) return [];
  return word.signature.split(" · ").map((label) => signature(label, parametersIn(label), word.doc));
}

function parametersOf(word: words.Word | undefined): readonly string[] {
  return word ? parametersIn(word.signature) : [];
}

function parametersIn(label: string): readonly string[] {
  const inside = /\((.*)\)/.exec(label)?.[1] ?? "";
  return inside === "" ? [] : inside.split(", ");
}

function ofNew({ type }: NewExpression): readonly SignatureInformation[] {
  return fromWord(words.maps.get(type.name.name));
}

function signature(
  label: string,
  parameters: readonly string[],
  doc: string | undefined,
): SignatureInformation {
  return {
    label,
    parameters: parameters.map((one) => ({ label: one })),
    ...(doc !== undefined && doc !== "" && { documentation: doc }),
  };
}
