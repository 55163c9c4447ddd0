/** Map declarations: `const flows = new Hash<Key, Value>(1024, { pin: "flows" });`, and what the kernel allows. */
import { removeRestFix, replaceFix } from "../diagnostics/edits.js";
import { didYouMean } from "../diagnostics/suggest.js";
import type { Expression, NewExpression, ObjectLiteral, VariableDeclaration } from "../syntax/ast.js";
import type { MapOptions, MapSymbol } from "./checked.js";
import { constantNumber } from "./constants.js";
import { error, shortText, type Context } from "./context.js";
import { foreignMaps } from "./foreign.js";
import { checkRest } from "./arguments.js";
import { mapOptions, noOptions } from "./map-options.js";
import {
  aggregationKind,
  aggregationOf,
  aggregationValue,
  defaultHistograms,
  defaultKeys,
} from "./aggregations.js";
import { mapKind, mapKinds, type MapKindInfo } from "./map-kinds.js";
import { programEntries } from "./program-arrays.js";
import { memoryNote, typeArgument } from "./type-nodes.js";
import { aTypeName, errorType, measure, typeName } from "./type-tools.js";
import type { AggregationKind, MapType, Type } from "./types.js";

/** Bytes of a key (kernel/bpf/hashtab.c: MAX_BPF_STACK). */
const largestKey = 512;
/** Bytes of a per-CPU value (include/linux/percpu.h: PCPU_MIN_UNIT_SIZE). */
const largestPerCpu = 32 * 1024;
/** Bytes of a value; the kernel's limit is KMALLOC_MAX_SIZE, 4 MiB less the element's head. */
const largestValue = 4 * 1024 * 1024 - 4096;
const page = 4096;

export function mapSymbol(
  cx: Context,
  declaration: VariableDeclaration,
  node: NewExpression,
): MapSymbol | undefined {
  const { name } = declaration;
  const info = kindOf(cx, node);
  if (!info) {
    checkRest(cx, node.arguments);
    return undefined;
  }
  if (declaration.mutable) {
    const at = declaration.span.file.text.slice(declaration.span.start, name.span.start).search(/\blet\b/);
    const start = declaration.span.start + Math.max(0, at);
    error(cx, "XD3501", name, `The map \`${name.name}\` must be a \`const\`.`, {
      label: "a map cannot be replaced",
      fixes:
        at < 0
          ? []
          : [
              {
                title: "use `const`",
                edits: [{ span: { file: name.span.file, start, end: start + 3 }, text: "const" }],
              },
            ],
    });
  }
  const types = typesOf(cx, node, info);
  const summed = aggregationKind(info.kind);
  if (summed !== undefined) return types && aggregationSymbol(cx, declaration, node, summed, types.key);
  const made = sizeAndOptions(cx, node, info, declaration);
  if (!types || !made) return undefined;
  return {
    kind: "map",
    name: name.name,
    type: { kind: "map", map: info.kind, key: types.key, value: types.value, size: made.size },
    options: made.options,
    declaration,
  };
}

/** The size may be left out; without keys there is one entry. */
function aggregationSymbol(
  cx: Context,
  declaration: VariableDeclaration,
  node: NewExpression,
  kind: AggregationKind,
  key: Type | undefined,
): MapSymbol | undefined {
  const info = mapKind(kind);
  const made = aggregationOf(cx, node, kind);
  if (!made) return undefined;
  const { aggregation } = made;
  const [first, ...others] = made.rest;
  const sized = first !== undefined && first.kind !== "object";
  const histogram = kind === "Histogram" || kind === "LinearHistogram";
  const keys = histogram ? defaultHistograms : defaultKeys;
  const [optionsNode, extra] = sized ? others : made.rest;
  if (sized && !key)
    error(cx, "XD3502", first, `A \`${kind}\` without keys has no size.`, {
      label: "not expected",
      fixes: [removeRestFix("leave it out", node.arguments, node.arguments.indexOf(first), 1)],
      notes: [`With keys it may have one: \`new ${kind}<Ipv4Addr>(10_000)\`.`],
    });
  if (extra)
    error(cx, "XD3502", extra, `\`new ${kind}\` takes a size and options.`, { label: "not expected" });
  const size = key ? (sized ? sizeOf(cx, first, info) : keys) : 1;
  if (size === undefined) return undefined;
  const options = optionsNode ? optionsArgument(cx, optionsNode, info, declaration) : noOptions;
  const value = aggregationValue(aggregation);
  const type: MapType = { kind: "map", map: kind, key, value, size, aggregation };
  return { kind: "map", name: declaration.name.name, type, options, declaration };
}

function kindOf(cx: Context, node: NewExpression): MapKindInfo | undefined {
  const { name } = node.type;
  const info = mapKinds.get(name.name);
  if (info || name.name === "") return info;
  const meant =
    (Object.hasOwn(foreignMaps, name.name) ? foreignMaps[name.name] : undefined) ??
    didYouMean(name.name, mapKinds.keys());
  error(cx, "XD2007", name, `There is no kind of map called \`${name.name}\`.`, {
    label: meant === undefined ? "not found" : `did you mean \`${meant}\`?`,
    notes:
      meant === undefined ? [`Maps are ${[...mapKinds.keys()].map((one) => `\`${one}\``).join(", ")}.`] : [],
    fixes:
      meant === undefined
        ? []
        : [{ title: `change it to \`${meant}\``, edits: [{ span: name.span, text: meant }] }],
  });
  return undefined;
}

interface KeyAndValue {
  readonly key: Type | undefined;
  readonly value: Type | undefined;
}

function typesOf(cx: Context, node: NewExpression, info: MapKindInfo): KeyAndValue | undefined {
  const given = node.type.arguments;
  const wanted = info.types === "" ? 0 : info.types === "K, V" ? 2 : 1;
  if (given.length !== wanted && !(info.types === "K?" && given.length === 0)) {
    const shown =
      wanted === 0 ? `new ${info.kind}(…)` : `new ${info.kind}<${info.types.replace("?", "")}>(…)`;
    error(
      cx,
      "XD3406",
      node.type,
      `\`${info.kind}\` takes ${wanted} type argument${wanted === 1 ? "" : "s"}; ${given.length} ${given.length === 1 ? "is" : "are"} given.`,
      {
        label: `write \`${shown}\``,
      },
    );
    return undefined;
  }
  const [first, second] = given;
  if (!first) return { key: undefined, value: undefined };
  const firstType = typeArgument(cx, first);
  if (info.types === "K?") {
    const key = checkKeyType(cx, first, firstType, info);
    return key.kind === "error" ? undefined : { key, value: undefined };
  }
  if (wanted === 1) {
    const value = checkValue(cx, first, firstType, info);
    const key: Type | undefined = info.array ? { kind: "int", bits: 32, signed: false } : undefined;
    return value.kind === "error" ? undefined : { key, value };
  }
  const key = checkKeyType(cx, first, firstType, info);
  const value = second ? checkValue(cx, second, typeArgument(cx, second), info) : errorType;
  return key.kind === "error" || value.kind === "error" ? undefined : { key, value };
}

type Argument = NewExpression["type"]["arguments"][number];

function checkKeyType(cx: Context, node: Argument, type: Type, info: MapKindInfo): Type {
  if (type.kind === "error") return type;
  const size = measure(type)?.size;
  if (size === undefined) {
    error(cx, "XD3504", node, `A key cannot be ${aTypeName(type)}.`, {
      label: "cannot lie in memory",
      notes: [memoryNote],
    });
    return errorType;
  }
  if (info.kind === "LpmTrie" && type.kind !== "address" && (type.kind !== "int" || type.signed)) {
    error(cx, "XD3504", node, `An \`LpmTrie\` cannot have ${aTypeName(type)} as its key.`, {
      label: "has no prefixes",
      notes: [
        "Its keys are `Ipv4Addr`, `Ipv6Addr`, `MacAddr` or unsigned integers; the prefix length is kept beside them.",
      ],
    });
    return errorType;
  }
  if (size > largestKey) {
    error(
      cx,
      "XD3504",
      node,
      `A key of \`${typeName(type)}\` has ${size} bytes; the kernel takes ${largestKey}.`,
      {
        label: "too large",
      },
    );
    return errorType;
  }
  return type;
}

function checkValue(cx: Context, node: Argument, type: Type, info: MapKindInfo): Type {
  if (type.kind === "error") return type;
  const what = info.kind === "RingBuffer" ? "An event" : "A value";
  const size = measure(type)?.size;
  if (size === undefined) {
    error(cx, "XD3505", node, `${what} cannot be ${aTypeName(type)}.`, {
      label: "cannot lie in memory",
      notes: [memoryNote],
    });
    return errorType;
  }
  const most = info.perCpu ? largestPerCpu : largestValue;
  if (size > most) {
    error(
      cx,
      "XD3505",
      node,
      `${what} of \`${typeName(type)}\` has ${size} bytes; ${info.perCpu ? "a per-CPU map" : "a map"} takes ${most}.`,
      {
        label: "too large",
      },
    );
    return errorType;
  }
  return type;
}

function sizeAndOptions(
  cx: Context,
  node: NewExpression,
  info: MapKindInfo,
  declaration: VariableDeclaration,
): { readonly size: number; readonly options: MapOptions } | undefined {
  const [first, second, third] = node.arguments;
  if (third) {
    error(cx, "XD3502", third, `\`new ${info.kind}\` takes a size and options.`, {
      label: "not expected",
      fixes: [removeRestFix("leave it out", node.arguments, 2)],
    });
  }
  if (info.kind === "ProgramArray" && first?.kind === "object") {
    const programs = programEntries(cx, first);
    const options = second ? optionsArgument(cx, second, info, declaration) : noOptions;
    const size = Math.max(1, ...programs.map((one) => one.index + 1));
    return { size, options: { ...options, programs } };
  }
  if (!first) {
    const what =
      info.kind === "RingBuffer"
        ? "its size in bytes, as in `(256KiB)`"
        : "the number of entries, as in `(1024)`";
    const { file, end } = node.span;
    const room = info.kind === "RingBuffer" ? "256KiB" : "1024";
    const at = { span: { file, start: end - 1, end: end - 1 } };
    error(cx, "XD3502", node, `\`new ${info.kind}\` needs ${what}.`, {
      label: "size missing",
      fixes: file.text.charAt(end - 1) === ")" ? [replaceFix(`make room: \`(${room})\``, at, room)] : [],
    });
    return undefined;
  }
  const options = second ? optionsArgument(cx, second, info, declaration) : noOptions;
  if (first.kind === "object") {
    optionsArgument(cx, first, info, declaration);
    error(cx, "XD3502", first, `The first argument of \`new ${info.kind}\` is its size.`, {
      label: "options come second",
    });
    return undefined;
  }
  const size = sizeOf(cx, first, info);
  return size === undefined ? undefined : { size, options };
}

function optionsArgument(
  cx: Context,
  node: Expression,
  info: MapKindInfo,
  declaration: VariableDeclaration,
): MapOptions {
  if (isObject(node)) return mapOptions(cx, node, info, declaration.name.name);
  checkRest(cx, [node]);
  error(cx, "XD3502", node, "The options of a map are an object literal.", {
    label: 'write `{ pin: "name" }`',
  });
  return noOptions;
}

function isObject(node: Expression): node is ObjectLiteral {
  return node.kind === "object";
}

/** NR_CPUS of the largest kernels: a processor map has no more entries. */
const mostProcessors = 8192n;

/** `htab_map_alloc` wants fewer than 2^28 buckets, which are a power of two. */
const mostOfHash = 2n ** 27n;
/** Entries of arrays take eight bytes at least, all of them from the start: 16 GiB. */
const mostOfArray = 2n ** 31n;

function mostEntries(info: MapKindInfo): bigint {
  if (info.kind === "CpuMap") return mostProcessors;
  if (info.kind === "LpmTrie") return 2n ** 32n - 1n;
  return info.kind.endsWith("Hash") && info.kind !== "DevMapHash" ? mostOfHash : mostOfArray;
}

function sizeOf(cx: Context, node: Expression, info: MapKindInfo): number | undefined {
  const ring = info.kind === "RingBuffer";
  const value = constantNumber(cx, node, ring ? "The size of a ring buffer" : "The size of a map");
  if (value === undefined) return undefined;
  const most = mostEntries(info);
  if (value <= 0n || value > most) {
    error(cx, "XD3503", node, `A map of size ${value} is not possible.`, { label: `must be 1..${most}` });
    return undefined;
  }
  if (!ring) return Number(value);
  const power = (value & (value - 1n)) === 0n;
  if (power && value >= BigInt(page)) return Number(value);
  let next = BigInt(page);
  while (next < value && next < most) next *= 2n;
  const text = next >= 1024n * 1024n ? `${next / 1024n / 1024n}MiB` : `${next / 1024n}KiB`;
  error(cx, "XD3503", node, `A ring buffer of ${shortText(node)} bytes is not possible.`, {
    label: `the next size is \`${text}\``,
    notes: ["The size of a ring buffer is a power of two and a multiple of the page size, 4096 bytes."],
    fixes: [{ title: `change it to \`${text}\``, edits: [{ span: node.span, text }] }],
  });
  return undefined;
}
