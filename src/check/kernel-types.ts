/**
 * The kernel's types as types of the language. Integers, enums and addresses are values; what a pointer to a struct
 * leads to is the struct (`a.b.c` follows pointers and members alike); text and byte arrays are copied when they are
 * read. What has no type here is an address, which `as u64` makes a number.
 */
import { plainType, type Btf, type BtfId, type BtfMember } from "../kernel/btf/btf.js";
import type { TracepointField } from "../kernel/tracepoint-format.js";
import { addressType, boolType, intType, u64 } from "./type-tools.js";
import type { EnumType, KernelField, KernelShape, KernelType, PointerType, Space, Type } from "./types.js";

/** Larger arrays than this are not copied to the stack. */
const largestArray = 256;

const networkTypedefs: Readonly<Record<string, number>> = { __be16: 16, __be32: 32, __be64: 64 };

/** How C writes a type, near enough for messages. */
export function cName(btf: Btf, id: BtfId): string {
  const type = btf.type(id);
  switch (type.kind) {
    case "pointer":
      return `${cName(btf, type.to)} *`;
    case "modifier":
      return cName(btf, type.of);
    case "struct":
    case "union":
    case "enum":
      return `${type.kind} ${type.name}`;
    case "forward":
      return `${type.union ? "union" : "struct"} ${type.name}`;
    case "array":
      return `${cName(btf, type.element)}[${type.length}]`;
    case "signature":
      return "function";
    case "void":
      return "void";
    default:
      return type.name;
  }
}

interface Valued {
  readonly type: Type;
  readonly shape: KernelShape;
  readonly size: number;
  readonly network: boolean;
}

/** A value of this type of the kernel's; undefined when the language has no type for it. */
export function valueOfBtf(btf: Btf, id: BtfId): Valued | undefined {
  const { id: plain, type } = plainType(btf, id);
  const network = networkBits(btf, id);
  switch (type.kind) {
    case "int": {
      const bits = type.bits > 32 ? 64 : type.bits > 16 ? 32 : type.bits > 8 ? 16 : 8;
      const own = type.bool ? boolType : intType(bits, type.signed && network === undefined);
      const shape = { kind: "int", bits: type.bits, signed: type.signed } as const;
      return { type: own, shape, size: bits / 8, network: network !== undefined };
    }
    case "enum": {
      const shape = { kind: "enum", name: type.name, bits: type.bits } as const;
      return { type: enumOfBtf(btf, plain), shape, size: type.bits / 8, network: false };
    }
    case "pointer":
      return {
        type: pointee(btf, type.to, "kernel"),
        shape: { kind: "pointer" },
        size: 8,
        network: false,
      };
    case "struct":
    case "union": {
      const shape = {
        kind: "struct",
        name: type.name,
        union: type.kind === "union",
        size: type.size,
      } as const;
      const own: Type =
        type.name === "in6_addr"
          ? addressType("ipv6")
          : {
              kind: "kernel",
              source: { kind: "btf", btf, id: plain, name: type.name || givenName(btf, id) },
            };
      return { type: own, shape, size: type.size, network: type.name === "in6_addr" };
    }
    case "array": {
      const element = valueOfBtf(btf, type.element);
      if (!element) return undefined;
      const shape = { kind: "array", element: element.shape, length: type.length } as const;
      const size = element.size * type.length;
      const text = isChar(btf, type.element);
      if (size === 0 || size > largestArray || element.network) return undefined;
      if (text) return { type: { kind: "string", length: type.length }, shape, size, network: false };
      if (element.type.kind !== "int") return undefined;
      const array: Type = { kind: "array", element: element.type, length: type.length };
      return { type: array, shape, size, network: false };
    }
    default:
      return undefined;
  }
}

/** What a typedef calls a struct that has no name. */
function givenName(btf: Btf, id: BtfId): string {
  const type = btf.type(id);
  if (type.kind === "typedef") return type.name;
  return type.kind === "modifier" ? givenName(btf, type.of) : "struct";
}

function networkBits(btf: Btf, id: BtfId): number | undefined {
  for (let at = id; ;) {
    const type = btf.type(at);
    if (type.kind === "typedef" && networkTypedefs[type.name] !== undefined)
      return networkTypedefs[type.name];
    if (type.kind !== "typedef" && type.kind !== "modifier") return undefined;
    at = type.of;
  }
}

function isChar(btf: Btf, id: BtfId): boolean {
  const { type } = plainType(btf, id);
  return type.kind === "int" && type.bits === 8 && type.name === "char";
}

/** Text is also pointed to as `unsigned char *`; an array of these is bytes. */
function isText(btf: Btf, id: BtfId): boolean {
  const { type } = plainType(btf, id);
  return isChar(btf, id) || (type.kind === "int" && type.name === "unsigned char");
}

/** What `*p` is: a struct that can be looked into, or an address. */
function pointee(btf: Btf, id: BtfId, space: Space): KernelType | PointerType {
  const at = spaceOf(btf, id, space);
  const { id: plain, type } = plainType(btf, id);
  // Kernels find a struct again by its name.
  if ((type.kind === "struct" || type.kind === "union") && type.name !== "" && at === "kernel")
    return { kind: "kernel", source: { kind: "btf", btf, id: plain, name: type.name } };
  return { kind: "pointer", name: `${cName(btf, id)} *`, text: isText(btf, id), space: at };
}

/** A `__user` pointer is tagged, where the kernel's compiler can say so. */
function spaceOf(btf: Btf, id: BtfId, space: Space): Space {
  for (let at = id; ;) {
    const type = btf.type(at);
    if (type.kind === "modifier" && type.tag === "user") return "user";
    if (type.kind !== "typedef" && type.kind !== "modifier") return space;
    at = type.of;
  }
}

const enums = new WeakMap<Btf, Map<BtfId, Type>>();

function enumOfBtf(btf: Btf, id: BtfId): Type {
  const known = enums.get(btf) ?? new Map<BtfId, Type>();
  enums.set(btf, known);
  const before = known.get(id);
  if (before) return before;
  const type = btf.type(id);
  if (type.kind !== "enum") return u64;
  const base = intType(type.bits, type.signed);
  const made: EnumType = {
    kind: "enum",
    name: type.name === "" ? "enum" : type.name,
    base,
    members: type.values,
    declaration: undefined,
  };
  known.set(id, made);
  return made;
}

/** A member by its name, also one that an anonymous member holds. */
export function btfField(btf: Btf, id: BtfId, name: string): KernelField | undefined {
  const found = findMember(btf, id, name, 0);
  if (!found) return undefined;
  const { member, offset } = found;
  const value = valueOfBtf(btf, member.type);
  if (!value) return undefined;
  const bits = member.bits;
  const type: Type =
    bits !== undefined && value.type.kind === "int" ? intType(bits, value.type.signed) : value.type;
  return {
    name,
    type,
    bitOffset: offset,
    bits,
    size: value.size,
    shape: value.shape,
    network: value.network,
    elsewhere: undefined,
  };
}

function findMember(
  btf: Btf,
  id: BtfId,
  name: string,
  base: number,
): { readonly member: BtfMember; readonly offset: number } | undefined {
  const type = btf.type(id);
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  for (const member of type.members) {
    if (member.name === name) return { member, offset: base + member.bitOffset };
    if (member.name !== "") continue;
    const inner = plainType(btf, member.type).id;
    const found = findMember(btf, inner, name, base + member.bitOffset);
    if (found) return found;
  }
  return undefined;
}

/** Names of all members, those of anonymous ones among them. */
export function btfFieldNames(btf: Btf, id: BtfId): readonly string[] {
  const type = btf.type(id);
  if (type.kind !== "struct" && type.kind !== "union") return [];
  return type.members.flatMap((member) =>
    member.name === "" ? btfFieldNames(btf, plainType(btf, member.type).id) : [member.name],
  );
}

// ---- records of tracepoints ------------------------------------------------------------------------------------

/** C's integers by name, where a record gives them more room than they need (system calls: 8 bytes each). */
const cInts: Readonly<Record<string, readonly [bits: number, signed: boolean]>> = {
  int: [32, true],
  long: [64, true],
  short: [16, true],
  pid_t: [32, true],
  "unsigned int": [32, false],
  "unsigned long": [64, false],
  size_t: [64, false],
  u8: [8, false],
  u16: [16, false],
  u32: [32, false],
  u64: [64, false],
  umode_t: [16, false],
  uid_t: [32, false],
  gid_t: [32, false],
  qid_t: [32, false],
  key_t: [32, true],
  clockid_t: [32, true],
  mqd_t: [32, true],
  timer_t: [32, true],
  aio_context_t: [64, false],
  loff_t: [64, true],
  off_t: [64, true],
  __s32: [32, true],
  key_serial_t: [32, true],
  rwf_t: [32, true],
  cap_user_header_t: [64, false],
};

/** A field of a tracepoint's record. `space` is where its plain pointers lead: user memory for system calls. */
export function recordField(field: TracepointField, btf: () => Btf | undefined, space: Space): KernelField {
  const base = {
    name: field.name,
    bitOffset: field.offset * 8,
    bits: undefined,
    size: field.size,
    shape: { kind: "int", bits: field.size * 8, signed: field.signed } as KernelShape,
    network: false,
    elsewhere: field.elsewhere,
  };
  return { ...base, type: recordType(field, btf, space) };
}

function recordType(field: TracepointField, kernel: () => Btf | undefined, space: Space): Type {
  const { type, size, signed, length } = field;
  if (field.elsewhere) {
    const text = /\bchar\b/.test(type);
    return { kind: "pointer", name: text ? "char *" : `${type} *`, text, space: "kernel" };
  }
  if (length !== undefined) {
    if (/\bchar\b/.test(type) && !/unsigned/.test(type)) return { kind: "string", length: size };
    const each = length > 0 && size % length === 0 ? size / length : 1;
    if (![1, 2, 4, 8].includes(each)) return { kind: "array", element: intType(8), length: size };
    return { kind: "array", element: intType(each * 8, signed), length: size / each };
  }
  if (type.endsWith("*") && size === 8) {
    const name = type.replace(/\b(?:const|volatile)\b\s*/g, "").trim();
    const struct = /^struct (\w+) \*$/.exec(name)?.[1];
    const btf = struct === undefined || space === "user" ? undefined : kernel();
    const id = struct === undefined ? undefined : btf?.find("struct", struct);
    if (btf && id !== undefined && struct !== undefined)
      return { kind: "kernel", source: { kind: "btf", btf, id, name: struct } };
    return { kind: "pointer", name, text: /^(?:unsigned )?char \*$/.test(name), space };
  }
  if (size === 16) return { kind: "array", element: intType(8), length: 16 };
  if (type === "bool") return boolType;
  const known = cInts[type.replace(/\b(?:const|volatile)\b\s*/g, "").trim()];
  if (known && known[0] <= size * 8) return intType(known[0], known[1]);
  const bits = size >= 8 ? 64 : size >= 4 ? 32 : size >= 2 ? 16 : 8;
  return intType(bits, signed);
}
