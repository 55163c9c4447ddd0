/** The language server: the protocol on one side, functions of a script and a place on the other. */
import type { Connection } from "vscode-languageserver/node";
import { createAssembler } from "./assembly.js";
import { capabilities } from "./capabilities.js";
import { clientOf, type Client } from "./client.js";
import type { Compiler } from "./compile-worker.js";
import { followDocuments } from "./documents.js";
import { answerLensRequests } from "./lens-requests.js";
import { createProver } from "./proofs.js";
import { createPublisher } from "./publisher.js";
import { answerRequests } from "./requests.js";
import type { Session } from "./session.js";
import { defaults, settingsOf, type Settings } from "./settings.js";
import { pathOf } from "./uris.js";
import { createWorkspace } from "./workspace.js";

/** Serves one client until it leaves. */
export function serve(connection: Connection, compiler: Compiler, version: string): void {
  const workspace = createWorkspace();
  const prover = createProver();
  const versions = new Map<string, number>();
  const listeners: (() => void)[] = [];
  let settings: Settings = defaults;
  let client: Client = clientOf({ capabilities: {}, processId: null, rootUri: null });

  const fault = (error: unknown): void => {
    connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
  const publisher = createPublisher(workspace, prover, versions, {
    diagnostics: (uri, diagnostics, at) =>
      void connection.sendDiagnostics({ uri, diagnostics, ...(at !== undefined && { version: at }) }),
    proven: () => {
      for (const listener of listeners) listener();
    },
    fault,
  });
  const session: Session = {
    connection,
    workspace,
    prover,
    publisher,
    assembler: createAssembler(compiler),
    versions,
    client: () => client,
    settings: () => settings,
    configure: (changed) => {
      settings = changed;
      workspace.configure(changed.target === undefined ? {} : { target: changed.target });
    },
    onProven: (listener) => void listeners.push(listener),
    fault,
  };

  connection.onInitialize((params) => {
    client = clientOf(params);
    const folders = params.workspaceFolders ?? (params.rootUri === null ? [] : [{ uri: params.rootUri }]);
    workspace.folders(folders.map(({ uri }) => pathOf(uri)));
    session.configure(settingsOf(params.initializationOptions));
    return { capabilities, serverInfo: { name: "xdpl", version } };
  });
  followDocuments(session);
  answerRequests(session);
  answerLensRequests(session);
  connection.onExit(() => void compiler.end());
  connection.listen();
}
