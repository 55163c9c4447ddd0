import type { ObjectMetadata } from "../base/layout.js";
import { LoaderError, type BpfObject } from "../loader/index.js";

/** A parameter's value, as the bytes of its layout. */
export interface ParamValue {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Gives params their values, before the object is loaded. */
export function setParams(
  object: BpfObject,
  metadata: ObjectMetadata | undefined,
  values: readonly ParamValue[],
): void {
  for (const { name, bytes } of values) {
    const known = metadata?.params.find((one) => one.name === name);
    if (!known) {
      const names = metadata?.params.map((one) => `\`${one.name}\``).join(", ") ?? "";
      throw new LoaderError("bad-argument", `there is no param \`${name}\``, {
        remedy: names === "" ? "this object has no params" : `it has ${names}`,
      });
    }
    if (bytes.length !== known.size)
      throw new LoaderError("bad-argument", `param \`${name}\` has ${known.size} bytes, not ${bytes.length}`);
    object.setData(known.section, known.offset, bytes);
  }
}
