/** Programs and libraries as a script names them. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { LoaderError } from "./errors.js";

/** A path as it is; a bare name is looked for as the shell and the linker do. */
export function findFile(name: string): string {
  if (name.includes("/")) {
    if (existsSync(name)) return name;
    throw new LoaderError("not-found", `there is no file ${name}`);
  }
  const machine = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const libraries = [`/lib/${machine}`, `/usr/lib/${machine}`, "/lib64", "/usr/lib64", "/lib", "/usr/lib"];
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...libraries];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new LoaderError("not-found", `there is no program or library ${name}`, { remedy: "write its path" });
}
