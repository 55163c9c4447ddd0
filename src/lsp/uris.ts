/** Documents as the protocol names them, and modules as the compiler does. */
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Location } from "vscode-languageserver/node";
import type { SourceFile, Span } from "../base/span.js";
import { packageRoot, standardFile } from "../host.js";
import { rangeOf } from "./positions.js";

/**
 * The compiler's path of a document: a file by its path, a module of the standard library by its name, all else (an
 * untitled document, a page in a version control view) by its URI.
 */
export function pathOf(uri: string): string {
  if (!uri.startsWith("file:")) return uri;
  try {
    return standardName(fileURLToPath(uri));
  } catch {
    return uri;
  }
}

let folder: string | undefined;

function standardName(path: string): string {
  folder ??= standardFile("std/").replace(/\.xdpl$/, "");
  const inside = packageRoot() !== "" && path.startsWith(folder) && path.endsWith(".xdpl");
  return inside ? `std/${path.slice(folder.length, -".xdpl".length)}` : path;
}

export function uriOf(path: string): string {
  const standard = path.startsWith("std/") && !path.endsWith(".xdpl");
  if (!standard && !path.startsWith("/") && /^[a-z][\w+.-]*:/i.test(path)) return path;
  return pathToFileURL(standard ? standardFile(path) : path).href;
}

export function locationOf(span: Span): Location {
  return { uri: uriOf(span.file.path), range: rangeOf(span) };
}

export function isStandard(file: SourceFile): boolean {
  return file.path.startsWith("std/") && !file.path.endsWith(".xdpl");
}
