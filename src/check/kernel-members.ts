/** Fields of the kernel's structs and of tracepoints' records. */
import { btfField, btfFieldNames, recordField } from "./kernel-types.js";
import type { KernelField, KernelType } from "./types.js";

export function kernelField({ source }: KernelType, name: string): KernelField | undefined {
  if (source.kind === "btf") return btfField(source.btf, source.id, name);
  const field = source.format.fields.find((one) => one.name === name);
  // The arguments of a system call are the process's.
  const call = source.format.fields.some((one) => one.name === "__syscall_nr");
  return field && recordField(field, source.btf, call ? "user" : "kernel");
}

export function kernelFieldNames({ source }: KernelType): readonly string[] {
  return source.kind === "btf"
    ? btfFieldNames(source.btf, source.id)
    : source.format.fields.map((one) => one.name);
}
