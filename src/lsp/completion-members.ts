/** What can follow a dot. */
import { CompletionItemKind, type CompletionItem, type TextEdit } from "vscode-languageserver/node";
import { kernelField, kernelFieldNames } from "../check/kernel-members.js";
import { isTag } from "../check/layer-calls.js";
import { mapKind } from "../check/map-kinds.js";
import { typeName } from "../check/type-tools.js";
import type { Type } from "../check/types.js";
import { packetFacts } from "../kernel/programs.js";
import type { ModuleScope } from "../resolve/index.js";
import type { MemberExpression } from "../syntax/ast.js";
import type { Place } from "./completion-place.js";
import { importer } from "./completion-imports.js";
import {
  enumItems,
  headerFieldItems,
  layerItem,
  methodItem,
  structFieldItems,
  wordItem,
  type Extra,
} from "./completion-items.js";
import { inTest } from "./completion-tests.js";
import { rangeOf } from "./positions.js";
import { testMapMethods } from "./words-tests.js";
import * as words from "./words.js";

export function memberItems(
  place: Place,
  access: MemberExpression,
  scope: ModuleScope,
  extra: Extra,
): readonly CompletionItem[] {
  const { checked } = place.understood;
  const { object } = access;
  const symbol = checked.symbols.get(object.id);
  if (symbol?.kind === "map") {
    const { methods, redirect } = mapKind(symbol.type.map);
    const more = symbol.type.map === "RingBuffer" ? "take" : redirect ? "set" : undefined;
    const tested = more !== undefined && inTest(place) ? testMapMethods.get(more) : undefined;
    const known = methods.map(
      (name) => words.mapMethods.get(name) ?? { name, signature: `${name}(…)`, doc: "" },
    );
    return [...(tested ? [tested] : []), ...known].map((one) => methodItem(one, { ...extra, rank: 0 }));
  }
  if (symbol?.kind === "enum") return enumItems(symbol.type, false, { ...extra, rank: 0 });
  const type = checked.types.get(object.id);
  if (!type) return [];
  if (type.kind !== "nullable") return ofType(place, type, scope, extra);
  // Of what may be missing, the members are reached with `?.`.
  const edits = access.optional ? [] : [questionMark(place, access)];
  return ofType(place, type.inner, scope, { ...extra, edits });
}

function questionMark({ file, start }: Place, { object }: MemberExpression): TextEdit {
  const dot = file.text.lastIndexOf(".", start - 1);
  const at = dot < object.span.end ? object.span.end : dot;
  return { range: rangeOf({ file, start: at, end: at }), newText: "?" };
}

function ofType(place: Place, type: Type, scope: ModuleScope, extra: Extra): readonly CompletionItem[] {
  const properties = (of: Iterable<words.Word>): readonly CompletionItem[] =>
    [...of].map((one) => wordItem(one, CompletionItemKind.Property, { ...extra, rank: 2 }));
  const methods = (of: Iterable<words.Word>): readonly CompletionItem[] =>
    [...of].map((one) => methodItem(one, { ...extra, rank: 3 }));
  switch (type.kind) {
    case "packet": {
      const layers = place.sight?.packetLayers(type.hook) ?? [];
      const fields = new Set([
        "bytes",
        ...(packetFacts(type.hook)?.contextFields ?? []).map((one) => one.property),
      ]);
      return [
        ...layers.map(({ header, always }) =>
          byPosition(
            layerItem(header, always ? header.name : `${header.name} | null`, { ...extra, rank: 1 }),
          ),
        ),
        ...properties([...words.packetProperties.values()].filter((one) => fields.has(one.name))),
        ...methods(words.packetMethods.values()),
        ...farLayers(place, scope, extra),
      ];
    }
    case "layer": {
      const { header } = type;
      const inside = place.sight?.layersInside(header) ?? [];
      const own = new Set(header.fields.map((one) => one.name));
      const has = ({ name }: words.Word): boolean =>
        !own.has(name) && (name !== "options" || header.size !== undefined || header.options !== undefined);
      return [
        ...headerFieldItems(header, { ...extra, rank: 0 }),
        ...inside.map((one) => layerItem(one, `${one.name} | null`, { ...extra, rank: 1 })),
        ...properties([...words.layerProperties.values()].filter(has)),
        ...methods((isTag(header) ? words.tagMethods : words.layerMethods).values()),
      ];
    }
    case "struct":
      return structFieldItems(type, { ...extra, rank: 0 });
    case "kernel":
      return kernelFieldNames(type).map((name) => {
        const field = kernelField(type, name);
        const signature = field ? `${name}: ${typeName(field.type)}` : name;
        return wordItem({ name, signature, doc: "" }, CompletionItemKind.Field, { ...extra, rank: 0 });
      });
    case "bytes":
      return [...properties(words.bytesProperties.values()), ...methods(words.bytesMethods.values())];
    case "option":
      return [...properties(words.optionProperties.values()), ...methods(words.bytesMethods.values())];
    case "enum":
      return [];
    default:
      return [];
  }
}

/** What most packets have, in the order of a packet. */
const common: readonly string[] = ["eth", "vlan", "arp", "ipv4", "ipv6", "tcp", "udp", "icmp", "icmpv6"];

function byPosition(made: CompletionItem): CompletionItem {
  const at = common.indexOf(made.label);
  return at < 0 ? made : { ...made, sortText: `0${at}` };
}

/** Layers of headers that the standard library declares and the script does not import. */
function farLayers(place: Place, scope: ModuleScope, extra: Extra): readonly CompletionItem[] {
  const { resolved, checked } = place.understood;
  const here = new Set(checked.headers.map((one) => one.name));
  const imported = importer(place.workspace, place.file);
  return resolved.elsewhere().flatMap(({ specifier, name, declaration }) => {
    if (declaration.kind !== "header" || here.has(name) || scope.imports.has(name)) return [];
    const layer = declaration.alias?.name ?? name.charAt(0).toLowerCase() + name.slice(1);
    const edits = [...(extra.edits ?? []), ...imported(name, specifier)];
    const word = {
      name: layer,
      signature: `${name} | null (import from "${specifier}")`,
      doc: declaration.doc ?? "",
    };
    return [wordItem(word, CompletionItemKind.Property, { ...extra, rank: 5, edits })];
  });
}
