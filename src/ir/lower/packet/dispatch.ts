/** Which header fields decide what follows, and whether a script writes any of them. */
import { isBytesWrite } from "../../../check/views.js";
import type { Checked } from "../../../check/checked.js";
import { forEachNode } from "../../../syntax/walk.js";
import type { HeaderFieldInfo } from "../../../check/types.js";

function dispatchFields(checked: Checked): Set<HeaderFieldInfo> {
  const fields = new Set<HeaderFieldInfo>();
  const note = (expression: object | undefined): void =>
    forEachNode(expression, ({ id }) => {
      const member = checked.members.get(id);
      if (member?.kind === "header-field") fields.add(member.field);
      const symbol = checked.symbols.get(id);
      if (symbol?.kind === "header-field") fields.add(symbol.field);
    });
  for (const header of checked.headers) {
    for (const parent of header.parents) note(parent.when);
    note(header.size);
    note(header.continues?.when);
    for (const one of header.continues?.fields ?? []) {
      if ("bitOffset" in one.value) fields.add(one.value);
      else note(one.value);
    }
  }
  return fields;
}

/** Whether any statement changes which layers a packet has without moving it. */
export function writesDispatch(checked: Checked): boolean {
  for (const meaning of checked.calls.values()) {
    if (meaning.kind === "bytes-method" && isBytesWrite(meaning.method) && !meaning.test) return true;
  }
  if (checked.written.size === 0) return false;
  const fields = dispatchFields(checked);
  return [...checked.written].some((field) => fields.has(field));
}
