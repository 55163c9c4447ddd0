/** Places in a script that the code of tests speaks of. */
import type { Span } from "../base/span.js";
import type { Header, HeaderFieldInfo, Type } from "../check/types.js";
import type { FunctionId, IrModule } from "./ir.js";

export type Site =
  /** A statement was reached. */
  | { readonly kind: "line"; readonly span: Span }
  /** A condition, a `??` or a `switch` came out as one of these. */
  | { readonly kind: "branch"; readonly span: Span; readonly outcomes: readonly string[] }
  /** A variable got a value. */
  | { readonly kind: "value"; readonly span: Span; readonly name: string; readonly type: Type }
  | ExpectSite
  | { readonly kind: "packet"; readonly span: Span; readonly layers: readonly LayerSite[] }
  | { readonly kind: "run"; readonly span: Span; readonly program: string }
  /** A capture's file, a line that was printed. */
  | { readonly kind: "text"; readonly span: Span; readonly text: string }
  | {
      readonly kind: "route";
      readonly span: Span;
      readonly network: bigint;
      readonly bits: 32 | 128;
      readonly length: number;
    };

export interface ExpectSite {
  readonly kind: "expect";
  readonly span: Span;
  /** Undefined for a condition that holds or not. */
  readonly operator: string | undefined;
  readonly left: ShownSite;
  /** Undefined beside a condition. */
  readonly right: ShownSite | undefined;
}

/** One side of an expectation: how its integers are read. */
export interface ShownSite {
  readonly span: Span;
  /** `presence` of a layer or struct: there or not. `hidden`: not shown. */
  readonly kind: "value" | "presence" | "packet" | "hidden";
  readonly type: Type | undefined;
}

/** A part of a packet to make: a header with the fields that are given, or bytes. */
export type LayerSite =
  | {
      readonly kind: "header";
      readonly header: Header;
      readonly fields: readonly HeaderFieldInfo[];
      readonly options: readonly number[];
    }
  | { readonly kind: "bytes"; readonly bytes: readonly number[] };

export interface IrTest {
  readonly name: string;
  readonly function: FunctionId;
  /** It is given a packet. */
  readonly property: boolean;
  readonly span: Span;
}

/** A script's programs with probes, and its tests. */
export interface TestModule {
  readonly module: IrModule;
  readonly tests: readonly IrTest[];
  readonly sites: readonly Site[];
  /** Functions that find each layer of a packet from its start. */
  readonly finders: readonly { readonly header: Header; readonly function: FunctionId }[];
}
