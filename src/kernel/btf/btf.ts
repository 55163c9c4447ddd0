/**
 * BTF, the kernel's own description of its types (Documentation/bpf/btf.rst). A kernel has some 150,000 of them: only
 * where each one lies is noted when a file is opened, and a type is decoded when it is asked for.
 */
export type BtfId = number;

export type BtfType =
  | { readonly kind: "void" }
  | {
      readonly kind: "int";
      readonly name: string;
      readonly bits: number;
      readonly signed: boolean;
      readonly bool: boolean;
    }
  | { readonly kind: "pointer"; readonly to: BtfId }
  | { readonly kind: "array"; readonly element: BtfId; readonly length: number }
  | BtfComposite
  | {
      readonly kind: "enum";
      readonly name: string;
      readonly bits: number;
      readonly signed: boolean;
      readonly values: readonly { readonly name: string; readonly value: bigint }[];
    }
  | { readonly kind: "forward"; readonly name: string; readonly union: boolean }
  | { readonly kind: "typedef"; readonly name: string; readonly of: BtfId }
  /** `const`, `volatile`, `restrict`, or a tag such as `user`. */
  | { readonly kind: "modifier"; readonly tag: string | undefined; readonly of: BtfId }
  | { readonly kind: "function"; readonly name: string; readonly signature: BtfId }
  | BtfSignature
  | { readonly kind: "float"; readonly name: string; readonly bits: number }
  | { readonly kind: "other"; readonly name: string };

export interface BtfComposite {
  readonly kind: "struct" | "union";
  /** Empty for an anonymous one. */
  readonly name: string;
  readonly size: number;
  readonly members: readonly BtfMember[];
}

export interface BtfMember {
  /** Empty for an anonymous struct or union, whose members are reached through it. */
  readonly name: string;
  readonly type: BtfId;
  readonly bitOffset: number;
  /** Of a bit field; undefined for others. */
  readonly bits: number | undefined;
}

export interface BtfSignature {
  readonly kind: "signature";
  readonly result: BtfId;
  readonly parameters: readonly { readonly name: string; readonly type: BtfId }[];
}

/** Kinds that can be found by name. */
export type BtfNamed = "int" | "struct" | "union" | "enum" | "typedef" | "function";

export interface Btf {
  readonly type: (id: BtfId) => BtfType;
  /** The first type of this kind and name. */
  readonly find: (kind: BtfNamed, name: string) => BtfId | undefined;
  /** All names of a kind, for lists and suggestions. */
  readonly names: (kind: BtfNamed) => readonly string[];
}

/** `BTF_KIND_…`. */
const kinds = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  signature: 13,
  variable: 14,
  section: 15,
  float: 16,
  declTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

const magic = 0xeb9f;
const typeHeader = 12;

/** How many bytes follow a type's header. */
function extra(kind: number, length: number): number {
  switch (kind) {
    case kinds.int:
    case kinds.variable:
    case kinds.declTag:
      return 4;
    case kinds.array:
      return 12;
    case kinds.struct:
    case kinds.union:
    case kinds.section:
    case kinds.enum64:
      return 12 * length;
    case kinds.enum:
    case kinds.signature:
      return 8 * length;
    default:
      return 0;
  }
}

/** Opens BTF. Throws a `RangeError` that says what is wrong with bytes that are none. */
export function parseBtf(bytes: Uint8Array): Btf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24) throw new RangeError("it is too short to be BTF");
  const little = view.getUint16(0, true) === magic;
  if (!little && view.getUint16(0, false) !== magic)
    throw new RangeError("it does not start as BTF does (0xeb9f)");
  const u32 = (at: number): number => view.getUint32(at, little);
  const header = u32(4);
  const types = header + u32(8);
  const typesEnd = types + u32(12);
  const strings = header + u32(16);
  const stringsEnd = strings + u32(20);
  if (typesEnd > bytes.length || stringsEnd > bytes.length) throw new RangeError("it is cut short");

  const places = index();
  const text = new TextDecoder();
  const known = new Map<BtfId, BtfType>();
  const found = new Map<string, BtfId | undefined>();

  /** Where each type lies; type 0 is `void` and lies nowhere. */
  function index(): Uint32Array {
    const all = new Uint32Array(Math.floor((typesEnd - types) / typeHeader) + 2);
    let count = 1;
    for (let at = types; at + typeHeader <= typesEnd; count++) {
      all[count] = at;
      const info = u32(at + 4);
      at += typeHeader + extra((info >>> 24) & 0x1f, info & 0xffff);
    }
    return all.subarray(0, count);
  }

  function stringAt(offset: number): string {
    const start = strings + offset;
    const end = bytes.indexOf(0, start);
    return text.decode(bytes.subarray(start, end < 0 ? stringsEnd : end));
  }

  function nameIs(offset: number, name: Uint8Array): boolean {
    const start = strings + offset;
    if (bytes[start + name.length] !== 0) return false;
    for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
    return true;
  }

  function decode(at: number): BtfType {
    const name = (): string => stringAt(u32(at));
    const info = u32(at + 4);
    const last = u32(at + 8);
    const kind = (info >>> 24) & 0x1f;
    const length = info & 0xffff;
    const flag = info >>> 31 !== 0;
    const body = at + typeHeader;
    switch (kind) {
      case kinds.int: {
        const encoding = u32(body);
        const how = (encoding >>> 24) & 0xf;
        return {
          kind: "int",
          name: name(),
          bits: encoding & 0xff,
          signed: (how & 1) !== 0,
          bool: (how & 4) !== 0,
        };
      }
      case kinds.pointer:
        return { kind: "pointer", to: last };
      case kinds.array:
        return { kind: "array", element: u32(body), length: u32(body + 8) };
      case kinds.struct:
      case kinds.union: {
        const members = Array.from({ length }, (_, i): BtfMember => {
          const one = body + 12 * i;
          const place = u32(one + 8);
          const bits = flag ? place >>> 24 : 0;
          return {
            name: stringAt(u32(one)),
            type: u32(one + 4),
            bitOffset: flag ? place & 0xffffff : place,
            bits: bits === 0 ? undefined : bits,
          };
        });
        return { kind: kind === kinds.struct ? "struct" : "union", name: name(), size: last, members };
      }
      case kinds.enum:
      case kinds.enum64: {
        const wide = kind === kinds.enum64;
        const values = Array.from({ length }, (_, i) => {
          const one = body + (wide ? 12 : 8) * i;
          const low = u32(one + 4);
          const value = wide ? (BigInt(u32(one + 8)) << 32n) | BigInt(low) : BigInt(low);
          return { name: stringAt(u32(one)), value: flag ? BigInt.asIntN(last * 8, value) : value };
        });
        return { kind: "enum", name: name(), bits: last * 8, signed: flag, values };
      }
      case kinds.forward:
        return { kind: "forward", name: name(), union: flag };
      case kinds.typedef:
        return { kind: "typedef", name: name(), of: last };
      case kinds.volatile:
      case kinds.const:
      case kinds.restrict:
        return { kind: "modifier", tag: undefined, of: last };
      case kinds.typeTag:
        return { kind: "modifier", tag: name(), of: last };
      case kinds.function:
        return { kind: "function", name: name(), signature: last };
      case kinds.signature:
        return {
          kind: "signature",
          result: last,
          parameters: Array.from({ length }, (_, i) => ({
            name: stringAt(u32(body + 8 * i)),
            type: u32(body + 8 * i + 4),
          })),
        };
      case kinds.float:
        return { kind: "float", name: name(), bits: last * 8 };
      default:
        return { kind: "other", name: name() };
    }
  }

  const numbers: Readonly<Record<BtfNamed, readonly number[]>> = {
    int: [kinds.int],
    struct: [kinds.struct],
    union: [kinds.union],
    enum: [kinds.enum, kinds.enum64],
    typedef: [kinds.typedef],
    function: [kinds.function],
  };

  return {
    type(id) {
      let type = known.get(id);
      if (type === undefined) {
        const at = places[id];
        type = at === undefined || at === 0 ? { kind: "void" } : decode(at);
        known.set(id, type);
      }
      return type;
    },
    find(kind, name) {
      const key = `${kind} ${name}`;
      if (found.has(key)) return found.get(key);
      const wanted = new TextEncoder().encode(name);
      let result: BtfId | undefined;
      for (let id = 1; id < places.length && result === undefined; id++) {
        const at = places[id] ?? 0;
        if (numbers[kind].includes((u32(at + 4) >>> 24) & 0x1f) && nameIs(u32(at), wanted)) result = id;
      }
      found.set(key, result);
      return result;
    },
    names(kind) {
      const all = new Set<string>();
      for (let id = 1; id < places.length; id++) {
        const at = places[id] ?? 0;
        if (numbers[kind].includes((u32(at + 4) >>> 24) & 0x1f) && u32(at) !== 0) all.add(stringAt(u32(at)));
      }
      return [...all];
    },
  };
}

/** The type behind typedefs and `const` and its like. */
export function plainType(btf: Btf, id: BtfId): { readonly id: BtfId; readonly type: BtfType } {
  let at = id;
  for (;;) {
    const type = btf.type(at);
    if (type.kind !== "typedef" && type.kind !== "modifier") return { id: at, type };
    at = type.of;
  }
}
