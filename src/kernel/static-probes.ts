/**
 * Static probes of programs and libraries (USDT): places that their authors marked with `DTRACE_PROBE` or `STAP_PROBE`
 * (<sys/sdt.h>). A note in the file says where each is and in what words the assembler would name its arguments. Here
 * those words are read. Sources: the SystemTap wiki's "UserSpaceProbeImplementation", the constraint letters of
 * <sys/sdt.h>, and `struct pt_regs` (arch/x86/include/asm/ptrace.h, arch/arm64/include/uapi/asm/ptrace.h).
 */
import type { Machine } from "./facts.js";

/** One place of a file that bears a probe; a probe may have several, as code is inlined. */
export interface StaticProbe {
  readonly provider: string;
  readonly name: string;
  /** Bytes from the file's start. */
  readonly offset: number;
  /** Where in the file a u16 counts who looks on; undefined when the probe is always armed. */
  readonly semaphore: number | undefined;
  /** As the note has them: `-4@%edi 8@-8(%rbp)`. */
  readonly arguments: string;
}

/** Where an argument is. Registers are offsets in the `struct pt_regs` of a probe. */
export type Operand =
  | { readonly kind: "immediate"; readonly value: bigint }
  /** `shift`: how many bits of the register come before it (`%ah`). */
  | { readonly kind: "register"; readonly register: number; readonly shift: number }
  /** At `base + index * scale + displacement`. */
  | {
      readonly kind: "memory";
      readonly base: number | undefined;
      readonly index: number | undefined;
      readonly scale: number;
      readonly displacement: bigint;
    };

export interface StaticArgument {
  readonly bits: number;
  readonly signed: boolean;
  /** Undefined: no integer, or addressed through a symbol, which only a debugger could follow. */
  readonly operand: Operand | undefined;
  /** As the note has it. */
  readonly text: string;
}

/** `sshd:auth`, as messages and lists name it. */
export function staticProbeName({ provider, name }: Pick<StaticProbe, "provider" | "name">): string {
  return `${provider}:${name}`;
}

/**
 * `PATH:PROVIDER:NAME` in parts. A path may have colons of its own. Undefined when it is not of that form; with `name`
 * alone, the provider is left out.
 */
export function staticTarget(
  text: string,
): { readonly path: string; readonly provider: string | undefined; readonly name: string } | undefined {
  const [, path, provider, name] = /^([^\s:](?:.*[^\s:])?):([\w$.-]+):([\w$.-]+)$/.exec(text) ?? [];
  if (path !== undefined && name !== undefined) return { path, provider, name };
  const [, only, alone] = /^([^\s:]+):([\w$.-]+)$/.exec(text) ?? [];
  return only === undefined || alone === undefined
    ? undefined
    : { path: only, provider: undefined, name: alone };
}

/** The words of a note, one for each argument: on arm64 they have spaces between brackets (`8@[sp, 16]`). */
export function staticArgumentWords(text: string): readonly string[] {
  return text.match(/(?:\[[^\]]*\]|[^\s[])+/g) ?? [];
}

/**
 * How a place hands over the first `count` arguments: places with the same form are read by the same instructions. The
 * compiler writes it into the object, the loader looks it up for each place that the file has.
 */
export function argumentForm(text: string, count: number): string {
  return staticArgumentWords(text).slice(0, count).join(" ");
}

/** One argument out of its word. */
export function staticArgument(word: string, machine: Machine): StaticArgument {
  const [, sign = "", size, float, place] = /^(-?)(\d+)(f?)@(.*)$/.exec(word) ?? [];
  // A note of old compilers does not say how wide: a register's width.
  if (place === undefined)
    return { bits: 64, signed: false, operand: readers[machine](word.replace(/^.*@/, "")), text: word };
  const bits = Number(size) * 8;
  const fits = float === "" && [8, 16, 32, 64].includes(bits);
  const operand = fits ? readers[machine](place) : undefined;
  return { bits: fits ? bits : 64, signed: sign === "-", operand, text: word };
}

/** `rbp`, `ebp`, `bp`, `bpl`: the same register, by its offset. */
const x64Registers: ReadonlyMap<string, Operand & { readonly kind: "register" }> = new Map(
  [
    ["r15", 0],
    ["r14", 8],
    ["r13", 16],
    ["r12", 24],
    ["bp", 32],
    ["bx", 40],
    ["r11", 48],
    ["r10", 56],
    ["r9", 64],
    ["r8", 72],
    ["ax", 80],
    ["cx", 88],
    ["dx", 96],
    ["si", 104],
    ["di", 112],
    ["ip", 128],
    ["sp", 152],
  ].flatMap(([name, register]) =>
    namesOf(String(name)).map(
      ([one, shift]) => [one, { kind: "register", register: Number(register), shift }] as const,
    ),
  ),
);

function namesOf(name: string): readonly (readonly [name: string, shift: number])[] {
  if (/\d/.test(name)) return ["", "d", "w", "b"].map((width) => [`${name}${width}`, 0]);
  const whole: readonly (readonly [string, number])[] = [`r${name}`, `e${name}`, name].map((one) => [one, 0]);
  const [first = ""] = name;
  return name.endsWith("x") ? [...whole, [`${first}l`, 0], [`${first}h`, 8]] : [...whole, [`${name}l`, 0]];
}

const readers: Readonly<Record<Machine, (place: string) => Operand | undefined>> = {
  x64: x64Operand,
  arm64: arm64Operand,
};

/** `%edi`, `$-3`, `8(%rsp)`, `-4(%rax,%rdx,4)`, in the words of the GNU assembler. */
function x64Operand(place: string): Operand | undefined {
  const [, value] = /^\$(-?(?:0x[0-9a-f]+|\d+))$/i.exec(place) ?? [];
  if (value !== undefined) return { kind: "immediate", value: numberOf(value) };
  const [, name] = /^%(\w+)$/.exec(place) ?? [];
  if (name !== undefined) return x64Registers.get(name);
  const found = /^(-?(?:0x[0-9a-f]+|\d+))?\((?:%(\w+))?(?:,%(\w+)(?:,([1248]))?)?\)$/i.exec(place);
  const [, displacement = "0", baseName, indexName, scale = "1"] = found ?? [];
  if (!found || (baseName === undefined && indexName === undefined)) return undefined;
  const base = baseName === undefined ? undefined : x64Registers.get(baseName);
  const index = indexName === undefined ? undefined : x64Registers.get(indexName);
  if ((baseName !== undefined && !base) || (indexName !== undefined && !index)) return undefined;
  return {
    kind: "memory",
    base: base?.register,
    index: index?.register,
    scale: Number(scale),
    displacement: numberOf(displacement),
  };
}

/** `x0`, `w0`, `-3`, `[sp, 16]`, `[x0]`. */
function arm64Operand(place: string): Operand | undefined {
  const [, value] = /^#?(-?(?:0x[0-9a-f]+|\d+))$/i.exec(place) ?? [];
  if (value !== undefined) return { kind: "immediate", value: numberOf(value) };
  const register = arm64Register(place);
  if (register !== undefined) return { kind: "register", register, shift: 0 };
  const [, baseName = "", displacement = "0"] =
    /^\[(\w+)(?:, *#?(-?(?:0x[0-9a-f]+|\d+)))?\]$/i.exec(place) ?? [];
  const base = arm64Register(baseName);
  if (base === undefined) return undefined;
  return { kind: "memory", base, index: undefined, scale: 1, displacement: numberOf(displacement) };
}

function arm64Register(name: string): number | undefined {
  if (name === "sp") return 248;
  const number = Number(/^[xw](\d|[12]\d|30)$/.exec(name)?.[1]);
  return Number.isNaN(number) ? undefined : number * 8;
}

function numberOf(text: string): bigint {
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}
