import type { Span } from "../base/span.js";
import { layoutSize } from "../base/layout.js";
import type { IrGlobal } from "../ir/ir.js";
import type { Debug } from "./debug.js";
import { globalVariable } from "./debug.js";
import { charArray, layoutType } from "./debug-types.js";
import { initialBytes, layoutAlign } from "./initial.js";
import { quoteBytes, sharedNode } from "./metadata-table.js";

/**
 * A global variable. All have external linkage and are `externally_initialized`, because the loader writes
 * parameters and user space writes data before the program runs: LLVM must not fold their values, but it may share
 * loads of what is constant.
 */
export function printGlobal(debug: Debug, global: IrGlobal, name: string, littleEndian: boolean): string {
  const bytes = initialBytes(global.layout, global.initial, littleEndian);
  const zero = bytes.every((byte) => byte === 0);
  const initial = zero ? "zeroinitializer" : `c"${quoteBytes(bytes)}"`;
  const constant = global.section === "rodata";
  const bare = layoutType(debug.table, debug.mainFile, global.layout);
  const type = constant ? constVolatile(debug, bare) : bare;
  return (
    `@${name} = dso_local externally_initialized ${constant ? "constant" : "global"} [${bytes.length} x i8] ${initial}, ` +
    `section ".${global.section}", align ${globalAlign(global)}, ${globalVariable(debug, name, type, global.span)}`
  );
}

/** As C's `const volatile`, so that generated skeletons let user space set it before loading. */
function constVolatile(debug: Debug, type: string): string {
  const volatile = sharedNode(debug.table, `!DIDerivedType(tag: DW_TAG_volatile_type, baseType: ${type})`);
  return sharedNode(debug.table, `!DIDerivedType(tag: DW_TAG_const_type, baseType: ${volatile})`);
}

/** At least what one load of the whole takes: a MAC address at an odd place would be read byte by byte. */
export function globalAlign(global: IrGlobal): number {
  let align = layoutAlign(global.layout);
  const size = layoutSize(global.layout);
  while (align < 8 && align < size) align *= 2;
  return align;
}

/** Where each global lies in its section: LLVM emits them in the module's order. */
export function globalOffsets(
  globals: readonly IrGlobal[],
  section: IrGlobal["section"],
): Map<number, number> {
  const offsets = new Map<number, number>();
  let end = 0;
  for (const one of globals) {
    if (one.section !== section) continue;
    const align = globalAlign(one);
    const offset = Math.ceil(end / align) * align;
    offsets.set(one.id, offset);
    end = offset + layoutSize(one.layout);
  }
  return offsets;
}

export function printLicense(debug: Debug, license: string, span: Span): string {
  const length = Buffer.byteLength(license) + 1;
  return (
    `@_license = dso_local global [${length} x i8] c"${quoteBytes(Buffer.from(license))}\\00", ` +
    `section "license", align 1, ${globalVariable(debug, "_license", charArray(debug.table, length), span)}`
  );
}
