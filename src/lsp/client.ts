/** What a client said that it can do. */
import type { InitializeParams } from "vscode-languageserver/node";

export interface Client {
  /** It fills in the places of a completion. */
  readonly snippets: boolean;
  /** It has the commands that lenses call; our extension says so. */
  readonly commands: boolean;
  readonly refreshLenses: boolean;
  readonly refreshHints: boolean;
  /** It can be asked for its settings. */
  readonly configuration: boolean;
  /** It can be asked to say when files change. */
  readonly watchesFiles: boolean;
}

export function clientOf({ capabilities, initializationOptions: options }: InitializeParams): Client {
  const { workspace, textDocument } = capabilities;
  const commands: unknown =
    typeof options === "object" && options !== null && "commands" in options ? options.commands : false;
  return {
    snippets: textDocument?.completion?.completionItem?.snippetSupport ?? false,
    commands: commands === true,
    refreshLenses: workspace?.codeLens?.refreshSupport ?? false,
    refreshHints: workspace?.inlayHint?.refreshSupport ?? false,
    configuration: workspace?.configuration ?? false,
    watchesFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration ?? false,
  };
}
