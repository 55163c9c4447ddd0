/** What all handlers of one connection share. */
import type { Connection } from "vscode-languageserver/node";
import type { Assembler } from "./assembly.js";
import type { Client } from "./client.js";
import type { Prover } from "./proofs.js";
import type { Publisher } from "./publisher.js";
import type { Settings } from "./settings.js";
import type { Workspace } from "./workspace.js";

export interface Session {
  readonly connection: Connection;
  readonly workspace: Workspace;
  readonly prover: Prover;
  readonly publisher: Publisher;
  readonly assembler: Assembler;
  /** Of open documents, as the client counts. */
  readonly versions: Map<string, number>;
  readonly client: () => Client;
  readonly settings: () => Settings;
  readonly configure: (settings: Settings) => void;
  /** Tells the client's log of a fault of our own. */
  readonly fault: (error: unknown) => void;
  /** Called when all of a script is proven. */
  readonly onProven: (listener: () => void) => void;
}
