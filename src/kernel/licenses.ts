/** The licenses that the kernel takes for compatible with the GPL: `license_is_gpl_compatible`, include/linux/license.h. */
const compatible: ReadonlySet<string> = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

export function gplCompatible(license: string): boolean {
  return compatible.has(license);
}
