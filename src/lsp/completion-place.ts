/**
 * Where a completion is asked for. The text is read once more with a name of its own at the cursor: so a half-typed
 * `pkt.` or `new Hash<` becomes a tree with that name in it, and the checker says what is known right there.
 */
import type { SourceFile } from "../base/span.js";
import type { Sight } from "../check/index.js";
import { understand, type Understood } from "../pipeline.js";
import type { AnyNode } from "../syntax/walk.js";
import { marker } from "./marker.js";
import { pathAt } from "./tree.js";
import type { Workspace } from "./workspace.js";

export interface Place {
  /** The word under the cursor, which the completion replaces. */
  readonly start: number;
  readonly end: number;
  readonly file: SourceFile;
  /** What stands before the word, without comments and what is in texts. */
  readonly before: string;
  /** The tree with the marker: the nodes around it, the nearest first; empty when it could not be read. */
  readonly parents: readonly AnyNode[];
  readonly node: AnyNode | undefined;
  readonly sight: Sight | undefined;
  readonly understood: Understood;
  readonly workspace: Workspace;
}

/** What may have to follow the name for the text to be readable; most half-typed texts are without any. */
const endings: readonly string[] = ["", ";", ":", ") {}", ");", "};", "]);", ">(1);"];

export function placeAt(workspace: Workspace, file: SourceFile, offset: number): Place {
  const { text } = file;
  const wordBefore = /[\p{ID_Continue}$]*$/u.exec(text.slice(Math.max(0, offset - 200), offset));
  const start = offset - (wordBefore?.[0].length ?? 0);
  const end = offset + (/^[\p{ID_Continue}$]*/u.exec(text.slice(offset, offset + 200))?.[0].length ?? 0);
  const marked = (ending: string): SourceFile => ({
    path: file.path,
    text: text.slice(0, start) + marker + ending + text.slice(end),
  });
  const isRead = (one: SourceFile): boolean => {
    const at = pathAt(workspace.parse(one).module, start + 1).at(-1);
    return at?.kind === "identifier" && at.name === marker;
  };
  const tried = endings.map(marked);
  const chosen = tried.find(isRead) ?? tried[0] ?? file;
  return { start, end, file, before: codeBefore(text, start), workspace, ...look(workspace, chosen, start) };
}

function look(
  workspace: Workspace,
  marked: SourceFile,
  offset: number,
): Pick<Place, "parents" | "node" | "sight" | "understood"> {
  let sight: Sight | undefined;
  const { host } = workspace;
  const withMarker = { ...host, read: (path: string) => (path === marked.path ? marked : host.read(path)) };
  const understood = understand(marked, withMarker, workspace.options(), workspace.parse, {
    file: marked,
    offset,
    seen: (one) => {
      sight = one;
    },
  });
  const path = understood.module ? pathAt(understood.module, offset + 1) : [];
  const at = path.at(-1);
  const found = at?.kind === "identifier" && at.name === marker;
  const parents = (found ? path.slice(0, -1) : [...path]).reverse();
  return { node: found ? at : undefined, parents, sight, understood };
}

/** The code of the declaration before an offset, as far as it matters: comments are gone, texts are empty. */
function codeBefore(text: string, offset: number): string {
  const from = Math.max(0, text.lastIndexOf("\n}", offset - 1));
  return text
    .slice(from, offset)
    .replace(/\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (found) =>
      found.startsWith("/") ? " " : '""',
    );
}

/** The text of the string that the cursor is in, up to the cursor; undefined outside of strings. */
export function stringBefore(
  text: string,
  offset: number,
): { readonly start: number; readonly text: string } | undefined {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  let open: number | undefined;
  for (let at = 0; at < line.length; at++) {
    const one = line.charAt(at);
    if (open !== undefined && one === "\\") at++;
    else if (open !== undefined && one === line.charAt(open)) open = undefined;
    else if (open === undefined && (one === '"' || one === "'")) open = at;
    else if (open === undefined && line.startsWith("//", at)) return undefined;
  }
  if (open === undefined) return undefined;
  return { start: offset - line.length + open + 1, text: line.slice(open + 1) };
}
