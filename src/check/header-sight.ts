/** Which headers take part in the script's protocol graph, and whether their layer names are clear. */
import { replaceFix, wrapFix } from "../diagnostics/edits.js";
import type { Fix } from "../diagnostics/diagnostic.js";
import { visible } from "../resolve/index.js";
import { error, moduleContext, type Root } from "./context.js";
import type { Header } from "./types.js";

/**
 * Headers that some module of the script itself can name, and what these need: parents, `next` and `continues`.
 * In declaration order, the standard library first. A header that nobody can name is not looked for.
 */
export function headersInSight(root: Root): readonly Header[] {
  const needed = new Set<Header>();
  const queue: Header[] = [];
  const need = (header: Header | undefined): void => {
    if (!header || needed.has(header)) return;
    needed.add(header);
    queue.push(header);
  };
  for (const scope of root.resolved.modules) {
    if (scope.specifier !== undefined) continue;
    for (const { declaration } of visible(root.resolved, scope).values()) need(root.headers.get(declaration));
  }
  for (let one = queue.pop(); one; one = queue.pop()) {
    for (const parent of one.parents) need(parent.header);
    need(one.next);
    need(one.continues?.header);
  }
  return [...root.headers.values()].filter((header) => needed.has(header));
}

/** Two headers that one module sees must not share the name of their layer. */
export function layerClashes(root: Root): void {
  for (const scope of root.resolved.modules) {
    const byLayer = new Map<string, Header>();
    for (const { declaration } of visible(root.resolved, scope).values()) {
      const header = root.headers.get(declaration);
      if (!header) continue;
      const before = byLayer.get(header.layer);
      byLayer.set(header.layer, header);
      if (!before || before === header || !scope.own.has(header.name)) continue;
      const at = header.declaration.alias ?? header.declaration.name;
      error(
        moduleContext(root, scope),
        "XD2013",
        at,
        `Two headers have the layer name \`${header.layer}\`.`,
        {
          label: `which one is \`pkt.${header.layer}\`?`,
          related: [{ span: before.declaration.name.span, message: `\`${before.name}\` has it already` }],
          notes: [`Give this one another: \`header ${header.name} as other { … }\`.`],
          fixes: [renameFix(header, byLayer)],
        },
      );
    }
  }
}

/** A layer name that no other header has: its own, or with a number behind it. */
function renameFix({ name, layer, declaration }: Header, taken: ReadonlyMap<string, Header>): Fix {
  const own = name.charAt(0).toLowerCase() + name.slice(1);
  let other = own;
  for (let i = 2; other === layer || taken.has(other); i++) other = `${own}${i}`;
  const title = `call the layer \`${other}\``;
  return declaration.alias
    ? replaceFix(title, declaration.alias, other)
    : wrapFix(title, declaration.name, "", ` as ${other}`);
}
