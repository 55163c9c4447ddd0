/** What a name stands for, as hover, completion and signature help show it. */
import type { Checked, FunctionSymbol } from "../check/checked.js";
import { typeName } from "../check/index.js";
import { measure } from "../check/type-tools.js";
import type { Header, HeaderFieldInfo, StructType, Type } from "../check/types.js";
import { kernelMaps } from "../ir/lower/index.js";
import { helperFeature, mapTypeFeature, type Feature } from "../kernel/features.js";
import { programKind } from "../kernel/programs.js";
import type { NamedDeclaration } from "../resolve/index.js";
import type { Identifier, TypeNode } from "../syntax/ast.js";
import type { Meaning } from "./meanings.js";
import { testCalls, testMapMethods, testPacketWord } from "./words-tests.js";
import * as words from "./words.js";

export interface Description {
  /** As a declaration would say it. */
  readonly signature: string;
  /** Offsets, sizes, members: lines of Markdown. */
  readonly facts: readonly string[];
  readonly doc: string | undefined;
}

/** `narrowed` is its type where it is named, which may say more than its declaration. */
export function describe(checked: Checked, meaning: Meaning, narrowed?: Type): Description {
  const said = (text: string, facts: readonly string[] = [], doc?: string): Description => ({
    signature: text,
    facts,
    doc,
  });
  switch (meaning.kind) {
    case "local": {
      const { symbol } = meaning;
      const type = narrowed ?? symbol.type;
      const keyword = symbol.kind === "local" && symbol.mutable ? "let" : "const";
      const value = symbol.kind === "constant" ? constantText(symbol.value) : undefined;
      return said(
        `${keyword} ${symbol.name}: ${typeName(type)}${value === undefined ? "" : ` = ${value}`}`,
        typeFacts(type),
      );
    }
    case "declaration":
      return declarationText(checked, meaning.declaration);
    case "struct-field": {
      const struct = checked.structs.find((one) => one.declaration === meaning.struct);
      const field = struct?.fields.find((one) => one.name === meaning.field.name.name);
      const type = field ? typeName(field.type) : sourceOf(meaning.field.type);
      const facts = struct && field ? [fieldPlace(struct, field)] : [];
      return said(
        `${meaning.struct.name.name}.${meaning.field.name.name}: ${type}`,
        facts,
        meaning.field.doc,
      );
    }
    case "enum-member": {
      const { declaration, member } = meaning;
      const value = valueOf(checked, meaning);
      const text = `${declaration.name.name}.${member.name.name}${value === undefined ? "" : ` = ${value}`}`;
      return said(text, [], docBefore(member.name));
    }
    case "header-field": {
      const header = checked.headers.find((one) => one.declaration === meaning.header);
      const field = header?.fields.find((one) => one.declaration === meaning.field);
      const type = field ? typeName(field.type) : sourceOf(meaning.field.type);
      const facts = field ? headerFieldFacts(field) : [];
      return said(
        `${meaning.header.name.name}.${meaning.field.name.name}: ${type}`,
        facts,
        meaning.field.doc,
      );
    }
    case "layer": {
      const header = checked.headers.find((one) => one.declaration === meaning.header);
      const type = narrowed ? typeName(narrowed) : meaning.header.name.name;
      return said(
        `${header?.layer ?? meaning.header.name.name}: ${type}`,
        header ? headerFacts(header) : [],
        meaning.header.doc,
      );
    }
    case "kernel-field":
      return kernelFieldText(meaning);
    case "method":
      return wordText(methodWord(meaning));
    case "builtin":
      return wordText(words.builtins.get(meaning.name) ?? testCalls.get(meaning.name), meaning.name);
    case "property":
      return wordText(propertyWord(meaning.name), meaning.name);
    case "option":
      return wordText(
        words.mapOptions.get(meaning.name) ?? words.programOptions.get(meaning.name),
        meaning.name,
      );
    case "type": {
      const map = words.maps.get(meaning.name);
      if (map) return said(map.signature, mapNeeds(meaning.name), map.doc);
      const type = meaning.name === "packet" ? testPacketWord : words.types.get(meaning.name);
      return wordText(type, meaning.name);
    }
  }
}

/** A field of one of the kernel's structs, or of a tracepoint's record. */
function kernelFieldText({ struct, field }: Extract<Meaning, { kind: "kernel-field" }>): Description {
  const { name, type, bitOffset, bits, size, network } = field;
  const place =
    bits === undefined ? `offset ${bitOffset / 8}, ${bytes(size)}` : `${bits} bits from bit ${bitOffset}`;
  return {
    signature: `${struct}.${name}: ${typeName(type)}`,
    facts: [`${place}, on the kernel that runs here`, ...(network ? ["In network order in memory."] : [])],
    doc: undefined,
  };
}

function wordText(word: words.Word | undefined, name = ""): Description {
  return { signature: word?.signature ?? name, facts: [], doc: word?.doc };
}

function methodWord({ name, call }: Extract<Meaning, { kind: "method" }>): words.Word | undefined {
  switch (call.kind) {
    case "map-method":
      return words.mapMethods.get(name);
    case "test-map":
      return testMapMethods.get(name);
    case "layer-method":
      return words.layerMethods.get(name) ?? words.tagMethods.get(name);
    case "packet-method":
      return words.packetMethods.get(name);
    case "bytes-method":
      return words.bytesMethods.get(name);
    default:
      return undefined;
  }
}

function propertyWord(name: string): words.Word | undefined {
  return (
    words.layerProperties.get(name) ??
    words.packetProperties.get(name) ??
    words.bytesProperties.get(name) ??
    words.optionProperties.get(name)
  );
}

function declarationText(checked: Checked, declaration: NamedDeclaration): Description {
  const name = declaration.name.name;
  const { doc } = declaration;
  const said = (signature: string, facts: readonly string[] = []): Description => ({ signature, facts, doc });
  switch (declaration.kind) {
    case "param": {
      const symbol = checked.params.find((one) => one.declaration === declaration);
      const type = symbol ? typeName(symbol.type) : declaration.type ? sourceOf(declaration.type) : "";
      return said(
        `param ${name}: ${type} = ${sourceOf(declaration.value)}`,
        symbol ? sizeFacts(symbol.type) : [],
      );
    }
    case "variable":
      return variableText(checked, declaration);
    case "function":
      return said(functionText(declaration), functionNeeds(declaration.intrinsic?.value));
    case "program": {
      const kind = programKind(declaration.hook.name);
      const { file, start } = declaration.span;
      const head = sourceOf({ span: { file, start, end: declaration.body.span.start } }).trim();
      return said(head, kind ? [`\`${kind.hook}\` ${kind.summary}.`] : []);
    }
    case "struct": {
      const struct = checked.structs.find((one) => one.declaration === declaration);
      const fields =
        struct?.fields.map((one) => `- \`${one.name}: ${typeName(one.type)}\` at ${one.offset}`) ?? [];
      return said(
        `struct ${name}`,
        struct ? [`${bytes(struct.size)}, aligned to ${struct.align}`, ...fields] : [],
      );
    }
    case "enum":
      return said(`enum ${name}${declaration.base ? `: ${sourceOf(declaration.base)}` : ""}`, [
        declaration.members.map((one) => `\`${one.name.name}\``).join(", "),
      ]);
    case "type":
      return said(`type ${name} = ${sourceOf(declaration.type)}`);
    case "header": {
      const header = checked.headers.find((one) => one.declaration === declaration);
      return said(`header ${name}`, header ? headerFacts(header) : []);
    }
    default:
      return said(name);
  }
}

function variableText(
  checked: Checked,
  declaration: Extract<NamedDeclaration, { kind: "variable" }>,
): Description {
  const name = declaration.name.name;
  const { doc } = declaration;
  const map = checked.maps.find((one) => one.declaration === declaration);
  if (map) {
    const { type } = map;
    const parts = [
      type.key && `keys of ${bytes(measure(type.key)?.size ?? 0)}`,
      type.value && `values of ${bytes(measure(type.value)?.size ?? 0)}`,
      type.map === "RingBuffer" ? bytes(type.size) : `${type.size} ${type.size === 1 ? "entry" : "entries"}`,
    ];
    const facts = [parts.filter((one) => one !== undefined).join(", "), ...mapNeeds(type.map)];
    return { signature: `const ${name}: ${typeName(type)}`, facts, doc };
  }
  const global = checked.globals.find((one) => one.declaration === declaration);
  const keyword = declaration.mutable ? "let" : "const";
  const value = declaration.value ? ` = ${sourceOf(declaration.value)}` : "";
  const type = global
    ? `: ${typeName(global.type)}`
    : declaration.type
      ? `: ${sourceOf(declaration.type)}`
      : "";
  const facts = global ? [...sizeFacts(global.type), "Shared by all CPUs."] : [];
  return { signature: `${keyword} ${name}${type}${value}`, facts, doc };
}

export function functionText(declaration: Extract<NamedDeclaration, { kind: "function" }>): string {
  const parameters = declaration.parameters.map(parameterText).join(", ");
  const result = declaration.result ? `: ${sourceOf(declaration.result)}` : "";
  return `function ${declaration.name.name}(${parameters})${result}`;
}

export function parameterText(one: FunctionSymbol["declaration"]["parameters"][number]): string {
  return `${one.name.name}${one.type ? `: ${sourceOf(one.type)}` : ""}`;
}

function functionNeeds(intrinsic: string | undefined): readonly string[] {
  if (intrinsic === undefined || !intrinsic.startsWith("bpf_")) return [];
  return [`The helper \`${intrinsic}\`.`, ...needsText(helperFeature(intrinsic, undefined))];
}

function mapNeeds(kind: string): readonly string[] {
  const type = Object.entries(kernelMaps).find(([name]) => name === kind)?.[1];
  return needsText(type === undefined ? undefined : mapTypeFeature(type));
}

function needsText(feature: Feature | undefined): readonly string[] {
  return feature ? [`Linux ${feature.since}.`] : [];
}

function headerFacts(header: Header): readonly string[] {
  const size = header.size ? `at least ${bytes(header.fixedSize)}` : bytes(header.fixedSize);
  const parents = header.parents.map((one) => `\`${one.header.name}\``);
  return [parents.length > 0 ? `${size}, after ${parents.join(", ")}` : size];
}

/** `bytes 2..3`; `byte 0, bits 4..7` from the most significant, as RFCs draw them. */
export function headerFieldFacts({ bitOffset, bits, covers }: HeaderFieldInfo): readonly string[] {
  const byte = Math.floor(bitOffset / 8);
  const last = Math.floor((bitOffset + bits - 1) / 8);
  const whole = bitOffset % 8 === 0 && bits % 8 === 0;
  const span = byte === last ? `byte ${byte}` : `bytes ${byte}..${last}`;
  const within = whole ? "" : `, bits ${bitOffset % 8}..${(bitOffset % 8) + bits - 1}`;
  return [
    `${span}${within} of the header`,
    ...(covers ? ["An Internet checksum, kept right by writes."] : []),
  ];
}

function fieldPlace(struct: StructType, field: StructType["fields"][number]): string {
  return `offset ${field.offset} of ${bytes(struct.size)}, ${bytes(measure(field.type)?.size ?? 0)}`;
}

function typeFacts(type: Type): readonly string[] {
  if (type.kind === "layer") return headerFacts(type.header);
  return type.kind === "struct" ? [bytes(type.size)] : [];
}

function sizeFacts(type: Type): readonly string[] {
  const size = measure(type)?.size;
  return size === undefined || type.kind === "error" ? [] : [bytes(size)];
}

export function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}

function constantText(value: { readonly kind: string; readonly value?: unknown }): string | undefined {
  return value.kind === "number" && typeof value.value === "bigint" ? String(value.value) : undefined;
}

function valueOf(
  checked: Checked,
  { declaration, member }: Extract<Meaning, { kind: "enum-member" }>,
): string | undefined {
  for (const symbol of checked.symbols.values()) {
    if (symbol.kind !== "enum-member" && symbol.kind !== "enum") continue;
    if (symbol.type.declaration !== declaration) continue;
    return String(symbol.type.members.find((one) => one.name === member.name.name)?.value ?? "");
  }
  return member.value && sourceOf(member.value);
}

export function sourceOf(node: { readonly span: TypeNode["span"] }): string {
  return node.span.file.text.slice(node.span.start, node.span.end).replace(/\s+/g, " ");
}

/** The doc comment right before a name that the tree keeps none for. */
export function docBefore({ span }: Identifier): string | undefined {
  const before = span.file.text.slice(0, span.start).trimEnd();
  const open = before.endsWith("*/") ? before.lastIndexOf("/**") : -1;
  if (open < 0) return undefined;
  return before
    .slice(open + 3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd())
    .join("\n")
    .trim();
}
