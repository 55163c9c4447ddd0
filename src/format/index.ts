/** Formats source text. */
import type { Options } from "prettier";
import { format } from "prettier/standalone";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import * as plugin from "./plugin.js";

export interface FormatOptions extends Pick<Options, "printWidth" | "tabWidth" | "useTabs" | "endOfLine"> {
  /** The name of the file in diagnostics. */
  readonly path?: string;
}

export type FormatResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** The text in the style of the language; one with syntax errors is left alone, and the errors are told. */
export async function formatSource(text: string, options: FormatOptions = {}): Promise<FormatResult> {
  const { path = "<stdin>", ...rest } = options;
  try {
    const formatted = await format(text, {
      ...plugin.defaultOptions,
      ...rest,
      parser: "xdpl",
      plugins: [plugin],
      filepath: path,
    });
    return { ok: true, text: formatted };
  } catch (error) {
    if (error instanceof plugin.SyntaxErrors) return { ok: false, diagnostics: error.diagnostics };
    throw error;
  }
}
