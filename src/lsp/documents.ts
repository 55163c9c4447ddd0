/** Documents that come, change and go, and the files beside them. */
import { DidChangeWatchedFilesNotification, FileChangeType } from "vscode-languageserver/node";
import { applyChanges } from "./positions.js";
import type { Session } from "./session.js";
import { settingsOf } from "./settings.js";
import { pathOf } from "./uris.js";

export function followDocuments({
  connection,
  workspace,
  publisher,
  versions,
  client,
  configure,
  fault,
}: Session): void {
  const refreshAll = (): void => publisher.refresh(workspace.opened());

  connection.onDidOpenTextDocument(({ textDocument: { uri, text, version } }) => {
    const path = pathOf(uri);
    versions.set(path, version);
    workspace.open(path, text);
    // What was read from disk before may be old by now.
    if (workspace.touch()) refreshAll();
    else publisher.refresh(workspace.dependents(path));
  });

  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
    const path = pathOf(uri);
    versions.set(path, version);
    const dependents = workspace.dependents(path);
    workspace.change(path, (file) => applyChanges(file, contentChanges));
    publisher.refresh([path, ...dependents.filter((one) => one !== path)]);
  });

  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    const path = pathOf(uri);
    const dependents = workspace.dependents(path).filter((one) => one !== path);
    versions.delete(path);
    workspace.close(path);
    publisher.close(path);
    publisher.refresh(dependents);
  });

  connection.onDidSaveTextDocument(() => {
    if (workspace.touch()) refreshAll();
  });

  connection.onDidChangeWatchedFiles(({ changes }) => {
    const paths = changes.map((one) => pathOf(one.uri));
    const changed = paths.map((path) => workspace.touch(path)).includes(true);
    // A file that is gone may have been asked for by its folder: what imports it is told.
    if (changed || changes.some((one) => one.type !== FileChangeType.Changed)) refreshAll();
  });

  const readSettings = async (pushed: unknown): Promise<void> => {
    const value: unknown = client().configuration
      ? await connection.workspace.getConfiguration("xdpl")
      : pushed;
    configure(settingsOf(value));
    refreshAll();
  };

  connection.onDidChangeConfiguration(({ settings }) => {
    const pushed: unknown =
      typeof settings === "object" && settings !== null && "xdpl" in settings ? settings.xdpl : undefined;
    readSettings(pushed).catch(fault);
  });

  connection.onInitialized(() => {
    if (client().configuration) readSettings(undefined).catch(fault);
    if (!client().watchesFiles) return;
    connection.client
      .register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: "**/*.xdpl" }] })
      .catch(fault);
  });
}
