/** Stacks: what a probe kept as a number, as the calls that led there. */
import { stacksMap, type Layout } from "../base/layout.js";
import {
  functionsOfFiles,
  kernelSymbols,
  processSymbols,
  type FindSymbol,
  type LoadedObject,
} from "../loader/index.js";
import type { Decoded } from "./format-value.js";

/** A decoded value with its stacks as lists of functions, the innermost call first. */
export type ShowStacks = (layout: Layout | undefined, value: Decoded) => Decoded;

export const withoutStacks: ShowStacks = (_, value) => value;

/** Reads stacks of an object's programs while it is loaded. Symbols are read when the first stack is shown. */
export function stackReader(object: Pick<LoadedObject, "maps">): ShowStacks {
  const map = object.maps.find(({ name }) => name === stacksMap);
  if (!map) return withoutStacks;
  const functionsOf = functionsOfFiles();
  const finders = new Map<number, FindSymbol>();
  const finder = (pid: number): FindSymbol => {
    const known = finders.get(pid) ?? (pid === 0 ? kernelSymbols() : processSymbols(pid, functionsOf));
    finders.set(pid, known);
    return known;
  };
  return showStacks((id, pid) => {
    const bytes = id < 0 ? undefined : map.lookup(keyOf(id));
    return bytes ? frames(addressesOf(bytes), finder(pid), pid === 0) : [missing(id)];
  });
}

function keyOf(id: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(id).buffer);
}

function addressesOf(bytes: Uint8Array): readonly bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all = Array.from({ length: bytes.length >> 3 }, (_, at) => view.getBigUint64(8 * at, true));
  const end = all.indexOf(0n);
  return end < 0 ? all : all.slice(0, end);
}

/** EEXIST: another stack with this number is kept already. */
const collision = -17;

function missing(id: number): string {
  return id === collision ? "(lost: too many different stacks)" : "(none)";
}

/** What the kernel does to run a probe, before the program itself. */
const machinery =
  /^(?:bpf_prog_|bpf_trace_run|__bpf_trace_|__traceiter_|trace_call_bpf|perf_call_bpf|perf_trace_|perf_syscall_)/;
const deepestMachinery = 8;

function frames(addresses: readonly bigint[], find: FindSymbol, kernel: boolean): readonly string[] {
  const names = addresses.map((address, at) => {
    // A return address may lie behind the end of its function: the call is before it.
    const symbol = find(at === 0 ? address : address - 1n);
    if (!symbol) return `0x${address.toString(16)}`;
    return `${symbol.name}+0x${(symbol.offset + (at === 0 ? 0 : 1)).toString(16)}`;
  });
  const own = kernel ? names.slice(0, deepestMachinery).findLastIndex((name) => machinery.test(name)) + 1 : 0;
  return own < names.length ? names.slice(own) : names;
}

function showStacks(stack: (id: number, pid: number) => readonly string[]): ShowStacks {
  const show: ShowStacks = (layout, value) => {
    if (layout === undefined || !holdsStack(layout)) return value;
    if (layout.kind === "array" && isList(value)) return value.map((one) => show(layout.element, one));
    if (layout.kind !== "struct" || typeof value !== "object" || isList(value)) return value;
    if (layout.stack) return stack(Number(value["id"]), Number(value["pid"]));
    return Object.fromEntries(
      layout.fields.map(({ name, type }) => [name, show(type, value[name] ?? "")] as const),
    );
  };
  return show;
}

/** Whether there is a stack in a value of this layout. */
export function holdsStack(layout: Layout): boolean {
  if (layout.kind === "array") return holdsStack(layout.element);
  return (
    layout.kind === "struct" && (layout.stack === true || layout.fields.some(({ type }) => holdsStack(type)))
  );
}

function isList(value: Decoded): value is readonly Decoded[] {
  return Array.isArray(value);
}
