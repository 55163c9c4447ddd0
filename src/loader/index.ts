/** The only binding to libbpf: objects, programs, maps, ring buffers, attachment; and what a verifier log says. */
export { errno, errnoName, LoaderError, type LoaderErrorDetails, type LoaderErrorKind } from "./errors.js";
export {
  openObject,
  openObjectFile,
  BpfObject,
  type Loaded,
  type LoadResult,
  type MapSpec,
  type OpenOptions,
  type ProgramSpec,
  type Rejected,
} from "./object.js";
export { LoadedObject, programInfo, type LoadedProgram, type ProgramInfo } from "./loaded.js";
export {
  BpfMap,
  mapType,
  openPinnedMap,
  possibleCpus,
  type MapEntry,
  type PinnedMap,
  type UpdateMode,
  type UpdateOutcome,
} from "./maps.js";
export {
  openPinnedLink,
  openPinnedProgram,
  pin,
  pinText,
  readPinnedText,
  type LinkInfo,
  type PinnedLink,
} from "./pinned.js";
export { openRingBuffer, type RingBufferReader } from "./ring-buffer.js";
export {
  testRun,
  runOnce,
  TestRunner,
  xdpContext,
  type TestRunOptions,
  type TestRunResult,
  type XdpContextFields,
} from "./test-run.js";
export { closeLinks, type AttachRequest, type Device, type Link, type XdpMode } from "./attach/link.js";
export { attachPrograms, hookAttachment, type HookAttachment } from "./attach/hooks.js";
export { attachedXdp, attachXdp, detachXdp, interfaceIndex } from "./attach/xdp.js";
export { tracefs } from "./tracefs.js";
export { kernelSymbols, type FindSymbol, type SymbolAt } from "./kernel-symbols.js";
export { functionsOfFiles, processSymbols } from "./process-symbols.js";
export { userFunctions, type UserFunction } from "./user-symbols.js";
export { enterNetworkNamespace, networkNamespaces } from "./netns.js";
export { onOneCpu } from "./cpu.js";
export { probeBpf } from "./probe.js";
export { parseMetadata, readMetadata, type MetadataResult } from "./metadata.js";
export {
  elfFunctions,
  findSection,
  readElf,
  type ElfFunction,
  type ElfObject,
  type ElfResult,
  type ElfSection,
  type ElfSymbol,
} from "./elf.js";
export { instructionCounts, stackUse } from "./instructions.js";
export {
  parseRejection,
  parseStatistics,
  type LogPlace,
  type VerifierRejection,
  type VerifierStatistics,
} from "./verifier-log.js";
